"""An event as it is read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.connection import Record


@dataclass(frozen=True, slots=True)
class Event:
    """One committed fact. `body` is what a FULL webhook carries, byte for byte.

    One of a transfer or hold belongs to the holder of the debited side and to the other holder, of the credited side.
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
    """The holder whose actor reads it; None for the customer's own, who see all of it."""

    @property
    def data(self) -> Any:
        """The object after the change; of a side that is not the reading holder's nothing but its id."""
        data = orjson.loads(self.body)["data"]
        if self.read_by is not None:
            for side, holder_id in (("debit", self.holder_id), ("credit", self.other_holder_id)):
                if side in data and holder_id != self.read_by:
                    data[side] = {"id": data[side]["id"]}
        return data

    @property
    def previous(self) -> Any:
        """What the change replaced, or None."""
        return orjson.loads(self.body)["previous"]


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event and its position in its customer's feed."""

    position: int
    event: Event


def event_of(row: Record, *, read_by: UUID | None) -> Event:
    """The event of a row of `events`, as this holder's actor may see it, or for None as the customer does."""
    return Event(
        customer_id=row["customer_id"],
        id=row["id"],
        type=row["type"],
        resource_type=row["resource_type"],
        resource_id=row["resource_id"],
        resource_version=row["resource_version"],
        holder_id=row["holder_id"],
        other_holder_id=row["other_holder_id"],
        body=row["body"],
        via=row["via"],
        actor=row["actor"],
        request_id=row["request_id"],
        occurred_at=row["occurred_at"],
        read_by=read_by,
    )
