"""Turn a customer's new events into deliveries, once, in feed order."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from app.db.connection import Record, fetch, fetchval
from app.db.identifiers import new_id
from app.db.statement import as_text
from app.db.transaction import Transaction, transaction, whole_use_case
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease
from app.webhooks.deliveries.match_messages import Interests, Message
from app.webhooks.deliveries.stored_events import read_events
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.signing_secret import SealedKey, sealed_keys
from app.webhooks.status import EndpointStatus

Room: TypeAlias = Callable[[EndpointKey, int], int]
"""Says, for an endpoint and how many new deliveries it has, how many of them to claim."""

BATCH_SIZE_MAX = 500
DELIVERIES_MAX = 500
"""How many deliveries one pass makes at most. With many endpoints it takes fewer events."""
PART_MAX = 15
"""How many deliveries one statement inserts at most."""
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
class _New:
    """A delivery about to be inserted."""

    id: UUID
    endpoint: WebhookEndpoint
    message: Message
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class _Inserted:
    """When deliveries were inserted, how many, and which of them are claimed."""

    at: datetime
    count: int
    claimed_ids: frozenset[UUID]


async def customers_to_fan_out() -> list[UUID]:
    """Customers whose feed has new events since their last fan-out."""
    rows = await fetch(
        """
        SELECT done.customer_id FROM webhook_fan_outs AS done
        JOIN feeds AS feed ON feed.customer_id = done.customer_id
        WHERE feed.last_position > done.position
        """
    )
    return [row["customer_id"] for row in rows]


async def is_to_fan_out(customer_id: UUID) -> bool:
    """Whether this customer's feed has new events since its last fan-out."""
    return bool(
        await fetchval(
            """
            SELECT EXISTS (
                SELECT FROM webhook_fan_outs AS done JOIN feeds AS feed ON feed.customer_id = done.customer_id
                WHERE done.customer_id = $1 AND feed.last_position > done.position
            )
            """,
            customer_id,
        )
    )


