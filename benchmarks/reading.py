"""`ledgers(first: 100)` with 15 fields and the holder, and `ledger(by: {iban})`: CPU and throughput of one API process.

Beside it in the same run: the same SQL through asyncpg and orjson alone, which is the floor, and the same process with
generated code switched off, which is graphql-core's own executor.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic, process_time

import orjson

from app.access.authenticate import authenticate
from app.db.connection import fetch
from app.kernel.actor import Actor, Via
from app.ledgers.models import COLUMNS_SQL, TABLES_SQL
from benchmarks.fill import fill_ledgers
from benchmarks.product import Servers, api, client, done, opened_customer

SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "5"))
CLIENTS = 8
LEDGERS = 10_000
PAGE = """{ ledgers(first: 100) { nodes {
  id type isVirtual assetClass asset scale status statusReason primaryUses assetsOwnedBy jurisdiction partnerProduct
  iban createdAt updatedAt holder { id name status } } } }"""
BY_IBAN = "query ($iban: String!) { ledger(by: {iban: $iban}) { id status iban bic asset holder { id name } } }"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one side of a comparison took."""

    side: str
    query: str
    cpu_ms: float
    requests_per_second: float


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    figures = asyncio.run(_floor(using))
    key, iban = figures.key, figures.iban
    sides = (("Quaestor", "true"), ("Quaestor, graphql-core's executor", "false"))
    measured = list(figures.floor)
    for side, fast in sides:
        with api(using, QUAESTOR_FAST_EXECUTION=fast) as (process, address):
            bodies = {
                "ledgers(first: 100)": {"query": PAGE},
                "ledger(by: {iban})": {"query": BY_IBAN, "variables": {"iban": iban}},
            }
            for query, body in bodies.items():
                measured.append(asyncio.run(_ask(side, query, process.cpu_seconds, address, key, orjson.dumps(body))))
    lines = ["| query | side | CPU ms a request | requests/s |", "|---|---|---|---|"]
    ordered = sorted(measured, key=lambda one: (one.query, one.cpu_ms))
    return lines + [f"| `{f.query}` | {f.side} | {f.cpu_ms:.2f} | {f.requests_per_second:,.0f} |" for f in ordered]


@dataclass(frozen=True, slots=True)
class _Floor:
    key: str
    iban: str
    floor: list[Figure]


async def _floor(using: Servers) -> _Floor:
    customer = await opened_customer(using.database_url)
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    await fill_ledgers(actor.customer_id, LEDGERS)
    iban = (await fetch("SELECT iban FROM ledgers WHERE customer_id = $1 LIMIT 1 OFFSET 500", actor.customer_id))[0][0]
    one_customers = f"SELECT {COLUMNS_SQL} FROM {TABLES_SQL} WHERE l.customer_id = $1"
    page_sql = f"{one_customers} ORDER BY l.created_at DESC, l.id DESC LIMIT 101"
    iban_sql = f"{one_customers} AND l.iban = $2"
    floor = [
        await _raw("ledgers(first: 100)", lambda: _answer(actor, page_sql)),
        await _raw("ledger(by: {iban})", lambda: _answer(actor, iban_sql, iban)),
    ]
    await done()
    return _Floor(customer.api_key, iban, floor)


async def _answer(actor: Actor, sql: str, *arguments: str) -> bytes:
    rows = await fetch(sql, actor.customer_id, *arguments)
    return orjson.dumps([dict(row) for row in rows], default=str)


async def _raw(query: str, ask: Callable[[], Awaitable[bytes]]) -> Figure:
    for _ in range(50):
        await ask()
    count, cpu, start = 0, process_time(), monotonic()
    while monotonic() - start < SECONDS:
        await ask()
        count += 1
    return Figure(
        "the same SQL, asyncpg and orjson alone",
        query,
        (process_time() - cpu) / count * 1000,
        count / (monotonic() - start),
    )


async def _ask(side: str, query: str, cpu_seconds: Callable[[], float], address: str, key: str, body: bytes) -> Figure:
    async with client(address, key) as http:

        async def ask_until(deadline: float) -> int:
            asked = 0
            while monotonic() < deadline:
                answer = await http.post("/graphql", content=body)
                assert answer.status_code == 200, answer.text
                assert b'"errors"' not in answer.content, answer.text
                asked += 1
            return asked

        await asyncio.gather(*(ask_until(monotonic() + 1) for _ in range(CLIENTS)))
        cpu, start = cpu_seconds(), monotonic()
        count = sum(await asyncio.gather(*(ask_until(start + SECONDS) for _ in range(CLIENTS))))
        return Figure(side, query, (cpu_seconds() - cpu) / count * 1000, count / (monotonic() - start))
