"""Reverse a transfer, whole or in part: post one the other way and link the two. Its reversals never exceed it."""

from dataclasses import dataclass

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, parse_amount
from app.journal.instructions import REVERSE_OPERATION, Reverse, reversal_content
from app.journal.records import Transfer
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text


@dataclass(slots=True)
class ReverseTransfer:
    """Which transfer, why, and how much of it, as sent; without an amount, all that is not reversed yet. The reason
    becomes the reversal's reference.
    """

    transfer_id: str
    idempotency_key: str
    reason: str | None = None
    amount: AmountText | None = None


async def reverse_transfer(actor: Actor, command: ReverseTransfer) -> tuple[Transfer, bool]:
    """The reversal, and whether this was a replay. Funds, holds and closed ledgers limit it like any transfer.

    :raises InvalidState: it was wholly reversed before, or is a payment's or itself a reversal.
    :raises Invalid, AssetMismatch, NotFound, InsufficientFunds, IdempotencyMismatch, LimitExceeded, Forbidden: nothing
        happened.
    """
    actor.require("transfers:write")
    transfer_id = parse_id(command.transfer_id, ("transfer_id",))
    reason = check_optional_text(command.reason, ("reason",))
    amount = None if command.amount is None else parse_amount(command.amount, ("amount",))
    reversal = Reverse(
        actor=actor,
        resource_id=new_id(),
        key=make_key(REVERSE_OPERATION, command.idempotency_key, reversal_content(transfer_id, reason, amount)),
        transfer_id=transfer_id,
        amount=amount,
        reason=reason,
    )
    return await submit_one(reversal, Transfer)
