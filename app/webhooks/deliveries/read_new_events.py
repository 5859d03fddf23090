"""What a fan-out begins with: where the last one ended, the endpoints with their keys, and the events since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import Record, fetch
from app.db.transaction import Transaction
from app.webhooks.deliveries.stored_events import LOADED_COLUMNS, STORED_SQL, StoredEvent, stored_event
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.signing_secret import SealedKey, sealed_keys


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the last pass ended, where the feed ends, the time, and the endpoints with their live keys."""

    position: int
    last_position: int
    at: datetime
    endpoints: list[WebhookEndpoint]
    _rows: dict[UUID, Record]

    def keys_of(self, endpoint_ids: Iterable[UUID]) -> dict[UUID, tuple[SealedKey, ...]]:
        """The live keys of these endpoints. Only those that are sent to now need theirs."""
        rows = ((endpoint_id, self._rows[endpoint_id]) for endpoint_id in endpoint_ids)
        return {endpoint_id: sealed_keys(row["schemes"], row["sealed"]) for endpoint_id, row in rows}


_LOOK_SQL = """
    SELECT done.position, feed.last_position, clock_timestamp() AS now, endpoint.*, key.schemes, key.sealed
    FROM webhook_fan_outs AS done
    JOIN feeds AS feed ON feed.customer_id = $1 AND feed.last_position > done.position
    LEFT JOIN webhook_endpoints AS endpoint
        ON endpoint.customer_id = $1 AND endpoint.deleted_at IS NULL AND endpoint.status IN ('ENABLED', 'PAUSED')
    LEFT JOIN (
        SELECT endpoint_id, array_agg(scheme ORDER BY scheme, created_at DESC, id) AS schemes,
               array_agg(sealed ORDER BY scheme, created_at DESC, id) AS sealed
        FROM webhook_secrets
        WHERE customer_id = $1 AND (expires_at IS NULL OR expires_at > now())
        GROUP BY endpoint_id
    ) AS key ON key.endpoint_id = endpoint.id
    WHERE done.customer_id = $1
    ORDER BY endpoint.id
"""


async def look(customer_id: UUID) -> Begun | None:
    """Read what a pass begins with, without a lock; None if there is nothing new.

    All of it is of one moment, so an endpoint that is not seen gets only what is numbered later than that.
    """
    rows = await fetch(_LOOK_SQL, customer_id)
    if not rows:
        return None
    found = {row["id"]: row for row in rows if row["id"] is not None}
    return Begun(
        position=rows[0]["position"],
        last_position=rows[0]["last_position"],
        at=rows[0]["now"],
        endpoints=[endpoint_of(row) for row in found.values()],
        _rows=found,
    )


async def lock_position(tx: Transaction, customer_id: UUID) -> int | None:
    """Lock the customer's fan-out until the end of the transaction, and read where the last pass ended; None if another
    worker is at it.
    """
    position: int | None = await tx.fetchval(
        "SELECT position FROM webhook_fan_outs WHERE customer_id = $1 FOR UPDATE SKIP LOCKED", customer_id
    )
    return position


_ENTRIES_SQL = f"""
    SELECT entry.*, {LOADED_COLUMNS} FROM (
        SELECT position, event_id, type, resource_type, resource_id FROM feed_entries
        WHERE customer_id = $1 AND position > $2 AND position <= $3 AND type = ANY($4)
        ORDER BY position LIMIT $5
    ) AS entry
    LEFT JOIN LATERAL (
        SELECT {STORED_SQL} FROM events AS event
        WHERE customer_id = $1 AND id = entry.event_id LIMIT 1
    ) AS event ON true
    ORDER BY position
"""


async def entries_between(
    customer_id: UUID, after: int, until: int, types: Sequence[str], *, limit: int, tx: Transaction | None = None
) -> list[Record]:
    """The next entries of these types, with their events."""
    return await (fetch if tx is None else tx.fetch)(_ENTRIES_SQL, customer_id, after, until, types, limit)


def events_of(entries: Sequence[Record]) -> dict[UUID, StoredEvent]:
    """The events of these entries by id; those that are gone are left out."""
    return {entry["event_id"]: stored_event(entry) for entry in entries if entry["body"] is not None}
