"""The events that messages are made from, as they are stored."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.events.posted_transfer import BODY_SQL, body_of

STORED_SQL = f"{BODY_SQL}, event.holder_id, event.other_holder_id, event.traceparent"
"""The columns that messages are made from, of a row of `events AS event`."""
LOADED_COLUMNS = "event.body, event.body_format, event.facts, event.holder_id, event.other_holder_id, event.traceparent"
"""The same, of a part of a statement that has them."""
_TIMESTAMP = '"timestamp":"'
_INSTANT_CHARACTERS = len("2026-11-20T08:31:02.123456Z")


@dataclass(slots=True)
class StoredEvent:
    """The body of an event, and its holders: for a transfer or hold the debited and the credited side's.

    `traceparent` names the span of the request that it happened in, if that was recorded.
    """

    body: str
    holder_id: UUID | None = None
    other_holder_id: UUID | None = None
    traceparent: str | None = None
    _decoded: list[Any] = field(default_factory=list, repr=False)
    _happened_at: datetime | None = field(default=None, repr=False)

    @property
    def happened_at(self) -> datetime:
        """When it happened: at its commit, or a little before. Read once, without decoding the body."""
        if self._happened_at is None:
            begin = self.body.index(_TIMESTAMP) + len(_TIMESTAMP)
            self._happened_at = datetime.fromisoformat(self.body[begin : begin + _INSTANT_CHARACTERS])
        return self._happened_at

    @property
    def decoded(self) -> dict[str, Any]:
        """The body, its numbers exact. Decoded once, and only if an endpoint has a filter."""
        if not self._decoded:
            self._decoded.append(json.loads(self.body, parse_float=Decimal))
        decoded: dict[str, Any] = self._decoded[0]
        return decoded


async def read_events(tx: Transaction, customer_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, StoredEvent]:
    """These events by id; those that are gone are left out."""
    if not event_ids:
        return {}
    rows = await tx.fetch(
        f"""
        SELECT event.* FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT id, {STORED_SQL} FROM events AS event
            WHERE customer_id = $1 AND id = wanted.id LIMIT 1
        ) AS event
        """,
        customer_id,
        event_ids,
    )
    return {row["id"]: stored_event(row) for row in rows}


def stored_event(row: Record) -> StoredEvent:
    """The event of a row with the columns of `STORED_SQL`."""
    return StoredEvent(body_of(row), row["holder_id"], row["other_holder_id"], row["traceparent"])
