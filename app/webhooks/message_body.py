"""The body of a message, made from its event alone: the same bytes at every attempt and replay."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.events.event import data_for
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


@dataclass(frozen=True, slots=True)
class Reader:
    """The holder that an endpoint is bound to (None: it gets those of all), and the holders of the event: of a
    transfer or hold the debited side's and the credited side's.
    """

    holder_id: UUID | None = None
    debit_holder_id: UUID | None = None
    credit_holder_id: UUID | None = None

    @property
    def sees_all(self) -> bool:
        """Whether nothing of the event is another holder's."""
        return self.holder_id is None or self.holder_id == self.debit_holder_id == self.credit_holder_id

    def sees(self, data: Any) -> Any:
        """The data without what is another holder's."""
        sides = {"debit": self.debit_holder_id, "credit": self.credit_holder_id}
        return data if self.holder_id is None else data_for(data, self.holder_id, sides)


EVERYBODY = Reader()


def message_body(
    payload: Payload, event_body: str, *, customer_id: UUID, message_id: UUID, reader: Reader = EVERYBODY
) -> str:
    """The body of a message.

    FULL is the stored event; THIN leaves `previous` and `data` out; NOTIFICATION is flat. A balance change is made from
    its transfer's event first; the message id says for which side. An endpoint of one holder learns only the id of a
    side that is another holder's.
    """
    direction = balance_change_of(message_id)
    if payload is Payload.FULL and direction is None and reader.sees_all:
        return event_body
    event: dict[str, Any] = orjson.loads(event_body)
    if direction is None:
        event["data"] = reader.sees(event["data"])
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
