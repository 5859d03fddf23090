"""What a fan-out begins with: where the last one ended, the endpoints with their keys, and the events since."""

from collections.abc import Sequence
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
    """Where the last pass ended (`is_taken`: another worker is at it), where the feed ends, the time, and the endpoints
    with their live keys.
    """

    position: int
    last_position: int
    at: datetime
    endpoints: list[WebhookEndpoint]
    keys: dict[UUID, tuple[SealedKey, ...]]
    is_taken: bool = False


_BEGIN_SQL = """
    {locking}
    SELECT {position} AS position, feed.last_position, clock_timestamp() AS now, endpoint.*, key.schemes, key.sealed
    FROM webhook_fan_outs AS done
    JOIN feeds AS feed ON feed.customer_id = $1 AND feed.last_position > done.position
    {locked}
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
_LOOK_SQL = _BEGIN_SQL.format(locking="", position="done.position", locked="")
_LOCK_SQL = _BEGIN_SQL.format(
    locking="""
    WITH locked AS MATERIALIZED (
        SELECT position FROM webhook_fan_outs WHERE customer_id = $1 FOR UPDATE SKIP LOCKED
    )
    """,
    position="locked.position",
    locked="LEFT JOIN locked ON true",
)


async def look(customer_id: UUID) -> Begun | None:
    """Read what a pass begins with, without a lock; None if there is nothing new.

    All of it is of one moment, so an endpoint that is not seen gets only what is numbered later than that.
    """
    return _begun(await fetch(_LOOK_SQL, customer_id))


async def lock(tx: Transaction, customer_id: UUID) -> Begun | None:
    """Lock the customer's fan-out, and read what it begins with; None if there is nothing new.

    All of it is one statement, whose snapshot may be older than the lock: only the position is read as it is under it.
    The rest is of one moment, so an endpoint that is not seen gets only what is numbered later than that. What is
    numbered since is left to the next pass.
    """
    return _begun(await tx.fetch(_LOCK_SQL, customer_id))


def _begun(rows: Sequence[Record]) -> Begun | None:
    if not rows:
        return None
    position, last_position = rows[0]["position"], rows[0]["last_position"]
    if position is not None and position >= last_position:
        return None
    found = [row for row in rows if row["id"] is not None]
    return Begun(
        position=0 if position is None else position,
        last_position=last_position,
        at=rows[0]["now"],
        endpoints=[endpoint_of(row) for row in found],
        keys={row["id"]: sealed_keys(row["schemes"], row["sealed"]) for row in found},
        is_taken=position is None,
    )


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
