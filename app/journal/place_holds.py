"""Place up to a thousand holds at once: each on its own, or all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.journal.carry_out_batch import Outcome
from app.journal.coalescer import coalescer
from app.journal.place_hold import PlaceHold, placing_of
from app.journal.submit import check_each, check_size, in_their_places
from app.kernel.actor import Actor

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
    check_size(command.holds, PATH)
    checked, placings = await check_each(
        command.holds, lambda one, path: placing_of(actor, one, path), PATH, atomic=command.atomic
    )
    placed = await coalescer().submit(actor.customer_id, placings, atomic=command.atomic) if placings else []
    return in_their_places(checked, placed)
