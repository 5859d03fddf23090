"""Turn a customer's new events into deliveries, once, in feed order."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.statement import as_text
from app.db.transaction import Transaction, transaction, whole_use_case
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease
from app.webhooks.deliveries.match_messages import Interests, Message
from app.webhooks.deliveries.stored_events import StoredEvent, stored_event
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.signing_secret import SealedKey, sealed_keys
from app.webhooks.status import EndpointStatus

Room: TypeAlias = Callable[[EndpointKey, int], int]
"""Says, for an endpoint and how many new deliveries it has, how many of them to claim."""

BATCH_SIZE_MAX = 500
DELIVERIES_MAX = 500
"""How many deliveries one pass makes at most. With many endpoints it takes fewer events."""
CLAIMED_PART_MAX = 60
PART_MAX = 15
"""How many deliveries one statement inserts at most: claimed ones, which are sent at once, and others."""
POSITIONS_MAX = 200_000
"""How many feed positions one pass reads at most, wanted or not."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """What one pass did: how many feed entries it took, how many deliveries it made, which of them it claimed, which
    endpoints have some that are due and not claimed, and whether there is more for another pass.
    """

    entries: int
    deliveries: int
    claimed: list[Claimed]
    left_due: Collection[EndpointKey] = ()
    has_more: bool = False
    is_taken: bool = False
    """Whether another worker was at it, so that nothing was done."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a pass begins with: where the last one ended (None: another worker is at it), where the feed ends, the time,
    and the endpoints with their live keys.
    """

    position: int | None
    last_position: int
    at: datetime
    endpoints: list[WebhookEndpoint]
    keys: dict[UUID, tuple[SealedKey, ...]]


@dataclass(frozen=True, slots=True)
class _New:
    """A delivery about to be inserted."""

    id: UUID
    endpoint: WebhookEndpoint
    message: Message
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class _Pass:
    """What all deliveries of a pass have in common, and the position that it ends at."""

    customer_id: UUID
    at: datetime
    token: UUID
    lease_ends_at: datetime
    until: int


@whole_use_case
async def fan_out(customer_id: UUID, *, lease: Lease, room: Room) -> FanOut:
    """Make the deliveries of up to `BATCH_SIZE_MAX` numbered events, all or none. Events of types that no endpoint asks
    for are skipped.

    If another worker is at it, returns at once with zeros. The first deliveries of each endpoint, as many as `room`
    says, are created already claimed by this worker, which sends them next; after a crash their lease ends.
    """
    send_before = time.monotonic() + lease.usable_seconds
    async with transaction() as tx:
        begun = await _begin(tx, customer_id)
        if begun is None:
            return FanOut(0, 0, [])
        if begun.position is None:
            return FanOut(0, 0, [], has_more=True, is_taken=True)
        interests = Interests(begun.endpoints)
        until = min(begun.last_position, begun.position + POSITIONS_MAX)
        limit = min(BATCH_SIZE_MAX, max(DELIVERIES_MAX // max(interests.endpoint_count, 1), 1))
        entries = await _entries_between(tx, customer_id, begun.position, until, interests.stored_types, limit=limit)
        if len(entries) == limit:
            until = entries[-1]["position"]
        deliveries = _deliveries(interests.match(entries, _events_of(entries)), room)
        this = _Pass(customer_id, begun.at, new_id(), begun.at + lease.length, until)
        inserted = await _insert_in_parts(tx, this, deliveries)
    claimed = [
        _claim(new, this, begun.keys.get(new.endpoint.id, ()), send_before)
        for new in deliveries
        if inserted.get(new.id)
    ]
    left_due = {
        (customer_id, new.endpoint.id)
        for new in deliveries
        if not inserted.get(new.id) and new.endpoint.status is EndpointStatus.ENABLED
    }
    return FanOut(len(entries), len(inserted), claimed, left_due, has_more=until < begun.last_position)


async def _begin(tx: Transaction, customer_id: UUID) -> _Begun | None:
    """Lock the customer's fan-out, and read what it begins with; None if there is nothing new.

    All of it is one statement, whose snapshot may be older than the lock: only the position is read as it is under it.
    The rest is of one moment, so an endpoint that is not seen gets only what is numbered later than that. What is
    numbered since is left to the next pass.
    """
    rows = await tx.fetch(
        """
        WITH locked AS MATERIALIZED (
            SELECT position FROM webhook_fan_outs WHERE customer_id = $1 FOR UPDATE SKIP LOCKED
        )
        SELECT locked.position, feed.last_position, clock_timestamp() AS now, endpoint.*, key.schemes, key.sealed
        FROM webhook_fan_outs AS done
        JOIN feeds AS feed ON feed.customer_id = $1 AND feed.last_position > done.position
        LEFT JOIN locked ON true
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
        """,
        customer_id,
    )
    if not rows or (rows[0]["position"] is not None and rows[0]["position"] >= rows[0]["last_position"]):
        return None
    found = [row for row in rows if row["id"] is not None]
    return _Begun(
        rows[0]["position"],
        rows[0]["last_position"],
        rows[0]["now"],
        [endpoint_of(row) for row in found],
        {row["id"]: sealed_keys(row["schemes"], row["sealed"]) for row in found},
    )


async def _entries_between(
    tx: Transaction, customer_id: UUID, after: int, until: int, types: Sequence[str], *, limit: int
) -> list[Record]:
    """The next entries of these types, with their events."""
    return await tx.fetch(
        """
        SELECT entry.*, event.body, event.holder_id, event.other_holder_id, event.traceparent FROM (
            SELECT position, event_id, type, resource_type, resource_id FROM feed_entries
            WHERE customer_id = $1 AND position > $2 AND position <= $3 AND type = ANY($4)
            ORDER BY position LIMIT $5
        ) AS entry
        LEFT JOIN LATERAL (
            SELECT body, holder_id, other_holder_id, traceparent FROM events
            WHERE customer_id = $1 AND id = entry.event_id LIMIT 1
        ) AS event ON true
        ORDER BY position
        """,
        customer_id,
        after,
        until,
        types,
        limit,
    )


def _events_of(entries: Sequence[Record]) -> dict[UUID, StoredEvent]:
    """The events of these entries by id; those that are gone are left out."""
    return {entry["event_id"]: stored_event(entry) for entry in entries if entry["body"] is not None}


def _deliveries(messages: Sequence[Message], room: Room) -> list[_New]:
    endpoints = {endpoint.id: endpoint for message in messages for endpoint in message.endpoints}
    wanted = Counter(endpoint.id for message in messages for endpoint in message.endpoints)
    free = {one.id: room((one.customer_id, one.id), wanted[one.id]) for one in endpoints.values()}
    deliveries = []
    for message in messages:
        for endpoint in message.endpoints:
            is_claimed = (
                free[endpoint.id] > 0
                and endpoint.status is EndpointStatus.ENABLED
                and endpoint.max_per_second is None  # Its pace is kept where due deliveries are claimed.
            )
            free[endpoint.id] -= is_claimed
            deliveries.append(_New(new_id(), endpoint, message, is_claimed))
    return deliveries


async def _insert_in_parts(tx: Transaction, this: _Pass, deliveries: Sequence[_New]) -> dict[UUID, bool]:
    """Insert them a part at a time, the claimed ones first. Before each part of the others, pause as long as the last
    part took, so that other customers' deliveries go on meanwhile. Answers which are inserted now, and whether claimed.
    """
    inserted, took_seconds = dict[UUID, bool](), 0.0
    claimed, others = ([new for new in deliveries if new.is_claimed is is_claimed] for is_claimed in (True, False))
    for part in [*_parts(claimed, CLAIMED_PART_MAX), *_parts(others, PART_MAX)] or [[]]:
        if part and not part[0].is_claimed:
            await asyncio.sleep(took_seconds)
        began = time.monotonic()
        rows = await _insert(tx, this, part)
        took_seconds = time.monotonic() - began
        inserted.update((row["id"], row["lease_token"] is not None) for row in rows)
    return inserted


def _parts(deliveries: Sequence[_New], size: int) -> list[Sequence[_New]]:
    return [deliveries[start : start + size] for start in range(0, len(deliveries), size)]


_INSERT_SQL = """
    WITH told AS MATERIALIZED (
        SELECT id, ordered, status = 'ENABLED' AS is_enabled FROM webhook_endpoints
        WHERE customer_id = $1 AND id = ANY($9::text::uuid[]) AND status <> 'DISABLED' AND deleted_at IS NULL
        ORDER BY id FOR SHARE
    ), endpoint AS MATERIALIZED (
        SELECT told.*, named.payload, named.number
        FROM unnest($9::text::uuid[], $10::text::text[]) WITH ORDINALITY AS named (id, payload, number)
        JOIN told ON told.id = named.id
    ), message AS MATERIALIZED (
        SELECT * FROM unnest($11::text::uuid[], $12::text::uuid[], $13::text::text[], $14::text::text[],
                             $15::text::uuid[], $16::text::bigint[])
            WITH ORDINALITY AS m (id, event_id, type, resource_type, resource_id, position, number)
    ), moved_on AS (
        UPDATE webhook_fan_outs SET position = $17 WHERE customer_id = $1 AND position < $17 -- Once for all parts.
    )
    INSERT INTO webhook_deliveries
        (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
         payload, status, next_attempt_at, lease_token, is_ordered, created_at, updated_at)
    SELECT $1, new.id, endpoint.id, message.id, message.event_id, message.type, message.resource_type,
           message.resource_id, message.position, endpoint.payload, 'PENDING',
           CASE WHEN endpoint.is_enabled THEN CASE WHEN claim.is_free THEN $3::timestamptz ELSE $2 END END,
           CASE WHEN endpoint.is_enabled AND claim.is_free THEN $4::uuid END, endpoint.ordered, $2, $2
    FROM unnest($5::text::uuid[], $6::text::integer[], $7::text::integer[], $8::text::boolean[])
         AS new (id, message_number, endpoint_number, is_claimed)
    JOIN endpoint ON endpoint.number = new.endpoint_number
    JOIN message ON message.number = new.message_number
    CROSS JOIN LATERAL (
        SELECT new.is_claimed AND NOT (endpoint.ordered AND EXISTS (
            SELECT FROM webhook_deliveries AS earlier
            WHERE earlier.customer_id = $1 AND earlier.endpoint_id = endpoint.id
              AND earlier.resource_id = message.resource_id AND earlier.feed_position < message.position
              AND earlier.is_ordered AND earlier.status IN ('PENDING', 'RETRYING')
              AND earlier.lease_token IS DISTINCT FROM $4::uuid
        )) AS is_free
    ) AS claim
    ON CONFLICT DO NOTHING
    RETURNING id, lease_token
