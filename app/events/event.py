"""An event as it is read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.connection import Record


@dataclass(frozen=True, slots=True)
class Event:
    """One committed fact. `body` is what a FULL webhook carries, byte for byte."""

    customer_id: UUID
    id: UUID
    type: str
    resource_type: str
    resource_id: UUID
    resource_version: int
    holder_id: UUID | None
    body: str
    via: str
    actor: str
    request_id: str | None
    occurred_at: datetime

    @property
    def data(self) -> Any:
        """The object after the change."""
        return orjson.loads(self.body)["data"]

    @property
    def previous(self) -> Any:
        """What the change replaced, or None."""
        return orjson.loads(self.body)["previous"]


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event and its position in its customer's feed."""

    position: int
    event: Event


def event_of(row: Record) -> Event:
    """The event of a row of `events`."""
    return Event(
        customer_id=row["customer_id"],
        id=row["id"],
        type=row["type"],
        resource_type=row["resource_type"],
        resource_id=row["resource_id"],
        resource_version=row["resource_version"],
        holder_id=row["holder_id"],
        body=row["body"],
        via=row["via"],
        actor=row["actor"],
        request_id=row["request_id"],
        occurred_at=row["occurred_at"],
    )
