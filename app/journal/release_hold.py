"""Release a hold, all that remains or a part: those funds can be spent again."""

from dataclasses import dataclass

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, parse_amount
from app.journal.instructions import RELEASE_OPERATION, Release, release_content
from app.journal.records import Hold
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.checks import refuse


@dataclass(slots=True)
class ReleaseHold:
    """Which hold, and how much of it, as sent; without an amount, all that remains. An amount needs a key."""

    hold_id: str
    idempotency_key: str | None = None
    amount: AmountText | None = None


async def release_hold(actor: Actor, command: ReleaseHold) -> tuple[Hold, bool]:
    """The hold, and whether it was released before: a second release of all of it changes nothing.

    It is RELEASED, or CAPTURED if a part was captured before; still PLACED if some of it remains held.

    :raises InvalidState: it was captured, has expired, or belongs to a payment.
    :raises Invalid, AssetMismatch, NotFound, IdempotencyMismatch, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    hold_id = parse_id(command.hold_id, ("hold_id",))
    key, amount = command.idempotency_key, None
    if command.amount is not None:
        if key is None:
            refuse("A release of a part needs a key: without one, a repeat would release more.", ("idempotency_key",))
        amount = parse_amount(command.amount, ("amount",))
    release = Release(
        actor=actor,
        resource_id=new_id(),
        key=None if key is None else make_key(RELEASE_OPERATION, key, release_content(hold_id, amount)),
        hold_id=hold_id,
        amount=amount,
    )
    return await submit_one(release, Hold)