"""


async def _insert(tx: Transaction, this: _Pass, deliveries: Sequence[_New]) -> list[Record]:
    """Insert them in one statement, which also moves the position of the fan-out to the end of the pass. A delivery
    that exists already (made by a replay) is left as it is.

    A change of the endpoint's status waits until this commits, and this waits for such a change. So an endpoint that
    must not be sent to gets no due delivery, and one that is sent to gets no suspended one.

    Of an ordered endpoint none is claimed behind an open one of its resource, unless that is claimed here as well.
    """
    # Each message and endpoint is sent once, and the deliveries name them by number.
    messages = {new.message.id: new.message for new in deliveries}
    endpoints = {new.endpoint.id: new.endpoint for new in deliveries}
    message_numbers = {message_id: number for number, message_id in enumerate(messages, 1)}
    endpoint_numbers = {endpoint_id: number for number, endpoint_id in enumerate(endpoints, 1)}
    return await tx.fetch(
        _INSERT_SQL,
        this.customer_id,
        this.at,
        this.lease_ends_at,
        this.token,
        as_text(new.id for new in deliveries),
        as_text(message_numbers[new.message.id] for new in deliveries),
        as_text(endpoint_numbers[new.endpoint.id] for new in deliveries),
        as_text(new.is_claimed for new in deliveries),
        as_text(endpoints),
        as_text(endpoint.payload.value for endpoint in endpoints.values()),
        as_text(messages),
        as_text(message.event_id for message in messages.values()),
        as_text(message.type for message in messages.values()),
        as_text(message.resource_type for message in messages.values()),
        as_text(message.resource_id for message in messages.values()),
        as_text(message.position for message in messages.values()),
        this.until,
    )


def _claim(new: _New, this: _Pass, keys: tuple[SealedKey, ...], send_before: float) -> Claimed:
    message = new.message
    return Claimed(
        customer_id=this.customer_id,
        id=new.id,
        endpoint_id=new.endpoint.id,
        message_id=message.id,
        event_type=message.type,
        attempt_count=0,
        created_at=this.at,
        lease_token=this.token,
        url=new.endpoint.url,
        sealed_keys=keys,
        payload=new.endpoint.payload,
        event=message.event,
        resource_id=message.resource_id,
        is_ordered=new.endpoint.ordered,
        send_before=send_before,
        sealed_headers=new.endpoint.sealed_headers,
        tls=new.endpoint.tls,
        read_by=new.endpoint.holder_id,
    )
