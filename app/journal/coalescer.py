"""Puts all waiting commands into one transaction: while one batch commits, the next one gathers.

There is no timer: if no batch is under way, a command starts one at once. A batch belongs to one customer. If many
commands wait, a customer has two batches under way: Python decides one while the database writes the other, which is
about 25 % faster with 64 callers.

Batches are posted by what is remembered of their accounts: a round, which is one statement for the batches of all
customers whose turn it is. What a round leaves goes alone: the batch of one customer, which locks its accounts first.
"""

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import Any
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
from app.journal.queue_figures import QueueFigures, queue_figures
from app.journal.records import Transfer
from app.journal.submissions import (
    RETRY_AFTER_SECONDS,
    Alone,
    Item,
    Submission,
    fail,
    instructions_of,
    settle_all,
    span_of_batches,
)
from app.kernel.back_off import BackOff
from app.kernel.errors import BatchRefused, LimitExceeded

logger = logging.getLogger(__name__)

WAITING_MAX = 8_192
"""Instructions that may wait in one process."""
WAITING_PER_CUSTOMER_MAX = 4_096
WRITERS_MAX = 4
"""Batches that go alone at the same time, of different customers."""
ROUNDS_MAX = 2
"""Rounds under way at the same time."""
ROUND_CUSTOMERS_MAX = 256
"""Customers whose batches one round writes."""
BATCHES_PER_CUSTOMER_MAX = 2
ANOTHER_BATCH_FROM = 32
"""While a customer has a batch under way, this many waiting instructions start another; fewer wait for the next."""
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
        round_customers_max: int = ROUND_CUSTOMERS_MAX,
        away_seconds_max: float = AWAY_SECONDS_MAX,
        memory: Memory | None = None,
        figures: QueueFigures | None = None,
    ) -> None:
        self._waiting_max = waiting_max
        self._waiting_per_customer_max = waiting_per_customer_max
        self._batch_size_max = batch_size_max
        self._writers_max = writers_max
        self._another_batch_from = another_batch_from
        self._round_customers_max = round_customers_max
        self._away_seconds_max = away_seconds_max
        self._memory = memory or Memory()
        self._queues: dict[UUID, deque[Submission]] = {}
        self._waiting: dict[UUID, int] = {}
        self._figures = figures or QueueFigures()
        self._batches: dict[UUID, int] = {}
        self._in_turn: deque[UUID] = deque()
        self._alone: deque[Alone] = deque()
        self._going_alone: list[UUID] = []
        self._rounds: set[asyncio.Task[None]] = set()
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
        while (under_way := self._rounds | self._writers) and monotonic() < deadline:
            await asyncio.wait(under_way, timeout=deadline - monotonic(), return_when=asyncio.FIRST_COMPLETED)

    def _enqueue(self, customer_id: UUID, instructions: Sequence[Instruction], *, atomic: bool) -> Submission:
        count = len(instructions)
        if self._is_closed:
            message = "This server is shutting down: ask again, and another one will answer."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
        if (
            self._figures.waiting + count > self._waiting_max
            or self._waiting.get(customer_id, 0) + count > self._waiting_per_customer_max
        ):
            self._figures.turned_away += count
            message = "Too many transfers are waiting to be posted: ask again after the delay, with the same key."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
        submission = Submission(customer_id, instructions, atomic=atomic)
        self._count(customer_id, count)
        self._queues.setdefault(customer_id, deque()).append(submission)
        self._give_turn(customer_id)
        self._start()
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
        self._figures.waiting += change
        self._waiting[customer_id] = self._waiting.get(customer_id, 0) + change
        if not self._waiting[customer_id]:
            del self._waiting[customer_id]

    def _start(self) -> None:
        """Start what may be under way beside what is."""
        if self._in_turn and len(self._rounds) < ROUNDS_MAX:
            self._run(self._rounds, self._go_round())
        while len(self._writers) < self._writers_max and (alone := self._next_alone()) is not None:
            self._going_alone.append(alone.customer_id)
            self._run(self._writers, self._go_alone(alone))

    def _next_alone(self) -> Alone | None:
        """The next batch to go alone, of those that wait. Half of the writers are kept for customers without one."""
        for alone in self._alone:
            if alone.customer_id not in self._going_alone or len(self._writers) * 2 < self._writers_max:
                self._alone.remove(alone)
                return alone
        return None

    def _run(self, under_way: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        # An empty context: a batch belongs to no single request.
        task = contextvars.Context().run(asyncio.create_task, work)
        under_way.add(task)

        def is_over(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            self._start()

        task.add_done_callback(is_over)

    async def _go_round(self) -> None:
        """Post a batch of each customer whose turn it is, by memory; what is left goes alone."""
        batches = self._take_round()
        posted: dict[UUID, list[Transfer]] = {}
        lost: Exception | None = None
        try:
            instructions = {customer_id: instructions_of(batch) for customer_id, batch in batches.items()}
            with span_of_batches("post_round", batches.values()):
                posted = await post_as_remembered(self._memory, instructions)
        except DATABASE_AWAY as error:
            lost = error
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each goes alone
            logger.info("a round of %d customers was not written, and each goes alone: %s", len(batches), error)
        for customer_id, batch in batches.items():
            if customer_id in posted:
                settle_all(batch, [Done(transfer) for transfer in posted[customer_id]])
                self._end_turn(customer_id)
            else:
                self._alone.append(Alone(customer_id, batch, lost))

    def _take_round(self) -> dict[UUID, list[Item]]:
        """Take a batch of each customer whose turn it is, all of them together about as large as one may be."""
        batches: dict[UUID, list[Item]] = {}
        size, share = 0, max(self._batch_size_max // max(len(set(self._in_turn)), 1), 1)
        while self._in_turn and size < self._batch_size_max and len(batches) < self._round_customers_max:
            if (customer_id := self._in_turn.popleft()) in batches:
                self._in_turn.appendleft(customer_id)  # Its second batch is for the next round.
                break
            batch = self._take(customer_id, size_max=min(share, self._batch_size_max - size))
            size += len(batch)
            if batch:
                batches[customer_id] = batch
            else:  # All of its callers were cancelled.
                self._end_turn(customer_id)
        return batches

    async def _go_alone(self, alone: Alone) -> None:
        try:
            with span_of_batches("post_batch", (alone.batch,)):
                await self._settle(alone.customer_id, alone.batch, lost=alone.lost)
        finally:
            self._going_alone.remove(alone.customer_id)
            self._end_turn(alone.customer_id)

    def _end_turn(self, customer_id: UUID) -> None:
        """A batch is over; later commands get their turn after the other customers."""
        self._batches[customer_id] -= 1
        if self._queues[customer_id]:
            self._give_turn(customer_id)
        elif not self._batches[customer_id]:
            del self._queues[customer_id], self._batches[customer_id]

    def _take(self, customer_id: UUID, *, size_max: int) -> list[Item]:
        """Take waiting instructions, at most so many, but all of one submission. An atomic submission is a batch of its
        own.
        """
        queue = self._queues[customer_id]
        batch: list[Item] = []
        while queue:
            submission = queue[0]
            size = len(submission.instructions)
            if batch and (submission.atomic or len(batch) + size > size_max):
                break
            queue.popleft()
            submission.is_taken = True
            self._count(customer_id, -size)
            batch += [(submission, index) for index in range(size)]
            if submission.atomic:
                break
        if batch:
            self._figures.batch_sizes.note(len(batch))
        return batch

    async def _settle(
        self,
        customer_id: UUID,
        batch: list[Item],
        *,
        lost: Exception | None = None,
        search_until: float | None = None,
    ) -> None:
        """Post a batch. If it fails, halve it until the instruction at fault is found: only that one fails."""
        atomic = batch[0][0].atomic
        instructions = instructions_of(batch)
        try:
            hurried = search_until is not None
            outcomes = await self._post(customer_id, instructions, atomic=atomic, hurried=hurried, lost=lost)
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
                    fail(submission, index, error)
                return
            if is_locked and search_until is None:
                search_until = monotonic() + LOCK_SEARCH_SECONDS_MAX
            middle = len(batch) // 2
            await self._settle(customer_id, batch[:middle], search_until=search_until)
            await self._settle(customer_id, batch[middle:], search_until=search_until)
        else:
            settle_all(batch, outcomes)

    async def _post(
        self,
        customer_id: UUID,
        instructions: list[Instruction],
        *,
        atomic: bool,
        hurried: bool,
        lost: Exception | None = None,
    ) -> list[Outcome]:
        """Post a batch, again after collisions and while the database is away. If an earlier try is `lost`, its outcome
        is unknown.
        """
        deadline = monotonic() + self._away_seconds_max
        back_off = BackOff(AWAY_PAUSE_SECONDS, AWAY_PAUSE_SECONDS_MAX)
        collisions = 0
        while True:
            try:
                return await self._lock_and_post(customer_id, instructions, atomic=atomic, hurried=hurried)
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

    async def _lock_and_post(
        self, customer_id: UUID, instructions: list[Instruction], *, atomic: bool, hurried: bool
    ) -> list[Outcome]:
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


class _Process:
    """The process's one coalescer."""

    coalescer: Coalescer | None = None


def open_coalescer(*, round_customers_max: int = ROUND_CUSTOMERS_MAX) -> Coalescer:
    """Make the process's coalescer, whose transactions are for so many customers at most."""
    queue_figures.waiting = 0
    _Process.coalescer = Coalescer(
        round_customers_max=round_customers_max, memory=Memory(counts=batches_of_process), figures=queue_figures
    )
    return _Process.coalescer


def coalescer() -> Coalescer:
    """The process's coalescer, made on first use if nobody has opened it."""
    return _Process.coalescer or open_coalescer()


async def close_coalescer() -> None:
    """Finish accepted instructions, before the database is closed."""
    if _Process.coalescer is not None:
        await _Process.coalescer.close()
        _Process.coalescer = None
