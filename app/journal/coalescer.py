"""Makes one transaction of all the commands that wait: while one batch commits, the next one gathers.

Nobody waits for a timer: a command that finds nothing under way starts a batch at once. A batch belongs to one
customer; customers are taken in turn, and several of them at the same time. Where many wait, a customer has two batches
under way: Python decides one while the database writes the other, which is about 25 % faster with 64 callers.
"""

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

import asyncpg

from app.db.away import COLLIDED, DATABASE_AWAY
from app.db.not_written import NotWritten
from app.db.outage import database_outage
from app.db.transaction import transaction
from app.journal.carry_out_batch import BATCH_SIZE_MAX, NothingDone, Outcome, carry_out_batch
from app.journal.instructions import Instruction
from app.kernel.back_off import BackOff
from app.kernel.errors import BatchRefused, LimitExceeded

logger = logging.getLogger(__name__)

WAITING_MAX = 8_192
"""Instructions that may wait in one process."""
WAITING_PER_CUSTOMER_MAX = 4_096
WRITERS_MAX = 4
"""Batches of different customers that are under way at the same time."""
BATCHES_PER_CUSTOMER_MAX = 2
ANOTHER_BATCH_FROM = 32
"""So many instructions that wait beside a batch of their customer begin another one; fewer are better gathered."""
RETRY_AFTER_SECONDS = 0.5
AWAY_SECONDS_MAX = 10.0
"""How long a batch is tried again while the database is away, before its callers are told that nothing is known."""
AWAY_PAUSE_SECONDS = 0.05
AWAY_PAUSE_SECONDS_MAX = 1.0
DEADLOCKS_MAX = 5
CLOSE_SECONDS_MAX = 8.0
HURRIED_LOCK_TIMEOUT = "100ms"
"""How long a lock is waited for by the halves of a batch that has waited for one in vain already."""
LOCK_SEARCH_SECONDS_MAX = 2.0
"""How long those who must wait for it are told from the others; then whatever is locked in part is refused whole."""


class _Submission:
    """What one caller handed in, and what becomes of each of its instructions."""

    __slots__ = ("atomic", "customer_id", "future", "instructions", "is_taken", "outcomes", "unsettled")

    def __init__(self, customer_id: UUID, instructions: Sequence[Instruction], *, atomic: bool) -> None:
        self.customer_id = customer_id
        self.instructions = instructions
        self.atomic = atomic
        self.is_taken = False
        self.outcomes: list[Outcome | None] = [None] * len(instructions)
        self.unsettled = len(instructions)
        self.future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()

    def settle(self, index: int, outcome: Outcome) -> None:
        """The outcome of one instruction. With the last one the caller goes on."""
        self.outcomes[index] = outcome
        self.unsettled -= 1
        if self.unsettled == 0 and not self.future.done():
            self.future.set_result([outcome for outcome in self.outcomes if outcome is not None])

    def fail(self, error: BaseException) -> None:
        """What became of an instruction is not known, or it failed by our own fault."""
        if not self.future.done():
            self.future.set_exception(error)


_Item = tuple[_Submission, int]


