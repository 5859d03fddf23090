"""An event as it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.connection import Record
from app.events.feed_place import FIRST_EPOCH, FeedPlace
from app.events.posted_transfer import BODY_SQL, body_of


@dataclass(frozen=True, slots=True)
class Event:
    """One committed fact. `body` is what a FULL webhook carries, byte for byte.

    An event of a transfer or hold belongs to two holders: the debited side's, and the credited side's as the other one.
    """

    customer_id: UUID
    id: UUID
    type: str
    resource_type: str
    resource_id: UUID
    resource_version: int
    holder_id: UUID | None
    other_holder_id: UUID | None
    body: str
    via: str
    actor: str
    request_id: str | None
    occurred_at: datetime
    read_by: UUID | None = None
    """The holder whose actor reads it; None for the customer's own actors, who see all of it."""
    _decoded: list[Any] = field(default_factory=list, compare=False, repr=False)
    """The decoded body, kept once it was needed: thousands of subscriptions may read the same event."""

    @property
    def data(self) -> Any:
        """The object after the change; of a side that is not the reading holder's, only the id. Do not modify it: other
        readers share it.
        """
        data = self._body["data"]
        if self.read_by is None:
            return data
        return data_for(data, self.read_by, {"debit": self.holder_id, "credit": self.other_holder_id})

    @property
    def previous(self) -> Any:
        """What the change replaced, or None. Do not modify it either."""
        return self._body["previous"]

    @property
    def _body(self) -> Any:
        if not self._decoded:
            self._decoded.append(orjson.loads(self.body))
        return self._decoded[0]

    def is_for(self, holder_id: UUID | None) -> bool:
        """Whether either side is this holder's; always true for None, the customer itself."""
        return holder_id is None or holder_id in (self.holder_id, self.other_holder_id)

    def as_read_by(self, holder_id: UUID | None) -> "Event":
        """The same, as this holder may see it."""
        return self if holder_id == self.read_by else replace(self, read_by=holder_id)


def data_for(data: dict[str, Any], holder_id: UUID, sides: Mapping[str, UUID | None]) -> dict[str, Any]:
    """An event's data as this holder may see it: of a side that is not its own, only the id. `sides` names the holder
    of each.
    """
    hidden = {name: {"id": data[name]["id"]} for name, owner in sides.items() if name in data and owner != holder_id}
    return {**data, **hidden}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event and its position in its customer's feed."""

    position: int
    event: Event
    epoch: str = FIRST_EPOCH

    @property
    def cursor(self) -> str:
        """The cursor of its place."""
        return FeedPlace(self.position, self.epoch).cursor


EVENT_SQL = f"""
    event.customer_id, event.id, event.type, event.resource_type, event.resource_id, event.resource_version,
    event.holder_id, event.other_holder_id, event.via, event.actor, event.request_id, event.occurred_at, {BODY_SQL}
"""
"""The columns of an event, of a row of `events AS event`."""


def event_of(row: Record, *, read_by: UUID | None) -> Event:
    """The event of a row of `EVENT_SQL`, as this holder's actor may see it; for None, as the customer sees it."""
    return Event(
        customer_id=row["customer_id"],
        id=row["id"],
        type=row["type"],
        resource_type=row["resource_type"],
        resource_id=row["resource_id"],
        resource_version=row["resource_version"],
        holder_id=row["holder_id"],
        other_holder_id=row["other_holder_id"],
        body=body_of(row),
        via=row["via"],
        actor=row["actor"],
        request_id=row["request_id"],
        occurred_at=row["occurred_at"],
        read_by=read_by,
    )
