"""The events of transfers and holds: a transfer's is small, with both sides; a hold's carries the whole hold."""

from typing import Any
from uuid import UUID

from app.db.guarded_statement import INSTANT_LATER
from app.db.identifiers import new_id
from app.events.left_out_bodies import are_left_out
from app.events.posted_transfer import Facts, checksum_of, format_of, without_time
from app.events.record import NewEvent, Resource, json_text, new_event
from app.journal.posting_accounts import Book
from app.journal.records import Hold, Side, Transfer
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
    """A transfer was posted, at `instant` (RFC 3339). Its body is stored only as long as a process of an earlier
    version may run, which could not make it from the transfer's row.
    """
    event_id = new_id()
    body_format = format_of(party_type(transfer.debit), party_type(transfer.credit))
    body = without_time(body_format, _facts_of(transfer, event_id, actor))
    event = NewEvent(
        id=event_id,
        type=TRANSFER_POSTED,
        resource=Resource("transfer", transfer.id, 1, transfer.debit.holder_id),
        actor=actor,
        body=body.replace(INSTANT_LATER, instant),
    )
    if are_left_out():
        event.body_format, event.body_checksum = body_format, checksum_of(body)
    return _between(transfer, event)


def _facts_of(transfer: Transfer, event_id: UUID, actor: Actor) -> Facts:
    """What `posted_transfer.FACTS_SQL` reads from the row later."""
    to = transfer.backdated_to
    return (
        event_id,
        actor.via.value,
        actor.request_id,
        str(transfer.id),
        transfer.kind.value,
        transfer.amount,
        transfer.unit.asset,
        transfer.unit.scale,
        transfer.debit.account_id,
        transfer.debit_balance_after,
        transfer.debit_sequence,
        transfer.credit.account_id,
        transfer.credit_balance_after,
        transfer.credit_sequence,
        transfer.reference,
        transfer.hold_id,
        transfer.payment_id,
        transfer.reverses_id,
        transfer.group_id,
        None if to is None else rfc3339(to),
        "true" if transfer.is_forced else "false",
        INSTANT_LATER,
    )


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
