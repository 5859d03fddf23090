"""`postTransfer` and `postTransfers` over HTTP: from an empty database, with one big customer and with many small ones.

The load comes from a process of its own, `benchmarks/load.py`. Beside each figure, in turn with it: the verb in one
process without HTTP and GraphQL, and its SQL alone, in transactions of as many transfers on one connection. Each figure
is the median of three.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from app.access.open_customer import open_customer
from app.db.identifiers import new_id
from app.journal.coalescer import close_coalescer
from benchmarks.fill import count_transfers, fill_ledgers, fund_ledgers
from benchmarks.load import Load, Seen, Tenant, make_load
from benchmarks.posting_raw import InProcess, Sql, post_by_sql, post_in_process
from benchmarks.product import Process, Servers, another_database, api, done, opened_customer, worker

LEDGERS = 1_000
SMALL_CUSTOMERS = 1_000
LEDGERS_OF_A_SMALL_ONE = 2
CLIENTS = (1, 8, 64, 256)
PER_REQUEST = (1, 100, 1_000)
ROUNDS = 3
LONGER = 3
"""How much longer requests of many are measured: few of them fit into a second."""
WORKER_START_SECONDS = 3

Measured = TypeVar("Measured")


@dataclass(slots=True)
class Figure:
    """What a load saw, and what a transfer cost the API process in CPU."""

    seen: Seen
    api_cpu_ms: float


class Side:
    """An API process, what it is asked, and for how long one figure is measured."""

    def __init__(self, process: Process, address: str, tenants: list[Tenant], *, seconds: float) -> None:
        self._process = process
        self._address = address
        self._tenants = tenants
        self.seconds = seconds

    async def post(self, clients: int, *, hot: bool = False, per_request: int = 1) -> Figure:
        """Post transfers. None may be refused, and each that was accepted must be there afterwards, once."""
        before = await count_transfers()
        figure = await self._measure(
            Load("quaestor", self._address, self._tenants, clients, hot=hot, per_request=per_request)
        )
        assert await count_transfers() - before == figure.seen.accepted, "what was accepted is not what is there"
        return figure

    async def ask(self, clients: int, query: str) -> Figure:
        """Ask a query (a request's body) again and again."""
        return await self._measure(Load("quaestor", self._address, self._tenants, clients, query=query))

    async def _measure(self, load: Load) -> Figure:
        load.run = str(new_id())
        load.seconds = self.seconds * (LONGER if load.per_request > 1 else 1)
        cpu = self._process.cpu_seconds()
        seen = await asyncio.to_thread(make_load, load)
        assert not seen.refused, f"{seen.refused} were refused"
        return Figure(seen, (self._process.cpu_seconds() - cpu) / max(seen.accepted, 1) * 1000)


def run(using: Servers) -> list[str]:
    """The figures as tables in Markdown."""
    with another_database(using) as one:
        lines = asyncio.run(_one_big_customer(one))
    with another_database(using) as many:
        return lines + asyncio.run(_many_small_customers(many))


def seconds_for_each(using: Servers) -> float:
    """How long one figure is measured."""
    return 4.0 if using.is_full else 1.0


async def _one_big_customer(using: Servers) -> list[str]:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    with api(using) as (process, address):
        side = Side(process, address, [Tenant(customer.api_key, accounts)], seconds=seconds_for_each(using))
        lines = [f"`postTransfer`, one customer with {LEDGERS:,} ledgers:", ""]
        lines += await _single(side, customer.customer_id, accounts)
        lines += ["", "`postTransfers`, random ledgers of that customer:", ""]
        lines += await _several(side, customer.customer_id, accounts)
        lines += ["", await _beside_a_worker(using, side)]
    await close_coalescer()
    await done()
    return lines


async def _single(side: Side, customer_id: UUID, accounts: list[str]) -> list[str]:
    lines = [
        "| clients | ledgers | transfers/s | p50 ms | p99 ms | API's CPU ms | without HTTP | SQL alone | of that |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for clients in CLIENTS:
        for hot in (False, True):
            figures, verbs, sqls = [], [], []
            for _ in range(ROUNDS):
                figures.append(await side.post(clients, hot=hot))
                half = side.seconds / 2
                verbs.append(await post_in_process(customer_id, accounts, clients=clients, hot=hot, seconds=half))
                sqls.append(await post_by_sql(customer_id, accounts, size=clients, hot=hot, seconds=half))
            figure, verb, sql = median(figures, key=_speed), median(verbs, key=_rate), median(sqls, key=_rate)
            seen = figure.seen
            lines.append(
                f"| {clients} | {'one hot' if hot else 'random'} | {seen.per_second:,.0f} | {seen.p50_ms:.1f} |"
                f" {seen.p99_ms:.1f} | {figure.api_cpu_ms:.2f} | {verb.per_second:,.0f} | {sql.per_second:,.0f} |"
                f" {seen.per_second / sql.per_second:.0%} |"
            )
    return lines


async def _several(side: Side, customer_id: UUID, accounts: list[str]) -> list[str]:
    lines = [
        "| transfers a request | clients | transfers/s | p50 ms | API's CPU ms a transfer | SQL alone | of that |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in PER_REQUEST:
        for clients in (1, 4):
            figures, sqls = [], []
            for _ in range(ROUNDS):
                figures.append(await side.post(clients, per_request=size))
                sqls.append(await post_by_sql(customer_id, accounts, size=size, seconds=side.seconds / 2))
            figure, sql = median(figures, key=_speed), median(sqls, key=_rate)
            lines.append(
                f"| {size:,} | {clients} | {figure.seen.per_second:,.0f} | {figure.seen.p50_ms:.1f} |"
                f" {figure.api_cpu_ms:.3f} | {sql.per_second:,.0f} | {figure.seen.per_second / sql.per_second:.0%} |"
            )
    return lines


def median(figures: list[Measured], *, key: Callable[[Measured], float]) -> Measured:
    """The one in the middle."""
    return sorted(figures, key=key)[len(figures) // 2]


def _speed(figure: Figure) -> float:
    return figure.seen.per_second


def _rate(figure: Sql | InProcess) -> float:
    return figure.per_second


async def _beside_a_worker(using: Servers, side: Side) -> str:
    alone = median([await side.post(64) for _ in range(ROUNDS)], key=_speed)
    with worker(using):
        await asyncio.sleep(WORKER_START_SECONDS)
        beside = median([await side.post(64) for _ in range(ROUNDS)], key=_speed)
    return (
        f"64 clients, random, while a worker numbers the events: {beside.seen.per_second:,.0f} transfers/s,"
        f" {beside.seen.per_second / alone.seen.per_second:.0%} of those without."
    )


async def _many_small_customers(using: Servers) -> list[str]:
    lines = [
        "",
        f"`postTransfer`, {SMALL_CUSTOMERS:,} customers with {LEDGERS_OF_A_SMALL_ONE} ledgers each:",
        "",
        "| clients | transfers/s | p50 ms | p99 ms | API's CPU ms |",
        "|---|---|---|---|---|",
    ]
    await opened_customer(using.database_url)
    tenants = []
    for number in range(SMALL_CUSTOMERS):
        customer = await open_customer(f"Small {number}")
        await fill_ledgers(customer.customer_id, LEDGERS_OF_A_SMALL_ONE, holders=1, analyzed=False)
        tenants.append(Tenant(customer.api_key, await fund_ledgers(customer.customer_id)))
    with api(using) as (process, address):
        side = Side(process, address, tenants, seconds=seconds_for_each(using))
        for clients in CLIENTS:
            figure = median([await side.post(clients) for _ in range(ROUNDS)], key=_speed)
            seen = figure.seen
            lines.append(
                f"| {clients} | {seen.per_second:,.0f} | {seen.p50_ms:.1f} | {seen.p99_ms:.1f} |"
                f" {figure.api_cpu_ms:.2f} |"
            )
    await done()
    return lines
