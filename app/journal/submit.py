"""Submit one instruction to the coalescer, or check those of a batch one by one."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.journal.carry_out_batch import BATCH_SIZE_MAX, Outcome
from app.journal.coalescer import coalescer
from app.journal.instructions import Instruction
from app.kernel.checks import refuse
from app.kernel.errors import BatchRefused, DomainError, Path

CHECKED_AT_ONCE = 50
"""Commands that are checked before others get their turn."""

Made = TypeVar("Made")
Command = TypeVar("Command")
Checked = TypeVar("Checked", bound=Instruction)


async def submit_one(instruction: Instruction, kind: type[Made]) -> tuple[Made, bool]:
    """The object of this kind that it made or changed, and whether that was a replay.

    :raises DomainError: it was refused; nothing happened.
    """
    [outcome] = await coalescer().submit(instruction.actor.customer_id, [instruction])
    if isinstance(outcome, DomainError):
        raise outcome
    assert isinstance(outcome.object, kind)
    return outcome.object, outcome.replayed


def check_size(commands: Sequence[Any], path: tuple[str]) -> None:
    """Check how many commands came in this argument.

    :raises Invalid: none, or too many.
    """
    if not 1 <= len(commands) <= BATCH_SIZE_MAX:
        refuse(f"Between 1 and {BATCH_SIZE_MAX:,} {path[0]} at once; these are {len(commands):,}.", path)


async def check_each(
    commands: Sequence[Command], instruct: Callable[[Command, Path], Checked], path: tuple[str], *, atomic: bool
) -> tuple[list[Outcome | None], list[Checked]]:
    """The refusals of a batch's commands, None for each that may be submitted, and the instructions of those.

    `instruct` checks a command; `path` is the argument that they came in.

    :raises BatchRefused: `atomic`, and one was refused.
    """
    refusals: list[Outcome | None] = []
    instructions: list[Checked] = []
    for index, command in enumerate(commands):
        try:
            instructions.append(instruct(command, (*path, str(index))))
            refusals.append(None)
        except DomainError as refusal:
            if atomic:
                raise BatchRefused(index, refusal) from refusal
            refusals.append(refusal)
        if index % CHECKED_AT_ONCE == CHECKED_AT_ONCE - 1:
            await asyncio.sleep(0)  # What is being written meanwhile goes on.
    return refusals, instructions


def in_their_places(refusals: Sequence[Outcome | None], made: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a batch in order: its refusals, and between them what was made of the others."""
    others = iter(made)
    return [next(others) if refusal is None else refusal for refusal in refusals]
