"""Turn a customer's new events into deliveries, once, in feed order."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from app.db.connection import Record, fetch
from app.db.transaction import Transaction, transaction
from app.events.event_types import matches
from app.events.visibility import readable_with_scopes
from app.kernel.identifiers import new_id
from app.webhooks.claimed import Claimed, EndpointKey, Lease
from app.webhooks.message_body import PING, is_told_as, message_body
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.status import EndpointStatus

BATCH_SIZE_MAX = 500


@dataclass(frozen=True, slots=True)
class FanOut:
    """What one pass did: how many feed entries it took, how many deliveries it made, and those it claimed at once."""

    entries: int
    deliveries: int
    claimed: list[Claimed]


@dataclass(frozen=True, slots=True)
class _New:
    """A delivery about to be inserted."""

    id: UUID
    endpoint: WebhookEndpoint
    entry: Record
    is_claimed: bool

    @property
    def is_due(self) -> bool:
        return self.endpoint.status is EndpointStatus.ENABLED


async def customers_to_fan_out() -> list[UUID]:
    """Customers whose feed has moved on since their last fan-out: one of the two questions asked over all customers."""
    rows = await fetch(
        """
        SELECT done.customer_id FROM webhook_fan_outs AS done
        JOIN feeds AS feed ON feed.customer_id = done.customer_id
        WHERE feed.last_position > done.position
        """
    )
    return [row["customer_id"] for row in rows]


async def fan_out(customer_id: UUID, *, lease: Lease, room: Callable[[EndpointKey], int]) -> FanOut:
    """Make the deliveries of up to `BATCH_SIZE_MAX` numbered events, all or none.

    Steps aside (all zero) for another worker at it. Of each endpoint's deliveries the first `room` are created already
    claimed by this worker, which sends them next; a crash is covered by their lease.
    """
    send_before = time.monotonic() + lease.usable_seconds
    async with transaction() as tx:
        # A statement of its own: the entries are then read with a newer snapshot than the lock's.
        position = await tx.fetchval(
            "SELECT position FROM webhook_fan_outs WHERE customer_id = $1 FOR UPDATE SKIP LOCKED", customer_id
        )
        if position is None:
            return FanOut(0, 0, [])
        entries = await _entries_after(tx, customer_id, position)
        if not entries:
            return FanOut(0, 0, [])
        endpoints = await _endpoints(tx, customer_id)
        token = new_id()
        deliveries = list(_match(entries, endpoints, room))
        inserted = await _insert(tx, customer_id, deliveries, token, lease) if deliveries else {}
        await tx.execute(
            "UPDATE webhook_fan_outs SET position = $2 WHERE customer_id = $1", customer_id, entries[-1]["position"]
        )
        secrets = await _secrets(tx, customer_id) if any(new.is_claimed for new in deliveries) else {}
    claimed = [
        _claim(new, inserted[new.id], token, secrets.get(new.endpoint.id, []), send_before)
        for new in deliveries
        if new.is_claimed and new.id in inserted
    ]
    return FanOut(len(entries), len(inserted), claimed)


async def _entries_after(tx: Transaction, customer_id: UUID, position: int) -> list[Record]:
    return await tx.fetch(
        """
        SELECT entry.position, event.id, event.type, event.resource_type, event.resource_id, event.body
        FROM feed_entries AS entry
        JOIN events AS event ON event.customer_id = entry.customer_id AND event.id = entry.event_id
        WHERE entry.customer_id = $1 AND entry.position > $2
        ORDER BY entry.position LIMIT $3
        """,
        customer_id,
        position,
        BATCH_SIZE_MAX,
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


async def _secrets(tx: Transaction, customer_id: UUID) -> dict[UUID, list[bytes]]:
    rows = await tx.fetch(
        """
        SELECT endpoint_id, array_agg(sealed ORDER BY created_at DESC, id) AS sealed FROM webhook_secrets
        WHERE customer_id = $1 AND scheme = 'v1' AND (expires_at IS NULL OR expires_at > now())
        GROUP BY endpoint_id
        """,
        customer_id,
    )
    return {row["endpoint_id"]: row["sealed"] for row in rows}


def _match(
    entries: list[Record], endpoints: list[WebhookEndpoint], room: Callable[[EndpointKey], int]
) -> Iterator[_New]:
    readable = {endpoint.id: frozenset(readable_with_scopes(endpoint.scopes)) for endpoint in endpoints}
    free = {endpoint.id: room((endpoint.customer_id, endpoint.id)) for endpoint in endpoints}
    for entry in entries:
        for endpoint in endpoints:
            if not is_wanted(endpoint, entry, readable[endpoint.id]):
                continue
            is_claimed = free[endpoint.id] > 0 and endpoint.status is EndpointStatus.ENABLED
            free[endpoint.id] -= is_claimed
            yield _New(new_id(), endpoint, entry, is_claimed)


def is_wanted(endpoint: WebhookEndpoint, entry: Record, readable: frozenset[str]) -> bool:
    """Whether an endpoint gets a message of this feed entry."""
    event_type = entry["type"]
    if entry["position"] <= endpoint.first_position or entry["resource_type"] not in readable:
        return False
    if endpoint.event_types and not matches(endpoint.event_types, event_type):
        return False
    if event_type == PING or not is_told_as(endpoint.payload, event_type):
        return False  # A ping's only delivery was made with it.
    return _about_endpoint(entry) != endpoint.id


def _about_endpoint(entry: Record) -> UUID | None:
    """The endpoint that an event is about, which is never told of itself."""
    if entry["resource_type"] == "webhook_endpoint":
        endpoint_id: UUID = entry["resource_id"]
        return endpoint_id
    if entry["resource_type"] == "webhook_delivery":
        return UUID(orjson.loads(entry["body"])["data"]["endpoint_id"])
    return None


async def _insert(
    tx: Transaction, customer_id: UUID, deliveries: list[_New], token: UUID, lease: Lease
) -> dict[UUID, datetime]:
    """Insert them set-wise; answers when each was created. One that exists already (a replay's) is left as it is."""
    now = await tx.now()
    rows = await tx.fetch(
        """
        INSERT INTO webhook_deliveries
            (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
             payload, status, next_attempt_at, lease_token, created_at, updated_at)
        SELECT $1, new.id, new.endpoint_id, new.event_id, new.event_id, new.event_type, new.resource_type,
               new.resource_id, new.position, new.payload, 'PENDING',
               CASE WHEN new.is_claimed THEN $3::timestamptz WHEN new.is_due THEN $2::timestamptz END,
               CASE WHEN new.is_claimed THEN $4::uuid END, $2::timestamptz, $2::timestamptz
        FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::uuid[], $11::bigint[],
                    $12::text[], $13::boolean[], $14::boolean[])
             AS new (id, endpoint_id, event_id, event_type, resource_type, resource_id, position, payload, is_due,
                     is_claimed)
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        customer_id,
        now,
        now + lease.length,
        token,
        [new.id for new in deliveries],
        [new.endpoint.id for new in deliveries],
        [new.entry["id"] for new in deliveries],
        [new.entry["type"] for new in deliveries],
        [new.entry["resource_type"] for new in deliveries],
        [new.entry["resource_id"] for new in deliveries],
        [new.entry["position"] for new in deliveries],
        [new.endpoint.payload.value for new in deliveries],
        [new.is_due for new in deliveries],
        [new.is_claimed for new in deliveries],
    )
    return {row["id"]: now for row in rows}


def _claim(new: _New, created_at: datetime, token: UUID, secrets: list[bytes], send_before: float) -> Claimed:
    event_id: UUID = new.entry["id"]
    return Claimed(
        customer_id=new.endpoint.customer_id,
        id=new.id,
        endpoint_id=new.endpoint.id,
        message_id=event_id,
        event_type=new.entry["type"],
        attempt_count=0,
        created_at=created_at,
        lease_token=token,
        url=new.endpoint.url,
        sealed_secrets=secrets,
        body=message_body(
            new.endpoint.payload, new.entry["body"], customer_id=new.endpoint.customer_id, message_id=event_id
        ),
        send_before=send_before,
    )