class Coalescer:
    """One process's queue of instructions. The limits are of instructions, not of bytes."""

    def __init__(
        self,
        *,
        waiting_max: int = WAITING_MAX,
        waiting_per_customer_max: int = WAITING_PER_CUSTOMER_MAX,
        batch_size_max: int = BATCH_SIZE_MAX,
        writers_max: int = WRITERS_MAX,
        another_batch_from: int = ANOTHER_BATCH_FROM,
        away_seconds_max: float = AWAY_SECONDS_MAX,
    ) -> None:
        self._waiting_max = waiting_max
        self._waiting_per_customer_max = waiting_per_customer_max
        self._batch_size_max = batch_size_max
        self._writers_max = writers_max
        self._another_batch_from = another_batch_from
        self._away_seconds_max = away_seconds_max
        self._queues: dict[UUID, deque[_Submission]] = {}
        self._waiting: dict[UUID, int] = {}
        self._waiting_count = 0
        self._batches: dict[UUID, int] = {}
        self._in_turn: deque[UUID] = deque()
        self._writers: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def submit(
        self, customer_id: UUID, instructions: Sequence[Instruction], *, atomic: bool = False
    ) -> list[Outcome]:
        """The outcomes of these instructions, once they are committed or refused.

        A caller that is cancelled before its instructions are taken takes them back; after that they are carried out
        without it.

        :raises LimitExceeded: too many wait already; nothing was taken.
        :raises BatchRefused: `atomic`, and one was refused.
        :raises Exception: what became of them is not known; the same keys tell.
        """
        if not instructions:
            return []
        submission = self._enqueue(customer_id, instructions, atomic=atomic)
        try:
            return await submission.future
        except asyncio.CancelledError:
            if not submission.is_taken:
                self._count(customer_id, -len(instructions))
                self._queues[customer_id].remove(submission)
            raise

    async def close(self) -> None:
        """Take nothing more, and finish what was taken."""
        self._is_closed = True
        deadline = monotonic() + CLOSE_SECONDS_MAX
        while self._writers and monotonic() < deadline:
            await asyncio.wait(set(self._writers), timeout=deadline - monotonic())

    def _enqueue(self, customer_id: UUID, instructions: Sequence[Instruction], *, atomic: bool) -> _Submission:
        count = len(instructions)
        if self._is_closed:
            message = "This server is shutting down: ask again, and another one will answer."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
        if (
            self._waiting_count + count > self._waiting_max
            or self._waiting.get(customer_id, 0) + count > self._waiting_per_customer_max
        ):
            message = "Too many transfers are waiting to be posted: ask again after the delay, with the same key."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
        submission = _Submission(customer_id, instructions, atomic=atomic)
        self._count(customer_id, count)
        self._queues.setdefault(customer_id, deque()).append(submission)
        self._give_turn(customer_id)
        self._start_writers()
        return submission

    def _give_turn(self, customer_id: UUID) -> None:
        """Let a batch of this customer begin when its turn comes, unless those that there are will do."""
        batches = self._batches.get(customer_id, 0)
        if batches:
            many_wait = self._waiting.get(customer_id, 0) >= self._another_batch_from
            # Half of the writers are kept for those who have none.
            if batches == BATCHES_PER_CUSTOMER_MAX or not many_wait or len(self._writers) * 2 > self._writers_max:
                return
        self._batches[customer_id] = batches + 1
        self._in_turn.append(customer_id)

    def _count(self, customer_id: UUID, change: int) -> None:
        self._waiting_count += change
        self._waiting[customer_id] = self._waiting.get(customer_id, 0) + change
        if not self._waiting[customer_id]:
            del self._waiting[customer_id]

    def _start_writers(self) -> None:
        while self._in_turn and len(self._writers) < self._writers_max:
            customer_id = self._in_turn.popleft()
            # Of an empty context: a batch is nobody's request.
            task = contextvars.Context().run(asyncio.create_task, self._write(customer_id))
            self._writers.add(task)
            task.add_done_callback(self._writer_done)

    def _writer_done(self, task: asyncio.Task[None]) -> None:
        self._writers.discard(task)
        self._start_writers()

    async def _write(self, customer_id: UUID) -> None:
        """One batch of a customer; whoever came meanwhile has its turn after the other customers."""
        try:
            batch = self._take(customer_id)
            if batch:  # Else whoever waited has gone.
                await self._settle(customer_id, batch)
        finally:
            self._batches[customer_id] -= 1
            if self._queues[customer_id]:
                self._give_turn(customer_id)
            elif not self._batches[customer_id]:
                del self._queues[customer_id], self._batches[customer_id]

    def _take(self, customer_id: UUID) -> list[_Item]:
        """What waits, up to a batch. An atomic submission is a batch of its own."""
        queue = self._queues[customer_id]
        batch: list[_Item] = []
        while queue:
            submission = queue[0]
            size = len(submission.instructions)
            if batch and (submission.atomic or len(batch) + size > self._batch_size_max):
                break
            queue.popleft()
            submission.is_taken = True
            self._count(customer_id, -size)
            batch += [(submission, index) for index in range(size)]
            if submission.atomic:
                break
        return batch

    async def _settle(self, customer_id: UUID, batch: list[_Item], *, search_until: float | None = None) -> None:
        """Post a batch. What spoils it is looked for by halves, so that it fails alone."""
        atomic = batch[0][0].atomic
        instructions = [submission.instructions[index] for submission, index in batch]
        try:
            hurried = search_until is not None
            outcomes = await self._post(customer_id, instructions, atomic=atomic, hurried=hurried)
        except BatchRefused as refusal:
            batch[0][0].fail(refusal)
        except DATABASE_AWAY as error:
            database_outage.notice("a batch of %d was given up, the database being away: %s", len(batch), error)
            for submission, _ in batch:
                submission.fail(error)
        except Exception as error:  # noqa: BLE001 - the edge of a task: whoever waits is told
            is_locked = isinstance(error, asyncpg.LockNotAvailableError)
            if atomic or len(batch) == 1 or (is_locked and search_until is not None and monotonic() > search_until):
                for submission, index in batch[:1] if atomic else batch:
                    _fail(submission, index, error)
                return
            if is_locked and search_until is None:
                search_until = monotonic() + LOCK_SEARCH_SECONDS_MAX
            middle = len(batch) // 2
            await self._settle(customer_id, batch[:middle], search_until=search_until)
            await self._settle(customer_id, batch[middle:], search_until=search_until)
        else:
            for (submission, index), outcome in zip(batch, outcomes, strict=True):
                submission.settle(index, outcome)

    async def _post(
        self, customer_id: UUID, instructions: list[Instruction], *, atomic: bool, hurried: bool
    ) -> list[Outcome]:
        deadline = monotonic() + self._away_seconds_max
        back_off = BackOff(AWAY_PAUSE_SECONDS, AWAY_PAUSE_SECONDS_MAX)
        collisions = 0
        lost: Exception | None = None
        while True:
            try:
                return await _post_once(customer_id, instructions, atomic=atomic, hurried=hurried)
            except COLLIDED:
                collisions += 1
                if collisions > DEADLOCKS_MAX:
                    raise
            except asyncpg.LockNotAvailableError:
                if lost is None:
                    raise
                # Perhaps our own lost commit has the lock: to refuse would say that nothing happened.
                if monotonic() > deadline:
                    raise lost from None
            except DATABASE_AWAY as error:
                # Perhaps it was committed: the keys will tell, and what has none may be done twice without harm. Where
                # writes are refused later, that stays unknown.
                if lost is None or not isinstance(error, NotWritten):
                    lost = error
                if monotonic() + back_off.seconds > deadline:
                    raise lost from None
                logger.info("a batch of %d is posted again: %s", len(instructions), error)
                await back_off.pause()


