"""Release a hold: its funds can be spent again."""

from dataclasses import dataclass

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.coalescer import coalescer
from app.journal.instructions import Release
from app.journal.place_hold import hold_in
from app.journal.records import Hold
from app.kernel.actor import Actor

OPERATION = "releaseHold"


@dataclass(slots=True)
class ReleaseHold:
    """Which hold."""

    hold_id: str
    idempotency_key: str | None = None


async def release_hold(actor: Actor, command: ReleaseHold) -> tuple[Hold, bool]:
    """The hold, RELEASED, and whether it was released before: a second release changes nothing.

    :raises InvalidState: it was captured, has expired, or belongs to a payment.
    :raises Invalid, NotFound, IdempotencyMismatch, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    hold_id = parse_id(command.hold_id, ("hold_id",))
    key = command.idempotency_key
    release = Release(
        actor=actor,
        resource_id=new_id(),
        key=None if key is None else make_key(OPERATION, key, (str(hold_id),)),
        hold_id=hold_id,
    )
    outcomes = await coalescer().submit(actor.customer_id, [release])
    return hold_in(outcomes[0])
