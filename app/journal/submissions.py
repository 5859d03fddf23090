"""What callers have submitted, until each of them has its outcomes."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.journal.carry_out_batch import Outcome
from app.journal.instructions import Instruction
from app.kernel.errors import LimitExceeded
from app.kernel.tracing import NO_SPAN, Span, current_span, span_for_all, tracing

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 0.5


class Submission:
    """The instructions of one caller, and the outcome of each."""

    __slots__ = ("atomic", "customer_id", "future", "instructions", "is_taken", "outcomes", "span", "unsettled")

    def __init__(self, customer_id: UUID, instructions: Sequence[Instruction], *, atomic: bool) -> None:
        self.customer_id = customer_id
        self.instructions = instructions
        self.atomic = atomic
        self.is_taken = False
        self.span = current_span()
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


Item = tuple[Submission, int]
"""An instruction of a submission, by its place."""


@dataclass(slots=True)
class Alone:
    """A batch that a round left, which goes alone. If `lost`, the round may have written it."""

    customer_id: UUID
    batch: list[Item]
    lost: Exception | None = None


def instructions_of(batch: Sequence[Item]) -> list[Instruction]:
    """The instructions of a batch, in its order."""
    return [submission.instructions[index] for submission, index in batch]


def span_of_batches(name: str, batches: Iterable[Sequence[Item]]) -> Span:
    """The span of what is done for these batches together, for all of their callers."""
    if not tracing.is_on:
        return NO_SPAN
    items = [submission for batch in batches for submission, _ in batch]
    span = span_for_all(name, (submission.span for submission in items))
    span.set("quaestor.instructions", len(items))
    return span


def settle_all(batch: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
    """Note the outcome of each instruction of a batch."""
    for (submission, index), outcome in zip(batch, outcomes, strict=True):
        submission.settle(index, outcome)


def fail(submission: Submission, index: int, error: Exception) -> None:
    """Note that an instruction failed by itself: through a fault of ours, or since an account stayed locked."""
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
