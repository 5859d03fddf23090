"""`ledgers(first: 100)` with the holder, by Quaestor and by PostGraphile, on the same rows of one PostgreSQL, in turn.

PostGraphile makes an API of the tables as they are. `npm ci --prefix benchmarks/postgraphile` installs it, with the
Node that it needs.
"""

import asyncio
import json
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import asyncpg
import httpx
import orjson

from benchmarks.fill import fill_ledgers
from benchmarks.load import Load, Seen, Tenant, make_load
from benchmarks.product import (
    START_TIMEOUT_SECONDS,
    Process,
    Servers,
    api,
    cpu_seconds_with_children,
    done,
    free_port,
    opened_customer,
    parent_of,
    servers,
)
from benchmarks.reading import CLIENTS, LEDGERS, PAGE

FOLDER = Path(__file__).with_name("postgraphile")
NODE = "node_modules/node/bin/node"
POSTGRAPHILE = "node_modules/postgraphile/dist/cli-run.js"
INSTALL = "npm ci --prefix benchmarks/postgraphile"
WARM_UP_SECONDS = 5.0
"""Node compiles what runs often, so it needs a while."""

FIELDS = PAGE.partition(" id ")[2].partition(" holder ")[0]
"""Those of a ledger after its id."""
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
SHAPES = {"`ledgers(first: 100)`": "", "the same, with `pageInfo`": PAGE_INFO}


@dataclass(frozen=True, slots=True)
class Figure:
    """What one load saw, and what a request took of the server's CPU and of PostgreSQL's."""

    seen: Seen
    cpu_ms: float
    database_cpu_ms: float


@dataclass
class Side:
    """A server that runs, and its queries by shape."""

    name: str
    address: str
    process: Process
    token: str
    queries: dict[str, str]
    figures: dict[str, list[Figure]] = field(default_factory=dict)

    def measure(self, shape: str, seconds: float, postmaster: int) -> None:
        """Ask for a while, and note it."""
        load = self._load(shape, seconds)
        before, database_before = self.process.cpu_seconds(), cpu_seconds_with_children(postmaster)
        seen = make_load(load)
        assert not seen.refused, f"{self.name} refused {seen.refused}"
        cpu_ms = (self.process.cpu_seconds() - before) * 1000 / seen.accepted
        database_cpu_ms = (cpu_seconds_with_children(postmaster) - database_before) * 1000 / seen.accepted
        self.figures.setdefault(shape, []).append(Figure(seen, cpu_ms, database_cpu_ms))

    def warm_up(self) -> None:
        """Ask for a while, for nothing."""
        for shape in self.queries:
            make_load(self._load(shape, WARM_UP_SECONDS))

    def _load(self, shape: str, seconds: float) -> Load:
        body = orjson.dumps({"query": self.queries[shape]}).decode()
        return Load("quaestor", self.address, [Tenant(self.token, [])], CLIENTS, seconds=seconds, query=body)

    def answer(self, shape: str) -> Any:
        """What it answers to a query of a shape."""
        headers = {"Authorization": f"API-Key {self.token}"}
        query = {"query": self.queries[shape]}
        answered = httpx.post(f"{self.address}/graphql", json=query, headers=headers, timeout=60).json()
        assert "errors" not in answered, f"{self.name} answers {answered['errors']}"
        return answered["data"]["ledgers"]


def is_installed() -> bool:
    """Whether PostGraphile and Node are in the folder."""
    return (FOLDER / NODE).exists() and (FOLDER / POSTGRAPHILE).exists()


def beside_postgraphile(*, seconds: float, rounds: int) -> Iterator[str]:
    """The lines of a table in Markdown: the medians of some rounds, the sides in turn."""
    yield f"PostGraphile {_version('postgraphile')}, Node {_node_version()}"
    with servers() as using, ExitStack() as stack:
        customer_id, token = asyncio.run(_open(using))
        sides = [
            stack.enter_context(_postgraphile(using, customer_id)),
            stack.enter_context(_quaestor(using, token)),
        ]
        for shape in SHAPES:
            check_answers_alike(*(side.answer(shape) for side in sides))
        for side in sides:
            side.warm_up()
        postmaster = asyncio.run(_postmaster(using.database_url))
        for shape in SHAPES:
            for turn in range(rounds):
                for side in sides if turn % 2 == 0 else reversed(sides):
                    side.measure(shape, seconds, postmaster)
        yield from table(sides)


