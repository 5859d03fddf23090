"""Puts all waiting commands into one transaction: while one batch commits, the next one gathers.

There is no timer: if no batch is under way, a command starts one at once. A batch belongs to one customer. Customers
take turns, and several run at the same time. If many commands wait, a customer has two batches under way: Python
decides one while the database writes the other, which is about 25 % faster with 64 callers.

A batch is posted by what is remembered of its accounts, or else locks them first.
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
from app.journal.carry_out_batch import BATCH_SIZE_MAX, Done, NothingDone, Outcome, carry_out_batch
from app.journal.instructions import Instruction, Movement
from app.journal.memory import Memory, batches_of_process
from app.journal.post_as_remembered import post_as_remembered, sides_of
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
"""While a customer has a batch under way, this many waiting instructions start another; fewer wait for the next."""
RETRY_AFTER_SECONDS = 0.5
AWAY_SECONDS_MAX = 10.0
"""How long a batch is retried while the database is away. Then its callers are told that the outcome is unknown."""
AWAY_PAUSE_SECONDS = 0.05
AWAY_PAUSE_SECONDS_MAX = 1.0
DEADLOCKS_MAX = 5
CLOSE_SECONDS_MAX = 8.0
HURRIED_LOCK_TIMEOUT = "100ms"
"""How long half of a batch waits for a lock, after the whole batch has timed out on one."""
LOCK_SEARCH_SECONDS_MAX = 2.0
"""How long to search for the instructions that need the lock. After that, a part that still meets a lock is refused
whole."""


class _Submission:
    """The instructions of one caller, and the outcome of each."""

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
        """Note the outcome of one instruction. The last one lets the caller continue."""
        self.outcomes[index] = outcome
        self.unsettled -= 1
        if self.unsettled == 0 and not self.future.done():
            self.future.set_result([outcome for outcome in self.outcomes if outcome is not None])

    def fail(self, error: BaseException) -> None:
        """Note that the outcome of an instruction is unknown, or that it failed through a fault of ours."""
        if not self.future.done():
            self.future.set_exception(error)


_Item = tuple[_Submission, int]


class Coalescer:
    """One process's queue of instructions. Limits count instructions, not bytes."""

    def __init__(
        self,
        *,
        waiting_max: int = WAITING_MAX,
        waiting_per_customer_max: int = WAITING_PER_CUSTOMER_MAX,
        batch_size_max: int = BATCH_SIZE_MAX,
        writers_max: int = WRITERS_MAX,
        another_batch_from: int = ANOTHER_BATCH_FROM,
        away_seconds_max: float = AWAY_SECONDS_MAX,
        memory: Memory | None = None,
    ) -> None:
        self._waiting_max = waiting_max
        self._waiting_per_customer_max = waiting_per_customer_max
        self._batch_size_max = batch_size_max
        self._writers_max = writers_max
        self._another_batch_from = another_batch_from
        self._away_seconds_max = away_seconds_max
        self._memory = memory or Memory()
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

        If the caller is cancelled before its instructions join a batch, they are dropped; after that they are carried
        out all the same.

        :raises LimitExceeded: too many wait already; nothing was taken.
        :raises BatchRefused: `atomic`, and one was refused.
        :raises Exception: the outcome is unknown; asking again with the same keys shows it.
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
        """Accept nothing more, and finish what was accepted."""
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
        """Queue another batch of this customer, unless its batches under way are enough."""
        batches = self._batches.get(customer_id, 0)
        if batches:
            many_wait = self._waiting.get(customer_id, 0) >= self._another_batch_from
            # Half of the writers are kept for customers without a batch.
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
            # An empty context: a batch belongs to no single request.
            task = contextvars.Context().run(asyncio.create_task, self._write(customer_id))
            self._writers.add(task)
            task.add_done_callback(self._writer_done)

    def _writer_done(self, task: asyncio.Task[None]) -> None:
        self._writers.discard(task)
        self._start_writers()

    async def _write(self, customer_id: UUID) -> None:
        """Write one batch of a customer; later commands get their turn after the other customers."""
        try:
            batch = self._take(customer_id)
            if batch:  # It is empty if all callers were cancelled.
                await self._settle(customer_id, batch)
        finally:
            self._batches[customer_id] -= 1
            if self._queues[customer_id]:
                self._give_turn(customer_id)
            elif not self._batches[customer_id]:
                del self._queues[customer_id], self._batches[customer_id]

    def _take(self, customer_id: UUID) -> list[_Item]:
        """Take waiting instructions, at most a batch. An atomic submission is a batch of its own."""
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
        """Post a batch. If it fails, halve it until the instruction at fault is found: only that one fails."""
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
        except Exception as error:  # noqa: BLE001 - the edge of a task: the callers are told
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
                locks = hurried or collisions > 0 or lost is not None
                return await self._post_once(customer_id, instructions, atomic=atomic, hurried=hurried, locks=locks)
            except COLLIDED:
                collisions += 1
                if collisions > DEADLOCKS_MAX:
                    raise
            except asyncpg.LockNotAvailableError:
                if lost is None:
                    raise
                # Our own lost commit may hold the lock; a refusal would claim that nothing happened.
                if monotonic() > deadline:
                    raise lost from None
            except DATABASE_AWAY as error:
                # It may have been committed: the keys will show it, and what has no key may safely run twice.
                # If a later try is refused as not written, the outcome of the first is still unknown.
                if lost is None or not isinstance(error, NotWritten):
                    lost = error
                if monotonic() + back_off.seconds > deadline:
                    raise lost from None
                logger.info("a batch of %d is posted again: %s", len(instructions), error)
                await back_off.pause()

    async def _post_once(
        self, customer_id: UUID, instructions: list[Instruction], *, atomic: bool, hurried: bool, locks: bool
    ) -> list[Outcome]:
        """Post a batch by memory if that will do, unless it `locks`."""
        posted = None if locks else await post_as_remembered(self._memory, customer_id, instructions)
        if posted is not None:
            return [Done(transfer) for transfer in posted]
        names = [(customer_id, account_id) for account_id in sides_of(instructions)]
        with self._memory.locking(names):
            outcomes = await _lock_and_post(customer_id, instructions, atomic=atomic, hurried=hurried)
        self._memory.forget((customer_id, account_id) for account_id in _sides_found(instructions, outcomes))
        return outcomes