async def _post_once(
    customer_id: UUID, instructions: list[Instruction], *, atomic: bool, hurried: bool
) -> list[Outcome]:
    try:
        async with transaction(by_key=True) as tx:
            if hurried:
                await tx.execute(f"SET LOCAL lock_timeout = '{HURRIED_LOCK_TIMEOUT}'")
            return await carry_out_batch(tx, customer_id, instructions, atomic=atomic)
    except NothingDone as nothing:
        return nothing.outcomes


def _fail(submission: _Submission, index: int, error: Exception) -> None:
    if not isinstance(error, asyncpg.LockNotAvailableError):
        logger.error("an instruction failed", exc_info=error)
        submission.fail(error)
        return
    message = "This ledger or wallet is busy with something that takes long: ask again after the delay."
    refusal = LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
    if submission.atomic:
        submission.fail(refusal)
    else:  # This item alone: others of the same submission may have been done.
        submission.settle(index, refusal)


class _Process:
    """The process's one coalescer."""

    coalescer: Coalescer | None = None


def coalescer() -> Coalescer:
    """The process's coalescer, made when it is first asked for."""
    if _Process.coalescer is None:
        _Process.coalescer = Coalescer()
    return _Process.coalescer


async def close_coalescer() -> None:
    """Finish what was taken, before the database is closed."""
    if _Process.coalescer is not None:
        await _Process.coalescer.close()
        _Process.coalescer = None
