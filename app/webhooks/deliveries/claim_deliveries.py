"""Claim due deliveries with a lease and a fencing token, endpoint by endpoint, so that none crowds out another."""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.connection import Record, fetch
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.kernel.actor import worker_actor
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease
from app.webhooks.deliveries.settle_deliveries import promise_settling
from app.webhooks.status import DeliveryStatus, Payload


@dataclass(frozen=True, slots=True)
class DueLane:
    """An endpoint with deliveries due: first attempts (PENDING) and retries (RETRYING) are lanes of their own.

    If it is not `is_deliverable`, `is_settling` says whether the work to suspend or cancel them is promised.
    """

    customer_id: UUID
    endpoint_id: UUID
    status: DeliveryStatus
    is_deliverable: bool
    is_settling: bool

    @property
    def endpoint(self) -> EndpointKey:
        """Whose lane it is."""
        return (self.customer_id, self.endpoint_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """How many deliveries to claim from a lane."""

    lane: DueLane
    count: int


async def due_lanes(*, but: Collection[EndpointKey] = ()) -> list[DueLane]:
    """Every lane with something due, of all customers, without those of the endpoints in `but`.

    It skips from lane to lane in the index of due deliveries, so the time grows with the lanes, not with the deliveries
    due in them.
    """
    rows = await fetch(
        """
        WITH RECURSIVE lane AS (
            (SELECT customer_id, endpoint_id, status, next_attempt_at FROM webhook_deliveries
             WHERE next_attempt_at IS NOT NULL
             ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT 1)
            UNION ALL
            SELECT following.* FROM lane CROSS JOIN LATERAL (
                SELECT customer_id, endpoint_id, status, next_attempt_at FROM webhook_deliveries
                WHERE next_attempt_at IS NOT NULL
                  AND (customer_id, endpoint_id, status) > (lane.customer_id, lane.endpoint_id, lane.status)
                ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT 1
            ) AS following
        ), due AS MATERIALIZED (
            SELECT customer_id, endpoint_id, status FROM lane
            WHERE next_attempt_at <= now()
              AND NOT EXISTS (SELECT FROM unnest($1::uuid[]) AS but (id) WHERE but.id = lane.endpoint_id)
        )
        SELECT lane.customer_id, lane.endpoint_id, lane.status,
               endpoint.is_deliverable,
               NOT endpoint.is_deliverable AND EXISTS (
                   SELECT FROM outbox_messages
                   WHERE customer_id = lane.customer_id AND resource_id = lane.endpoint_id
                     AND kind = 'settle_deliveries'
               ) AS is_settling
        FROM due AS lane CROSS JOIN LATERAL (
            SELECT status = 'ENABLED' AND deleted_at IS NULL AS is_deliverable FROM webhook_endpoints
            WHERE customer_id = lane.customer_id AND id = lane.endpoint_id LIMIT 1
        ) AS endpoint
        """,
        [endpoint_id for _, endpoint_id in but],
    )
    return [
        DueLane(
            row["customer_id"],
            row["endpoint_id"],
            DeliveryStatus(row["status"]),
            is_deliverable=row["is_deliverable"],
            is_settling=row["is_settling"],
        )
        for row in rows
    ]


async def claim_deliveries(customer_id: UUID, wishes: Sequence[Wish], *, lease: Lease) -> list[Claimed]:
    """Claim due deliveries in these lanes of one customer, in feed order. A claim lasts as long as the lease.

    Nothing is claimed for an endpoint that must no longer be sent to.
    """
    send_before = time.monotonic() + lease.usable_seconds
    # Planned by key: with outdated statistics a plan might read all due deliveries.
    async with transaction(by_key=True) as tx:
        now = await tx.now()
        rows = await tx.fetch(
            """
            WITH due AS MATERIALIZED (
                SELECT delivery.id
                FROM unnest($2::uuid[], $3::text[], $4::integer[]) AS wish (endpoint_id, status, count)
                CROSS JOIN LATERAL (
                    SELECT FROM webhook_endpoints
                    WHERE customer_id = $1 AND id = wish.endpoint_id AND status = 'ENABLED' AND deleted_at IS NULL
                    LIMIT 1
                ) AS endpoint
                CROSS JOIN LATERAL (
                    SELECT id FROM webhook_deliveries
                    WHERE customer_id = $1 AND endpoint_id = wish.endpoint_id AND status = wish.status
                      AND next_attempt_at <= $5
                    ORDER BY next_attempt_at LIMIT wish.count
                    FOR UPDATE SKIP LOCKED
                ) AS delivery
            ), claimed AS (
                UPDATE webhook_deliveries AS delivery SET lease_token = $6, next_attempt_at = $7
                FROM due WHERE delivery.customer_id = $1 AND delivery.id = due.id
                RETURNING delivery.*
            )
            SELECT claimed.*, endpoint.url, event.body, secret.sealed
            FROM claimed
            CROSS JOIN LATERAL (
                SELECT url FROM webhook_endpoints WHERE customer_id = $1 AND id = claimed.endpoint_id LIMIT 1
            ) AS endpoint
            LEFT JOIN LATERAL (
                SELECT body FROM events WHERE customer_id = $1 AND id = claimed.event_id LIMIT 1
            ) AS event ON true
            CROSS JOIN LATERAL (
                SELECT array_agg(sealed ORDER BY created_at DESC, id) AS sealed FROM webhook_secrets
                WHERE customer_id = $1 AND endpoint_id = claimed.endpoint_id AND scheme = 'v1'
                  AND (expires_at IS NULL OR expires_at > $5)
            ) AS secret
            ORDER BY claimed.feed_position
            """,
            customer_id,
            [wish.lane.endpoint_id for wish in wishes],
            [wish.lane.status.value for wish in wishes],
            [wish.count for wish in wishes],
            now,
            new_id(),
            now + lease.length,
        )
    return [_claimed(row, send_before) for row in rows]


async def is_sent_to(endpoint: EndpointKey) -> bool:
    """Whether to send to an endpoint now: it is enabled, and not deleted."""
    customer_id, endpoint_id = endpoint
    found = await fetch(
        "SELECT FROM webhook_endpoints"
        " WHERE customer_id = $1 AND id = $2 AND status = 'ENABLED' AND deleted_at IS NULL",
        customer_id,
        endpoint_id,
    )
    return bool(found)


async def put_back(deliveries: Iterable[Claimed], *, after_seconds: float = 0.0) -> None:
    """Give claims back unused. They are due again after `after_seconds`, and no attempt is counted."""
    by_customer: dict[UUID, list[Claimed]] = {}
    for delivery in deliveries:
        by_customer.setdefault(delivery.customer_id, []).append(delivery)
    for customer_id, claimed in by_customer.items():
        async with transaction() as tx:
            await tx.execute(
                """
                UPDATE webhook_deliveries AS delivery
                SET lease_token = NULL, next_attempt_at = $4::timestamptz + make_interval(secs => $5)
                FROM unnest($2::uuid[], $3::uuid[]) AS claim (id, token)
                WHERE delivery.customer_id = $1 AND delivery.id = claim.id AND delivery.lease_token = claim.token
                """,
                customer_id,
                [delivery.id for delivery in claimed],
                [delivery.lease_token for delivery in claimed],
                await tx.now(),
                after_seconds,
            )


async def promise_settling_of(lane: DueLane) -> None:
    """Promise to settle a lane that is due although its endpoint must not be sent to. A worker put its deliveries back,
    or died and left them behind.
    """
    async with transaction() as tx:
        await promise_settling(tx, worker_actor(lane.customer_id), lane.endpoint_id)


def _claimed(row: Record, send_before: float) -> Claimed:
    return Claimed(
        customer_id=row["customer_id"],
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        message_id=row["message_id"],
        event_type=row["event_type"],
        attempt_count=row["attempt_count"],
        created_at=row["created_at"],
        lease_token=row["lease_token"],
        url=row["url"],
        sealed_secrets=row["sealed"] or (),
        payload=Payload(row["payload"]),
        event_body=row["body"],
        send_before=send_before,
    )
