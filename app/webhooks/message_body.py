"""The body of a message, made from its event alone: the same bytes at every attempt and replay."""

from typing import Any
from uuid import UUID

import orjson

from app.webhooks.balance_changes import balance_change_of, balance_changed
from app.webhooks.status import Payload

READY = "entity-ready-to-use"
MISSING_DATA = "entity-fw-missing-data"
QUARANTINE = "entity-fw-quarantine"
LEDGER_CHANGED = "ledger-changed"
TEST = "webhook-test"

PING = "webhook.ping"

NOTIFICATION_TYPES = {
    "holder.status.ok": READY,
    "holder.status.missing_data": MISSING_DATA,
    "holder.status.quarantine": QUARANTINE,
    "ledger.status.ok": READY,
    "ledger.status.missing_data": MISSING_DATA,
    "ledger.balance_changed": LEDGER_CHANGED,
    PING: TEST,
}
"""The notification for each event type. Endpoints that take notifications get no other events."""

_ID_FIELDS = {"holder": "enduser_id", "ledger": "ledger_id"}
_NOT_THIN = frozenset({"previous", "data"})


def is_told_as(payload: Payload, event_type: str) -> bool:
    """Whether this kind of payload has a message for this event type."""
    return payload is not Payload.NOTIFICATION or event_type in NOTIFICATION_TYPES


def message_body(payload: Payload, event_body: str, *, customer_id: UUID, message_id: UUID) -> str:
    """The body of a message.

    FULL is the stored event; THIN leaves `previous` and `data` out; NOTIFICATION is flat. A balance change is made from
    its transfer's event first; the message id says for which side.
    """
    direction = balance_change_of(message_id)
    if payload is Payload.FULL and direction is None:
        return event_body
    event: dict[str, Any] = orjson.loads(event_body)
    if direction is not None:
        event = balance_changed(event, direction, message_id)
    if payload is Payload.THIN:
        event = {name: value for name, value in event.items() if name not in _NOT_THIN}
    elif payload is Payload.NOTIFICATION:
        event = _notification(event, customer_id, message_id)
    return orjson.dumps(event).decode()


def _notification(event: dict[str, Any], customer_id: UUID, message_id: UUID) -> dict[str, Any]:
    resource = event["resource"]
    notification = {
        "type": NOTIFICATION_TYPES[event["type"]],
        "notification_id": str(message_id),
        "owner": str(customer_id),
        "created_at": event["timestamp"],
    }
    if resource["type"] in _ID_FIELDS:
        notification[_ID_FIELDS[resource["type"]]] = resource["id"]
    if notification["type"] == LEDGER_CHANGED:
        notification["transaction_id"] = event["data"]["transfer_id"]
    return notification
