"""What a statement of very many entries costs over each door: time, and by how much the process grows meanwhile.

Each is asked of an API process that has just started, so that none of them profits from another.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import httpx
import orjson

from app.cli.statement import FORMATS
from app.db.connection import fetchrow
from app.kernel.clock import rfc3339
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.fill_transfers import fill_transfers
from benchmarks.product import Servers, another_database, api, client, done, opened_customer

ENTRIES = 10_000
ENTRIES_IN_FULL = 100_000
PAGES = (1_000, 100)
READ_SECONDS_MAX = 900
MEGABYTE = 1_000_000
# A process begins with the memory of the one that started it, as far as its peak goes: so a small one starts it.
MEASURED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
    " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
STATEMENT = (
    "query ($id: ID!, $from: DateTime!, $to: DateTime!, $first: Int!, $after: String) {"
    " statement(id: $id, from: $from, to: $to) { entries(first: $first, after: $after) {"
    " nodes { direction amount { value } balanceAfter { value } postedAt transfer { reference } }"
    " pageInfo { hasNextPage endCursor } } } }"
)


class Wanted(NamedTuple):
    """Which statement, by whom."""

    ledger_id: str
    since: str
    until: str
    key: str


class Cost(NamedTuple):
    """Of one statement: seconds, bytes that were answered, and bytes by which the process that counts grew."""

    seconds: float
    size: int
    grown: int


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    count = ENTRIES_IN_FULL if using.is_full else ENTRIES
    with another_database(using) as filled:
        costs = asyncio.run(_measure(filled, count))
    lines = [
        f"| a statement of {count:,} entries | s | MB answered | MB that the process grew by |",
        "|---|---|---|---|",
    ]
    for name, cost in costs.items():
        lines.append(f"| {name} | {cost.seconds:.1f} | {cost.size / MEGABYTE:.1f} | {cost.grown / MEGABYTE:.1f} |")
    return lines


async def _measure(using: Servers, count: int) -> dict[str, Cost]:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, 2)
    ledger_id = (await fund_ledgers(customer.customer_id))[0]
    await fill_transfers(customer.customer_id, count - 1)  # Beside the one that funds it.
    row = await fetchrow(
        "SELECT min(posted_at) AS since, max(posted_at) + interval '1 second' AS until FROM transfers"
        " WHERE customer_id = $1",
        customer.customer_id,
    )
    assert row is not None, "a sum has a row"
    await done()
    wanted = Wanted(ledger_id, rfc3339(row["since"]), rfc3339(row["until"]), customer.api_key)
    costs = {}
    for name in FORMATS:
        costs[f"REST, {name}"] = await _asked(using, wanted, partial(_over_rest, wanted, name))
    for size in PAGES:
        costs[f"GraphQL, its entries in pages of {size:,}"] = await _asked(
            using, wanted, partial(_over_graphql, wanted, size)
        )
    for name in FORMATS:
        costs[f"`quaestor statement --format {name}`, the command"] = await _commanded(using, wanted, name)
    return costs


async def _asked(using: Servers, wanted: Wanted, ask: Callable[[str], Awaitable[int]]) -> Cost:
    with api(using) as (process, address):
        async with client(address, wanted.key) as http:
            assert (await http.get("/readyz")).status_code == httpx.codes.OK
        process.forget_peak()
        before, began = process.memory_bytes(), perf_counter()
        size = await ask(address)
        return Cost(perf_counter() - began, size, process.peak_memory_bytes() - before)


async def _over_rest(wanted: Wanted, format_name: str, address: str) -> int:
    size = 0
    given = {"from": wanted.since, "to": wanted.until, "format": format_name}
    async with client(address, wanted.key) as http:
        path = f"/v1/customer/ledgers/{wanted.ledger_id}/statement"
        async with http.stream("GET", path, params=given, timeout=READ_SECONDS_MAX) as answer:
            assert answer.status_code == httpx.codes.OK, await answer.aread()
            async for piece in answer.aiter_bytes():
                size += len(piece)
    return size


async def _over_graphql(wanted: Wanted, page_size: int, address: str) -> int:
    size, after, has_more = 0, None, True
    async with client(address, wanted.key) as http:
        while has_more:
            given = {
                "id": wanted.ledger_id,
                "from": wanted.since,
                "to": wanted.until,
                "first": page_size,
                "after": after,
            }
            body = orjson.dumps({"query": STATEMENT, "variables": given})
            answer = await http.post("/graphql", content=body)
            size += len(answer.content)
            page = orjson.loads(answer.content)["data"]["statement"]["entries"]["pageInfo"]
            after, has_more = page["endCursor"], page["hasNextPage"]
    return size


async def _commanded(using: Servers, wanted: Wanted, format_name: str) -> Cost:
    """What the command itself costs: its memory is all that it has at most."""
    with api(using) as (_, address), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement"
        environment = {**using.environment, "QUAESTOR_URL": address, "QUAESTOR_API_KEY": wanted.key}
        span = ["--from", wanted.since, "--to", wanted.until, "--format", format_name, "--out", str(path)]
        command = [sys.executable, "-m", "app.cli.main", "statement", wanted.ledger_id, *span]
        began = perf_counter()
        memory_bytes = await asyncio.to_thread(_run, command, environment)
        return Cost(perf_counter() - began, path.stat().st_size, memory_bytes)


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The most memory that the command had, in bytes."""
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], env=environment, stdout=subprocess.PIPE, check=True
    )
    return int(told.stdout) * 1_024
