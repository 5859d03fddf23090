"""What the events of transfers and holds tell: a transfer's is small, with both sides; a hold's is the whole hold."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.db.identifiers import new_id
from app.events.record import API_VERSION
from app.journal.posting_accounts import Book
from app.journal.records import Hold, Side, Transfer
from app.journal.status import HOLD, HoldStatus
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339
from app.kernel.money import decimal_text

TRANSFER_POSTED = "transfer.posted"


@dataclass(slots=True)
class NewEvent:
    """An event about to be written set-wise. The sides are those of its transfer or hold."""

    id: UUID
    type: str
    resource_type: str
    resource_id: UUID
    version: int
    debit: Side
    credit: Side
    body: str
    actor: Actor


def transfer_posted(transfer: Transfer, actor: Actor, instant: str) -> NewEvent:
    """That a transfer was posted, at `instant` (RFC 3339). Written out by hand: it is made for every transfer."""
    event_id = new_id()
    text_id = str(transfer.id)
    scale = transfer.unit.scale
    body = (
        f'{{"id":"{event_id}","type":"transfer.posted","timestamp":"{instant}","api_version":"{API_VERSION}",'
        f'"resource":{{"type":"transfer","id":"{text_id}","version":1}},"previous":null,'
        f'"data":{{"id":"{text_id}","kind":"{transfer.kind.value}",'
        f'"amount":{{"value":"{decimal_text(transfer.amount, scale)}","minor_units":"{transfer.amount}",'
        f'"asset":"{transfer.unit.asset}","scale":{scale}}},'
        f'"debit":{_side(transfer.debit, transfer.debit_balance_after, transfer.debit_sequence, scale)},'
        f'"credit":{_side(transfer.credit, transfer.credit_balance_after, transfer.credit_sequence, scale)},'
        f'"reference":{_text(transfer.reference)},"hold_id":{_id(transfer.hold_id)},'
        f'"payment_id":{_id(transfer.payment_id)},"reverses_id":{_id(transfer.reverses_id)},"posted_at":"{instant}"}},'
        f'"cause":{{"via":"{actor.via.value}","request_id":{_text(actor.request_id)}}}}}'
    )
    return NewEvent(event_id, TRANSFER_POSTED, "transfer", transfer.id, 1, transfer.debit, transfer.credit, body, actor)


def hold_moved(hold: Hold, actor: Actor) -> NewEvent:
    """That a hold arrived at the status it has."""
    event_id = new_id()
    event_type = HOLD.event_type(hold.status)
    body = {
        "id": str(event_id),
        "type": event_type,
        "timestamp": rfc3339(hold.updated_at),
        "api_version": API_VERSION,
        "resource": {"type": "hold", "id": str(hold.id), "version": hold.version},
        "previous": None if hold.status is HoldStatus.PLACED else {"status": HoldStatus.PLACED.value},
        "data": describe_hold(hold),
        "cause": {"via": actor.via.value, "request_id": actor.request_id},
    }
    text = orjson.dumps(body).decode()
    return NewEvent(event_id, event_type, "hold", hold.id, hold.version, hold.debit, hold.credit, text, actor)


def describe_hold(hold: Hold) -> dict[str, Any]:
    """An event's `data`."""
    scale = hold.unit.scale
    return {
        "id": str(hold.id),
        "status": hold.status.value,
        "amount": {
            "value": decimal_text(hold.amount, scale),
            "minor_units": str(hold.amount),
            "asset": hold.unit.asset,
            "scale": scale,
        },
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


def party_type(side: Side) -> str:
    """What stands behind a posting account: `ledger`, `wallet` or `system_account`."""
    if side.is_system:
        return "system_account"
    return "wallet" if side.book is Book.WALLET else "ledger"


def _side(side: Side, balance_after: int, sequence: int, scale: int) -> str:
    return (
        f'{{"id":"{side.account_id}","type":"{party_type(side)}",'
        f'"balance_after":"{decimal_text(balance_after, scale)}","sequence":"{sequence}"}}'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else orjson.dumps(value).decode()


def _id(value: UUID | None) -> str:
    return "null" if value is None else f'"{value}"'
