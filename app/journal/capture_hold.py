"""Capture a hold: post a transfer of all or part of it, and release the rest or keep it held."""

from dataclasses import dataclass

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, parse_amount
from app.journal.instructions import CAPTURE_OPERATION, Capture, capture_content
from app.journal.records import Hold
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.checks import parse_instant


@dataclass(slots=True)
class CaptureHold:
    """Which hold, how much of it, and the value date, as sent; without an amount, all that remains. `final` releases
    the rest.
    """

    hold_id: str
    idempotency_key: str
    amount: AmountText | None = None
    final: bool = True
    effective_at: str | None = None


async def capture_hold(actor: Actor, command: CaptureHold) -> tuple[Hold, bool]:
    """The hold, and whether this was a replay. It is CAPTURED, or still PLACED if some of it remains held.

    :raises Invalid, AssetMismatch, NotFound, InvalidState, IdempotencyMismatch, LimitExceeded, Forbidden: nothing
        happened.
    """
    actor.require("transfers:write")
    effective_at = None if command.effective_at is None else parse_instant(command.effective_at, ("effective_at",))
    hold_id = parse_id(command.hold_id, ("hold_id",))
    amount = None if command.amount is None else parse_amount(command.amount, ("amount",))
    content = capture_content(hold_id, amount, effective_at, final=command.final)
    capture = Capture(
        actor=actor,
        resource_id=new_id(),
        key=make_key(CAPTURE_OPERATION, command.idempotency_key, content),
        hold_id=hold_id,
        amount=amount,
        final=command.final,
        effective_at=effective_at,
    )
    return await submit_one(capture, Hold)
