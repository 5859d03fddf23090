"""One use case, one transaction. No cancellation, timeout or crash leaks a connection or leaves half of the work."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import asyncpg
from tortoise.backends.asyncpg.client import TransactionWrapper

from app.db.away import COLLIDED, DATABASE_AWAY
from app.db.connection import BY_KEY_SETTINGS, Connection, Record, by_key_pool, pool, reading_through, tortoise_client
from app.db.not_written import naming_refused_writes
from app.db.notifications import announce
from app.kernel.back_off import BackOff

P = ParamSpec("P")
R = TypeVar("R")

ROLLBACK_TIMEOUT_SECONDS = 5
DEADLOCK_RETRIES_MAX = 5
COLLISION_PAUSE_SECONDS_MIN = 0.01
COLLISION_PAUSE_SECONDS_MAX = 0.16

BEGIN_BY_KEY = "BEGIN; " + "; ".join(f"SET LOCAL {name} = {value}" for name, value in BY_KEY_SETTINGS.items())
NOT_WAITING_FOR_DISK = "; SET LOCAL synchronous_commit = off"

_open_here: ContextVar[bool] = ContextVar("a transaction is open in this task", default=False)


class Transaction:
    """An open transaction: hand-written SQL through its methods, Tortoise through `using_db=tx.tortoise`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._topics: set[str] = set()
        self._now: datetime | None = None

    @functools.cached_property
    def tortoise(self) -> TransactionWrapper:
        """This transaction as Tortoise expects its own, on the same connection."""
        wrapper = TransactionWrapper(tortoise_client())
        wrapper._connection = self.connection  # type: ignore[assignment]  # noqa: SLF001 - as its own pool context does
        return wrapper

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows of a statement."""
        return await self.connection.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Record | None:
        """The first row of a statement."""
        return await self.connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first value of a statement."""
        return await self.connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> int:
        """Run a statement; answers how many rows it touched, 0 for one such as SET."""
        status = await self.connection.execute(sql, *arguments)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdecimal() else 0

    async def now(self) -> datetime:
        """The database's clock, read once: call it after the locks are held, so that time order is commit order.

        From then on the transaction counts as one that writes: see `app.journal.horizon`.
        """
        if self._now is None:
            [(_, self._now)] = await self.connection.fetch("SELECT pg_current_xact_id(), clock_timestamp()")
        assert self._now is not None
        return self._now

    def wake(self, topics: Iterable[str]) -> None:
        """Announce these topics once the transaction is committed (never if it is not)."""
        self._topics.update(topics)

    @property
    def topics(self) -> frozenset[str]:
        """What will be announced."""
        return frozenset(self._topics)


@asynccontextmanager
async def transaction(*, by_key: bool = False, waits_for_disk: bool = True) -> AsyncIterator[Transaction]:
    """Open a transaction; commit at the end of the block, roll back on any exception or cancellation.

    Refuses to nest: what must run inside one takes `tx` first. A cancelled block still rolls back and returns its
    connection before the cancellation goes on; a cancellation during COMMIT lets the commit finish.

    `by_key` is for statements that name each row by its key. Each is planned once for a connection. None reads a whole
    table, or all of a customer's rows, because there were few of them when it was planned. So a statement that joins
    rows by key takes the customer from the joined rows too: where it is a constant, PostgreSQL may read all that the
    customer has.

    Without `waits_for_disk` the commit answers before it is on the disk: a crash of the server may undo it, up to a
    second later. What it undoes are the last commits, never one before another that stays. So it is for work that
    somebody does again as long as no later commit says that it is done.

    :raises NotWritten: the database takes no writes now.
    """
    assert not _open_here.get(), "transactions do not nest: take `tx` as the first argument instead"
    reader = reading_through.get()
    assert reader is None or not reader.has_begun, "a snapshot holds a connection: use before_snapshot()"
    lender = pool()
    mark = _open_here.set(True)
    try:
        connection = await lender.acquire()
        give_back = functools.partial(lender.release, connection)
        tx = Transaction(connection)
        with naming_refused_writes():
            try:
                begin = BEGIN_BY_KEY if by_key else "BEGIN"
                await connection.execute(begin if waits_for_disk else begin + NOT_WAITING_FOR_DISK)
                yield tx
            except BaseException:
                await finish(_end(roll_back(connection), give_back))
                raise
            await finish(_end(_commit(tx), give_back))
    finally:
        _open_here.reset(mark)


async def run_alone(sql: str, *arguments: Any, by_key: bool = False) -> list[Record]:
    """Run one statement that writes, as a transaction of its own: one round trip instead of three. `by_key` is as for
    `transaction`, but it waits a tenth of a second for a lock, and not five seconds.

    :raises NotWritten: the database takes no writes now.
    """
    assert not _open_here.get(), "a transaction is open: run it there"
    with naming_refused_writes():
        return await (by_key_pool() if by_key else pool()).fetch(sql, *arguments)


async def finish(step: Coroutine[Any, Any, None]) -> None:
    """Let `step` end even if we are cancelled meanwhile, however often, then pass the cancellation on."""
    task = asyncio.ensure_future(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # Read it, or asyncio warns that it was never retrieved.
        raise


async def _end(step: Awaitable[None], give_back: Callable[[], Awaitable[None]]) -> None:
    try:
        await step
    finally:
        await give_back()


async def _commit(tx: Transaction) -> None:
    try:
        outcome = await tx.connection.execute("COMMIT")
        # If a statement failed and its error was ignored here, PostgreSQL answers ROLLBACK instead of an error.
        assert outcome == "COMMIT", "a statement of this transaction failed, and its exception was swallowed"
    except BaseException:
        await roll_back(tx.connection)
        raise
    announce(tx.topics)


async def roll_back(connection: Connection) -> None:
    """Roll back an open transaction; close a connection that cannot."""
    try:
        if connection.is_closed() or not connection.is_in_transaction():
            return
        async with asyncio.timeout(ROLLBACK_TIMEOUT_SECONDS):
            await connection.execute("ROLLBACK")
    except DATABASE_AWAY:
        # A connection that cannot roll back is closed; the server then rolls back. The pool has already taken back a
        # lost connection, which refuses every call: that error must not hide why it was lost.
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()


def whole_use_case(verb: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Run a verb again from its start when its transaction was ended because it collided with another.

    Only for verbs whose effects are all inside their transaction, so that a second run repeats nothing.
    """

    @functools.wraps(verb)
    async def run(*arguments: P.args, **named: P.kwargs) -> R:
        back_off = BackOff(COLLISION_PAUSE_SECONDS_MIN, COLLISION_PAUSE_SECONDS_MAX)
        for _ in range(DEADLOCK_RETRIES_MAX):
            try:
                return await verb(*arguments, **named)
            except COLLIDED:
                await back_off.pause()
        return await verb(*arguments, **named)

    return run