async def _lock_and_post(
    customer_id: UUID, instructions: list[Instruction], *, atomic: bool, hurried: bool
) -> list[Outcome]:
    try:
        async with transaction(by_key=True) as tx:
            if hurried:
                await tx.execute(f"SET LOCAL lock_timeout = '{HURRIED_LOCK_TIMEOUT}'")
            return await carry_out_batch(tx, customer_id, instructions, atomic=atomic)
    except NothingDone as nothing:
        return nothing.outcomes


def _sides_found(instructions: Sequence[Instruction], outcomes: Sequence[Outcome]) -> set[UUID]:
    """The posting accounts of holds and transfers that were named, and are known only now."""
    found: set[UUID] = set()
    for instruction, outcome in zip(instructions, outcomes, strict=True):
        if not isinstance(instruction, Movement) and isinstance(outcome, Done):
            found |= {outcome.object.debit.account_id, outcome.object.credit.account_id}
    return found


def _fail(submission: _Submission, index: int, error: Exception) -> None:
    if not isinstance(error, asyncpg.LockNotAvailableError):
        logger.error("an instruction failed", exc_info=error)
        submission.fail(error)
        return
    message = "This ledger or wallet is busy with something that takes long: ask again after the delay."
    refusal = LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
    if submission.atomic:
        submission.fail(refusal)
    else:  # Only this item: others of the same submission may have been done.
        submission.settle(index, refusal)


class _Process:
    """The process's one coalescer."""

    coalescer: Coalescer | None = None


def coalescer() -> Coalescer:
    """The process's coalescer, made on first use."""
    if _Process.coalescer is None:
        _Process.coalescer = Coalescer(memory=Memory(counts=batches_of_process))
    return _Process.coalescer


async def close_coalescer() -> None:
    """Finish accepted instructions, before the database is closed."""
    if _Process.coalescer is not None:
        await _Process.coalescer.close()
        _Process.coalescer = None
