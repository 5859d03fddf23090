"""What posting costs without HTTP and GraphQL: the verb through the coalescer, and its SQL through asyncpg alone.

The SQL is not written again: `carry_out_batch` runs batch after batch on one connection, and only the time in which its
statements are on their way counts.
"""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.transaction import BEGIN_BY_KEY, Transaction
from app.journal.amounts import AmountText
from app.journal.carry_out_batch import Done, carry_out_batch
from app.journal.post_transfer import PostTransfer, post_transfer, posting_of
from app.kernel.actor import Actor, Via
from app.kernel.clock import rfc3339

PENNY = AmountText("0.01", "GBP")
SINCE = datetime(2016, 1, 1, tzinfo=UTC)
SPAN_SECONDS = 3_650 * 86_400


@dataclass(slots=True)
class Sql:
    """Transfers a second of the SQL alone, and the microseconds of our Python for a transfer beside it."""

    per_second: float
    python_microseconds: float


@dataclass(slots=True)
class InProcess:
    """Transfers a second of the verb, its latencies, and all CPU of this process for a transfer."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_microseconds: float


def some_actor(customer_id: UUID) -> Actor:
    """An actor as an API key makes it."""
    return Actor(customer_id, frozenset({"*"}), Via.GRAPHQL, f"api_key:{new_id()}", request_id=str(new_id()))


class _Timed:
    """A connection that notes how long its statements take."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.seconds = 0.0

    async def execute(self, sql: str, *arguments: Any) -> Any:
        return await self._note(self._connection.execute(sql, *arguments))

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        return await self._note(self._connection.fetch(sql, *arguments))

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        return await self._note(self._connection.fetchval(sql, *arguments))

    async def _note(self, statement: Awaitable[Any]) -> Any:
        start = perf_counter()
        try:
            return await statement
        finally:
            self.seconds += perf_counter() - start


async def post_by_sql(
    customer_id: UUID, accounts: list[str], *, size: int, hot: bool = False, dated: bool = False, seconds: float = 1.5
) -> Sql:
    """Batches of `size`, one after another; with `dated` each transfer has a value date."""
    actor = some_actor(customer_id)
    async with pool().acquire() as connection:
        timed = _Timed(connection)
        count, python = 0, 0.0
        until = perf_counter() + seconds
        warm = 5  # The first ones prepare their statements.
        while perf_counter() < until or warm:
            if warm:
                warm -= 1
                timed.seconds, count, python = 0.0, 0, 0.0
            commands = [_command(accounts, hot=hot, dated=dated) for _ in range(size)]
            start, before = perf_counter(), timed.seconds
            batch = [posting_of(actor, command, ()) for command in commands]
            await timed.execute(BEGIN_BY_KEY)
            outcomes = await carry_out_batch(Transaction(timed), customer_id, batch)  # type: ignore[arg-type]
            await timed.execute("COMMIT")
            python += perf_counter() - start - (timed.seconds - before)
            count += size
            assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    return Sql(count / timed.seconds, python / count * 1e6)


async def post_in_process(
    customer_id: UUID, accounts: list[str], *, clients: int, hot: bool = False, seconds: float = 1.5
) -> InProcess:
    """So many callers of the verb in one process, each asking again as soon as it is answered."""
    actor = some_actor(customer_id)
    took: list[float] = []
    until = perf_counter() + seconds

    async def ask() -> None:
        while (start := perf_counter()) < until:
            await post_transfer(actor, _command(accounts, hot=hot))
            took.append((perf_counter() - start) * 1000)

    start, cpu = perf_counter(), process_time()
    await asyncio.gather(*(ask() for _ in range(clients)))
    elapsed, cpu = perf_counter() - start, process_time() - cpu
    took.sort()
    return InProcess(len(took) / elapsed, took[len(took) // 2], took[int(len(took) * 0.99)], cpu / len(took) * 1e6)


def _command(accounts: list[str], *, hot: bool, dated: bool = False) -> PostTransfer:
    debit, credit = random.sample(accounts, 2)
    if hot and debit == accounts[0]:
        debit = accounts[1]
    return PostTransfer(
        debit_id=debit,
        credit_id=accounts[0] if hot else credit,
        amount=PENNY,
        idempotency_key=str(new_id()),
        effective_at=rfc3339(SINCE + timedelta(seconds=random.randrange(SPAN_SECONDS))) if dated else None,
    )