def table(sides: list[Side]) -> Iterator[str]:
    """The medians of each side; *times* is beside the first side, of the medians."""
    yield "| query | server | CPU ms a request | PostgreSQL's CPU ms | p50 ms | requests/s | CPU, times |"
    yield "|---|---|---|---|---|---|---|"
    for shape in sides[0].figures:
        first = statistics.median(figure.cpu_ms for figure in sides[0].figures[shape])
        for side in sides:
            figures = side.figures[shape]
            cpu_ms = statistics.median(figure.cpu_ms for figure in figures)
            database_cpu_ms = statistics.median(figure.database_cpu_ms for figure in figures)
            p50_ms = statistics.median(figure.seen.p50_ms for figure in figures)
            per_second = statistics.median(figure.seen.per_second for figure in figures)
            yield (
                f"| {shape} | {side.name} | {cpu_ms:.2f} | {database_cpu_ms:.2f} | {p50_ms:.1f} | {per_second:,.0f} |"
                f" {cpu_ms / first:.2f} |"
            )


def check_answers_alike(one: Any, other: Any) -> None:
    """Both have the same ledgers in the same order, with the same values.

    :raises AssertionError: they have not.
    """
    assert len(one["nodes"]) == len(other["nodes"]) == 100
    for mine, theirs in zip(one["nodes"], other["nodes"], strict=True):
        assert _plain(mine) == _plain(theirs), f"{mine} is not {theirs}"
    if "pageInfo" in one:
        assert one["pageInfo"]["hasNextPage"] == other["pageInfo"]["hasNextPage"]
        assert one["pageInfo"]["endCursor"]
        assert other["pageInfo"]["endCursor"]


def _plain(node: dict[str, Any]) -> dict[str, Any]:
    """The two write instants in different ways."""
    return node | {name: datetime.fromisoformat(node[name]) for name in ("createdAt", "updatedAt")}


async def _open(using: Servers) -> tuple[str, str]:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS)
    await done()
    return str(customer.customer_id), customer.api_key


@contextmanager
def _quaestor(using: Servers, token: str) -> Iterator[Side]:
    with api(using) as (process, address):
        yield Side("Quaestor", address, process, token, {shape: quaestor_query(shape) for shape in SHAPES})


@contextmanager
def _postgraphile(using: Servers, customer_id: str) -> Iterator[Side]:
    port = free_port()
    environment = {**using.environment, "PORT": str(port), "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    process = Process([POSTGRAPHILE], environment, folder=str(FOLDER), program=(str(FOLDER / NODE),))
    address = f"http://127.0.0.1:{port}"
    try:
        _until_answered(address)
        queries = {shape: postgraphile_query(customer_id, shape) for shape in SHAPES}
        yield Side("PostGraphile", address, process, "none", queries)
    finally:
        process.end()


def quaestor_query(shape: str) -> str:
    """The page of the other reading benchmarks."""
    return PAGE.replace("{ nodes", f"{{ {SHAPES[shape]} nodes", 1)


def postgraphile_query(customer_id: str, shape: str) -> str:
    """The same page: a customer's ledgers, from the newest. Aliases give it the names that Quaestor has."""
    asked = f'first: 100, condition: {{customerId: "{customer_id}"}}, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]'
    holder = "holder: holderByCustomerIdAndHolderId { id: rowId name status }"
    nodes = f"nodes {{ id: rowId {FIELDS} {holder} }}"
    return f"{{ ledgers: allLedgers({asked}) {{ {SHAPES[shape]} {nodes} }} }}"


def _until_answered(address: str) -> None:
    deadline = monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            httpx.post(f"{address}/graphql", json={"query": "{ __typename }"}, timeout=10).raise_for_status()
        except httpx.HTTPError:
            assert monotonic() < deadline, "PostGraphile did not start"
            sleep(0.1)
        else:
            return


async def _postmaster(database_url: str) -> int:
    """PostgreSQL's first process, whose children serve the connections."""
    connection = await asyncpg.connect(database_url)
    try:
        backend = int(await connection.fetchval("SELECT pg_backend_pid()"))
        return parent_of(backend)
    finally:
        await connection.close()


def _version(package: str) -> str:
    return str(json.loads((FOLDER / "node_modules" / package / "package.json").read_text("utf-8"))["version"])


def _node_version() -> str:
    asked = subprocess.run([FOLDER / NODE, "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.strip().removeprefix("v")
