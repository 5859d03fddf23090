"""One snapshot for all that an answer reads.

While an answer is made, its reads go through a `Snapshot`: the first read opens a transaction (REPEATABLE READ READ
ONLY) and all of them share it, one statement at a time. Steps that must run before it, such as a wait or a lock of a
few rows, go to `before_snapshot`. If the need for a step shows only later, the step runs, and the answer is made again.
No answer waits for a second connection while it holds the one of its snapshot.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from app.db.away import COLLIDED
from app.db.connection import Connection, Record, pool, reading_through
from app.db.transaction import finish, roll_back
from app.kernel.errors import LimitExceeded

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
ANSWERS_MAX = 4
"""How often one answer is made, at most, because steps must run before its snapshot."""
RETRY_AFTER_SECONDS = 0.5

T = TypeVar("T")
Step = Callable[[], Awaitable[None]]


class Snapshot:
    """The reader of one answer. It holds a connection from its first read until `end`."""

    def __init__(self) -> None:
        self.is_last_time = False
        """Whether this is the last try, so that no step can be put off."""
        self.must_repeat = False
        self.noted: dict[Hashable, Any] = {}
        """Results of steps."""
        self._is_suspended = False
        self._is_over = False
        self._has_begun = False
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._reads: set[asyncio.Task[Any]] = set()
        self._steps_under_way = 0
        self._no_steps = asyncio.Event()
        self._no_steps.set()
        self._done: dict[Hashable, Exception | None] = {}
        self._late: list[tuple[Collection[Hashable], Step]] = []

    @property
    def has_begun(self) -> bool:
        """Whether anything has been read already."""
        return self._has_begun

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows of a statement."""
        rows: list[Record] = await self._read("fetch", sql, arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Record | None:
        """The first row of a statement."""
        row: Record | None = await self._read("fetchrow", sql, arguments)
        return row

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first value of a statement."""
        return await self._read("fetchval", sql, arguments)

    async def prepare(self, names: Collection[Hashable], step: Step) -> None:
        """Run the step with these names before the snapshot begins; if it has begun, keep the step for the next try.

        :raises Exception: what the step raised.
        :raises LimitExceeded: the step was put off too often.
        """
        if self._is_suspended or self._is_over:
            await step()
        elif all(name in self._done for name in names):
            failure = next((failure for name in names if (failure := self._done[name]) is not None), None)
            if failure is not None:
                raise failure
        elif not self._has_begun:
            await self._do(names, step)
        elif self.is_last_time:
            message = "This is busy with something that takes long: ask again after the delay."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
        else:
            self._late.append((names, step))
            self.must_repeat = True

    async def end(self) -> None:
        """Give the connection back. A later read begins another snapshot."""
        if self._has_begun or self._reads:
            await finish(self._end())

    async def _end(self) -> None:
        reads = set(self._reads)
        for read in reads:  # Left over from callers that were cancelled.
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        self._has_begun = False
        connection, self._connection = self._connection, None
        if connection is not None:
            await _give_back(connection)

    async def close(self) -> None:
        """End for good: a task that outlives the answer reads outside the snapshot."""
        self._is_over = True
        await self.end()

    @asynccontextmanager
    async def suspended(self) -> AsyncIterator[None]:
        """Reads in this block see what is committed at the time, and no earlier step counts as done."""
        await self.end()
        self._done.clear()
        self._is_suspended = True
        try:
            yield
        finally:
            self._is_suspended = False

    async def catch_up(self) -> None:
        """Run all steps that came too late, for the next try."""
        late, self._late, self.must_repeat = self._late, [], False
        for names, step in late:
            if not all(name in self._done for name in names):
                try:
                    await self._do(names, step)
                except Exception as failure:  # noqa: BLE001 - raised when the next try asks for the step
                    self._done |= dict.fromkeys(names, failure)

    async def _do(self, names: Collection[Hashable], step: Step) -> None:
        mark = reading_through.set(None)
        self._steps_under_way += 1
        self._no_steps.clear()
        try:
            await step()
        finally:
            reading_through.reset(mark)
            self._steps_under_way -= 1
            if not self._steps_under_way:
                self._no_steps.set()
        self._done |= dict.fromkeys(names)

    async def _read(self, method: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        if self._is_suspended or self._is_over:
            return await getattr(pool(), method)(sql, *arguments)
        # A separate task: if a caller is cancelled, the transaction stays intact for the others.
        read = asyncio.ensure_future(self._read_in_turn(method, sql, arguments))
        self._reads.add(read)
        read.add_done_callback(self._reads.discard)
        return await asyncio.shield(read)

    async def _read_in_turn(self, method: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        async with self._turn:
            if self._connection is None:
                await self._begin()
            try:
                return await getattr(self._connection, method)(sql, *arguments)
            except COLLIDED:
                self.must_repeat = not self.is_last_time
                raise

    async def _begin(self) -> None:
        await self._no_steps.wait()
        self._has_begun = True
        connection = await pool().acquire()
        try:
            await connection.execute(BEGIN)
        except BaseException:
            await finish(_give_back(connection))
            raise
        self._connection = connection


async def _give_back(connection: Any) -> None:
    try:
        await roll_back(connection)
    finally:
        await pool().release(connection)


def current_snapshot() -> Snapshot | None:
    """The snapshot of this task's answer, if it has one."""
    reader = reading_through.get()
    return reader if isinstance(reader, Snapshot) else None


async def before_snapshot(names: Collection[Hashable], step: Step) -> None:
    """Run a step before the snapshot of this task's answer begins; at once if the answer has no snapshot.

    If the snapshot has already begun, this returns at once: go on, since the whole answer is made again later. The
    names identify the step, so that it does not run again.

    :raises Exception: what the step raises.
    """
    snapshot = current_snapshot()
    if snapshot is None:
        await step()
    else:
        await snapshot.prepare(names, step)


async def in_one_snapshot(answer: Callable[[], Awaitable[T]]) -> T:
    """What `answer` returns, made from one snapshot. If it turns out that a step must run first, the result is thrown
    away and `answer` is called again, at most a few times.
    """
    snapshot = Snapshot()
    mark = reading_through.set(snapshot)
    try:
        for time in range(1, ANSWERS_MAX + 1):
            snapshot.is_last_time = time == ANSWERS_MAX
            made = await answer()
            await snapshot.end()
            if not snapshot.must_repeat:
                return made
            await snapshot.catch_up()
        raise AssertionError("the last time nothing is put off")
    finally:
        reading_through.reset(mark)
        await snapshot.close()
