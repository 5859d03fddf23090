"""Adjust a hold: reserve more, or less, for the transfers that may follow."""

from dataclasses import dataclass

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, parse_amount
from app.journal.instructions import ADJUST_OPERATION, Adjust
from app.journal.records import Hold
from app.journal.submit import submit_one
from app.kernel.actor import Actor


@dataclass(slots=True)
class AdjustHold:
    """Which hold, and its new amount in all, as sent: what was captured and released is part of it."""

    hold_id: str
    idempotency_key: str
    amount: AmountText


async def adjust_hold(actor: Actor, command: AdjustHold) -> tuple[Hold, bool]:
    """The hold, and whether nothing was done now: a replay, or the amount that it already had.

    More needs funds, and open ledgers. Less gives funds back: if nothing remains then, the hold is CAPTURED or
    RELEASED.

    :raises InvalidState: it was captured or released, has expired, or belongs to a payment.
    :raises Invalid, AssetMismatch, NotFound, InsufficientFunds, IdempotencyMismatch, LimitExceeded, Forbidden: nothing
        happened.
    """
    actor.require("transfers:write")
    hold_id = parse_id(command.hold_id, ("hold_id",))
    amount = parse_amount(command.amount, ("amount",))
    adjustment = Adjust(
        actor=actor,
        resource_id=new_id(),
        key=make_key(ADJUST_OPERATION, command.idempotency_key, (str(hold_id), amount.canonical())),
        hold_id=hold_id,
        amount=amount,
    )
    return await submit_one(adjustment, Hold)
