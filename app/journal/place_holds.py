"""Place up to a thousand holds at once: each on its own, or all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.journal.carry_out_batch import BATCH_SIZE_MAX, Outcome
from app.journal.coalescer import coalescer
from app.journal.instructions import Place
from app.journal.place_hold import PlaceHold, placing_of
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import BatchRefused, DomainError

PATH = ("holds",)


@dataclass(slots=True)
class PlaceHolds:
    """Which holds, in which order; `atomic` places all or none."""

    holds: Sequence[PlaceHold]
    atomic: bool = False


async def place_holds(actor: Actor, command: PlaceHolds) -> list[Outcome]:
    """An outcome for each hold, in order. Items whose key is known count as done.

    Keys are shared with `place_hold`.

    :raises BatchRefused: `atomic`, and one was refused: nothing happened.
    :raises Invalid, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    if not 1 <= len(command.holds) <= BATCH_SIZE_MAX:
        refuse(f"Between 1 and {BATCH_SIZE_MAX:,} holds at once; these are {len(command.holds):,}.", PATH)
    outcomes: list[Outcome | None] = []
    placings: list[Place] = []
    for index, one in enumerate(command.holds):
        try:
            placings.append(placing_of(actor, one, (*PATH, str(index))))
            outcomes.append(None)
        except DomainError as refusal:
            if command.atomic:
                raise BatchRefused(index, refusal) from refusal
            outcomes.append(refusal)
    if not placings:
        return [outcome for outcome in outcomes if outcome is not None]
    placed = iter(await coalescer().submit(actor.customer_id, placings, atomic=command.atomic))
    return [next(placed) if outcome is None else outcome for outcome in outcomes]