@whole_use_case
async def fan_out(customer_id: UUID, *, lease: Lease, room: Room) -> FanOut:
    """Make the deliveries of up to `BATCH_SIZE_MAX` numbered events, all or none. Transfers that no endpoint wants are
    skipped.

    If another worker is at it, returns at once with zeros. The first deliveries of each endpoint, as many as `room`
    says, are created already claimed by this worker, which sends them next; after a crash their lease ends.
    """
    send_before = time.monotonic() + lease.usable_seconds
    async with transaction() as tx:
        # A separate statement, so that the entries are read with a newer snapshot than the lock's.
        position = await tx.fetchval(
            "SELECT position FROM webhook_fan_outs WHERE customer_id = $1 FOR UPDATE SKIP LOCKED", customer_id
        )
        if position is None:
            return FanOut(0, 0, [], has_more=True, is_taken=True)
        last_position = await tx.fetchval("SELECT last_position FROM feeds WHERE customer_id = $1", customer_id)
        if last_position <= position:
            return FanOut(0, 0, [])
        interests = Interests(await _endpoints(tx, customer_id))
        until = min(last_position, position + POSITIONS_MAX)
        limit = min(BATCH_SIZE_MAX, max(DELIVERIES_MAX // max(interests.endpoint_count, 1), 1))
        entries = await _entries_between(tx, customer_id, position, until, interests, limit=limit)
        if len(entries) == limit:
            until = entries[-1]["position"]
        wanted = [entry["event_id"] for entry in interests.of_interest(entries)]
        messages = interests.match(entries, await read_events(tx, customer_id, wanted))
        deliveries = _deliveries(messages, room)
        token = new_id()
        inserted = await _insert_in_parts(tx, customer_id, deliveries, token, lease)
        await tx.execute("UPDATE webhook_fan_outs SET position = $2 WHERE customer_id = $1", customer_id, until)
        keys = await _keys(tx, customer_id) if inserted.claimed_ids else {}
    claimed = [
        _claim(new, inserted.at, token, keys.get(new.endpoint.id, ()), send_before)
        for new in deliveries
        if new.id in inserted.claimed_ids
    ]
    left_due = {
        (customer_id, new.endpoint.id)
        for new in deliveries
        if new.id not in inserted.claimed_ids and new.endpoint.status is EndpointStatus.ENABLED
    }
    return FanOut(len(entries), inserted.count, claimed, left_due, has_more=until < last_position)


async def _entries_between(
    tx: Transaction, customer_id: UUID, after: int, until: int, interests: Interests, *, limit: int
) -> list[Record]:
    """The next entries, without those of transfers if no endpoint wants any."""
    return await tx.fetch(
        """
        SELECT position, event_id, type, resource_type, resource_id FROM feed_entries
        WHERE customer_id = $1 AND position > $2 AND position <= $3 AND ($4 OR resource_type <> 'transfer')
        ORDER BY position LIMIT $5
        """,
        customer_id,
        after,
        until,
        interests.in_transfers,
        limit,
    )


async def _endpoints(tx: Transaction, customer_id: UUID) -> list[WebhookEndpoint]:
    rows = await tx.fetch(
        """
        SELECT * FROM webhook_endpoints
        WHERE customer_id = $1 AND deleted_at IS NULL AND status IN ('ENABLED', 'PAUSED') ORDER BY id
        """,
        customer_id,
    )
    return [endpoint_of(row) for row in rows]


async def _keys(tx: Transaction, customer_id: UUID) -> dict[UUID, tuple[SealedKey, ...]]:
    rows = await tx.fetch(
        """
        SELECT endpoint_id, array_agg(scheme ORDER BY scheme, created_at DESC, id) AS schemes,
               array_agg(sealed ORDER BY scheme, created_at DESC, id) AS sealed
        FROM webhook_secrets
        WHERE customer_id = $1 AND (expires_at IS NULL OR expires_at > now())
        GROUP BY endpoint_id
        """,
        customer_id,
    )
    return {row["endpoint_id"]: sealed_keys(row["schemes"], row["sealed"]) for row in rows}


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


async def _insert_in_parts(
    tx: Transaction, customer_id: UUID, deliveries: Sequence[_New], token: UUID, lease: Lease
) -> _Inserted:
    """Insert them a part at a time, the claimed ones first. Before each part of the others, pause as long as the last
    part took, so that other customers' deliveries go on meanwhile.
    """
    now = await tx.now()
    count, claimed_ids, took_seconds = 0, set[UUID](), 0.0
    ordered = sorted(deliveries, key=lambda new: not new.is_claimed)
    for part in (ordered[start : start + PART_MAX] for start in range(0, len(ordered), PART_MAX)):
        if not part[0].is_claimed:
            await asyncio.sleep(took_seconds)
        began = time.monotonic()
        rows = await _insert(tx, customer_id, part, token, now, lease)
        took_seconds = time.monotonic() - began
        count += len(rows)
        claimed_ids.update(row["id"] for row in rows if row["lease_token"] is not None)
    return _Inserted(now, count, frozenset(claimed_ids))


async def _insert(
    tx: Transaction, customer_id: UUID, deliveries: Sequence[_New], token: UUID, now: datetime, lease: Lease
) -> list[Record]:
    """Insert them in one statement. A delivery that exists already (made by a replay) is left as it is.

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
        """
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
        """,
        customer_id,
        now,
        now + lease.length,
        token,
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
    )


def _claim(new: _New, created_at: datetime, token: UUID, keys: tuple[SealedKey, ...], send_before: float) -> Claimed:
    customer_id, message = new.endpoint.customer_id, new.message
    return Claimed(
        customer_id=customer_id,
        id=new.id,
        endpoint_id=new.endpoint.id,
        message_id=message.id,
        event_type=message.type,
        attempt_count=0,
        created_at=created_at,
        lease_token=token,
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
