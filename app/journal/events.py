"""The events of transfers and holds: a transfer's is small, with both sides; a hold's carries the whole hold."""

from typing import Any
from uuid import UUID

from app.events.record import NewEvent, Resource, json_text, new_event
from app.journal.posting_accounts import Book
from app.journal.records import Hold, SequenceNumber, Side, Transfer
from app.journal.status import HOLD, HoldStatus
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339
from app.kernel.money import MinorUnits, decimal_text

TRANSFER_POSTED = "transfer.posted"
HOLD_CAPTURED = "hold.captured"
HOLD_RELEASED = "hold.released"
HOLD_ADJUSTED = "hold.adjusted"
"""Of a hold that changed in part and is still PLACED."""

HoldAmounts = tuple[MinorUnits, MinorUnits, MinorUnits, MinorUnits]
"""A hold's amount, and what of it was captured, was released, and remains."""


def amounts_of(hold: Hold) -> HoldAmounts:
    """The amounts of a hold, before a change or after it."""
    return hold.amount, hold.captured, hold.released, hold.remaining


def transfer_posted(transfer: Transfer, actor: Actor, instant: str) -> NewEvent:
    """A transfer was posted, at `instant` (RFC 3339). Written out by hand for speed: every transfer needs one."""
    scale, to = transfer.unit.scale, transfer.backdated_to
    data = (
        f'{{"id":"{transfer.id}","kind":"{transfer.kind.value}",'
        f'"amount":{{"value":"{decimal_text(transfer.amount, scale)}","minor_units":"{transfer.amount}",'
        f'"asset":"{transfer.unit.asset}","scale":{scale}}},'
        f'"debit":{_side(transfer.debit, transfer.debit_balance_after, transfer.debit_sequence, scale)},'
        f'"credit":{_side(transfer.credit, transfer.credit_balance_after, transfer.credit_sequence, scale)},'
        f'"reference":{json_text(transfer.reference)},"hold_id":{_id(transfer.hold_id)},'
        f'"payment_id":{_id(transfer.payment_id)},"reverses_id":{_id(transfer.reverses_id)},'
        f'"group_id":{_id(transfer.group_id)},"effective_at":"{instant if to is None else rfc3339(to)}",'
        f'"forced":{"true" if transfer.is_forced else "false"},"posted_at":"{instant}"}}'
    )
    about = Resource("transfer", transfer.id, 1, transfer.debit.holder_id)
    return _between(transfer, new_event(actor, TRANSFER_POSTED, about, instant, data))


def hold_moved(hold: Hold, actor: Actor) -> NewEvent:
    """A hold moved to its present status."""
    previous = None if hold.status is HoldStatus.PLACED else {"status": HoldStatus.PLACED.value}
    return _hold_event(hold, actor, HOLD.event_type(hold.status), previous)


def hold_changed(hold: Hold, actor: Actor, event_type: str, amounts_before: HoldAmounts) -> NewEvent:
    """A hold was captured, released or adjusted in part, and is still PLACED. `previous` has the amounts before."""
    names = ("amount", "captured", "released", "remaining")
    before = dict(zip(names, amounts_before, strict=True))
    after = dict(zip(names, amounts_of(hold), strict=True))
    previous = {name: _money(hold, before[name]) for name in names if before[name] != after[name]}
    return _hold_event(hold, actor, event_type, previous)


def _hold_event(hold: Hold, actor: Actor, event_type: str, previous: dict[str, Any] | None) -> NewEvent:
    about = Resource("hold", hold.id, hold.version, hold.debit.holder_id)
    data, instant = json_text(describe_hold(hold)), rfc3339(hold.updated_at)
    return _between(hold, new_event(actor, event_type, about, instant, data, previous=json_text(previous)))


def _between(moved: Transfer | Hold, event: NewEvent) -> NewEvent:
    """The event with both sides filled in."""
    event.other_holder_id = moved.credit.holder_id
    event.debit_id, event.credit_id = moved.debit.account_id, moved.credit.account_id
    return event


def describe_hold(hold: Hold) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(hold.id),
        "status": hold.status.value,
        "amount": _money(hold, hold.amount),
        "captured": _money(hold, hold.captured),
        "released": _money(hold, hold.released),
        "remaining": _money(hold, hold.remaining),
        "debit": {"id": str(hold.debit.account_id), "type": party_type(hold.debit)},
        "credit": {"id": str(hold.credit.account_id), "type": party_type(hold.credit)},
        "payment_id": None if hold.payment_id is None else str(hold.payment_id),
        "transfer_id": None if hold.transfer_id is None else str(hold.transfer_id),
        "expires_at": None if hold.expires_at is None else rfc3339(hold.expires_at),
        "reference": hold.reference,
        "metadata": hold.metadata,
        "created_at": rfc3339(hold.created_at),
        "updated_at": rfc3339(hold.updated_at),
        "version": hold.version,
    }


def _money(hold: Hold, minor_units: MinorUnits) -> dict[str, Any]:
    unit = hold.unit
    return {
        "value": decimal_text(minor_units, unit.scale),
        "minor_units": str(minor_units),
        "asset": unit.asset,
        "scale": unit.scale,
    }


def party_type(side: Side) -> str:
    """What stands behind a posting account: `ledger`, `wallet` or `system_account`."""
    if side.is_system:
        return "system_account"
    return "wallet" if side.book is Book.WALLET else "ledger"


def _side(side: Side, balance_after: MinorUnits, sequence: SequenceNumber, scale: int) -> str:
    return (
        f'{{"id":"{side.account_id}","type":"{party_type(side)}",'
        f'"balance_after":"{decimal_text(balance_after, scale)}","sequence":"{sequence}"}}'
    )


def _id(value: UUID | None) -> str:
    return "null" if value is None else f'"{value}"'
