"""Which endpoints get a message about which events."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from app.db.connection import Record
from app.events.event_types import DERIVED_TYPES, EVENT_TYPES, TRANSFER_POSTED, covers, matches
from app.events.number_events import DEBIT_STEPS_BACK
from app.events.visibility import readable_with_scopes
from app.journal.status import EntryDirection
from app.kernel.containment import contains, exact_json
from app.webhooks.balance_changes import BalanceChange, balance_changed, balance_changes
from app.webhooks.deliveries.stored_events import StoredEvent
from app.webhooks.message_body import PING, is_told_as
from app.webhooks.records import WebhookEndpoint
from app.webhooks.status import Payload

ASKED_FOR_KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send, which is an event or derived from one, and the endpoints to send it to."""

    id: UUID
    event_id: UUID
    event: StoredEvent
    type: str
    resource_type: str
    resource_id: UUID
    position: int
    endpoints: list[WebhookEndpoint]


class Interests:
    """What a customer's endpoints ask for and may read, looked up once for each type of event."""

    def __init__(self, endpoints: Sequence[WebhookEndpoint]) -> None:
        self._endpoints = [(endpoint, frozenset(readable_with_scopes(endpoint.scopes))) for endpoint in endpoints]
        self._filters = {
            endpoint.id: exact_json(endpoint.filter) for endpoint in endpoints if endpoint.filter is not None
        }
        self._wanting: dict[tuple[str, str], list[WebhookEndpoint]] = {}

    @property
    def endpoint_count(self) -> int:
        """How many endpoints there are."""
        return len(self._endpoints)

    @property
    def stored_types(self) -> list[str]:
        """The types of stored events to read: no endpoint asks for another one."""
        asked = set[str]().union(*{_asked_for(one.payload, one.event_types) for one, _ in self._endpoints})
        return sorted({TRANSFER_POSTED if one in DERIVED_TYPES else one for one in asked})

    def of_interest(self, entries: Sequence[Record]) -> list[Record]:
        """The feed entries whose type some endpoint wants."""
        return [
            entry
            for entry in entries
            if self._in(entry["type"], entry["resource_type"])
            or (entry["type"] == TRANSFER_POSTED and self._in_balances())
        ]

    def match(self, entries: Sequence[Record], events: Mapping[UUID, StoredEvent]) -> list[Message]:
        """The messages for these feed entries, in feed order; `events` holds the events of interest, by id."""
        messages: list[Message] = []
        for entry in entries:
            event = events.get(entry["event_id"])
            if event is not None:
                messages += self._messages_of(entry, event)
        return [message for message in messages if message.endpoints]

    def _messages_of(self, entry: Record, event: StoredEvent) -> list[Message]:
        event_id, event_type = entry["event_id"], entry["type"]
        resource_type, resource_id, position = entry["resource_type"], entry["resource_id"], entry["position"]
        about = _about_endpoint(entry, event.body) if resource_type.startswith("webhook") else None
        wanting = [
            endpoint
            for endpoint in self._in(event_type, resource_type)
            if endpoint.first_position < position and endpoint.id != about and self._lets_through(endpoint, event)
        ]
        own = Message(event_id, event_id, event, event_type, resource_type, resource_id, position, wanting)
        if event_type != TRANSFER_POSTED or not self._in_balances():
            return [own]
        return [own, *(self._derived(entry, event, change) for change in balance_changes(event_id, event.body))]

    def _derived(self, entry: Record, event: StoredEvent, change: BalanceChange) -> Message:
        """The message about one side of a transfer."""
        is_debit, position = change.direction is EntryDirection.DEBIT, entry["position"]
        wanting = [
            endpoint
            for endpoint in self._in(change.type, change.resource_type)
            if endpoint.first_position < position and self._lets_through(endpoint, event, change)
        ]
        return Message(
            change.message_id,
            entry["event_id"],
            event,
            change.type,
            change.resource_type,
            change.resource_id,
            position - DEBIT_STEPS_BACK if is_debit else position,
            wanting,
        )

    def _lets_through(self, endpoint: WebhookEndpoint, event: StoredEvent, change: BalanceChange | None = None) -> bool:
        """Whether a message is of the endpoint's holder, if it has one, and its `data` contains the endpoint's filter.

        `change` is the side of a transfer that the message is about; None for an event's own message.
        """
        if endpoint.holder_id is not None and endpoint.holder_id not in _holders(event, change):
            return False
        if endpoint.filter is None:
            return True
        told = event.decoded
        if change is not None:
            told = balance_changed(told, change.direction, change.message_id)
        return contains(told["data"], self._filters[endpoint.id])

    def _in_balances(self) -> bool:
        return any(self._in(event_type, event_type.split(".")[0]) for event_type in DERIVED_TYPES)

    def _in(self, event_type: str, resource_type: str) -> list[WebhookEndpoint]:
        """The endpoints that want events of this type about this noun."""
        key = (event_type, resource_type)
        if key not in self._wanting:
            self._wanting[key] = [
                endpoint
                for endpoint, readable in self._endpoints
                if resource_type in readable and event_type in _asked_for(endpoint.payload, endpoint.event_types)
            ]
        return self._wanting[key]


@functools.lru_cache(maxsize=ASKED_FOR_KEPT_MAX)
def _asked_for(payload: Payload, patterns: tuple[str, ...]) -> frozenset[str]:
    """All types of messages that such endpoints ask for. Looked up once, since hundreds ask for the same."""
    return frozenset(one for one in EVENT_TYPES if _asks_for(payload, patterns, one))


def _asks_for(payload: Payload, patterns: Sequence[str], event_type: str) -> bool:
    if event_type == PING or not is_told_as(payload, event_type):
        return False  # A ping's only delivery was made with the event.
    if event_type not in DERIVED_TYPES:
        return not patterns or matches(patterns, event_type)
    if payload is Payload.NOTIFICATION:
        return not patterns or covers(patterns, event_type)  # `ledger-changed` is a notification like any other.
    return event_type in patterns


def _holders(event: StoredEvent, change: BalanceChange | None) -> tuple[UUID | None, ...]:
    """The holders that a message concerns."""
    if change is None:
        return event.holder_id, event.other_holder_id
    return (event.holder_id if change.direction is EntryDirection.DEBIT else event.other_holder_id,)


def _about_endpoint(entry: Record, body: str) -> UUID | None:
    """The endpoint that an event is about: it gets no events about itself."""
    if entry["resource_type"] == "webhook_endpoint":
        endpoint_id: UUID = entry["resource_id"]
        return endpoint_id
    if entry["resource_type"] == "webhook_delivery":
        return UUID(orjson.loads(body)["data"]["endpoint_id"])
    return None


def wanted_types(endpoint: WebhookEndpoint) -> list[str]:
    """All types of messages that an endpoint asks for, whether or not it may read their nouns."""
    asked = _asked_for(endpoint.payload, endpoint.event_types)
    return [one for one in EVENT_TYPES if one in asked]
