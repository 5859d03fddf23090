"""Claim due deliveries of one endpoint that is ordered, or has a rate limit (see `places`).

A delivery of an ordered endpoint is ready when every open delivery of its resource that comes before it in the feed is
claimed with it. One worker then has them all, and sends each after the success of the one before. What is not ready is
due again when what it waits for is, so that it does not stand before other resources.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.transaction import Transaction
from app.webhooks.status import DeliveryStatus

LOOKED_AT_MAX = 500
"""How many due deliveries of a lane one statement looks at. Most of them may wait for others."""
LOOKS_MAX = 20
CHAIN_MAX = 8
"""How many of one resource are claimed, or called, at a time, so that it leaves room to others."""
WAITS_FOR_REQUEST = timedelta(seconds=1)
WAITS_FOR_CHAIN = timedelta(seconds=10)
WAITS_MAX = timedelta(minutes=10)
"""When a delivery that waits for another one is looked at again at the latest. Normally it is called much earlier."""


async def claim_in_order(
    tx: Transaction,
    customer_id: UUID,
    endpoint_id: UUID,
    statuses: Sequence[DeliveryStatus],
    *,
    count: int,
    lease_ends_at: datetime,
) -> list[UUID]:
    """Claim up to `count` ready deliveries of these lanes; returns their ids, in the order of the feed."""
    for _ in range(LOOKS_MAX):
        rows = await _claim(tx, customer_id, endpoint_id, statuses, count=count, lease_ends_at=lease_ends_at)
        claimed = [row for row in rows if row["is_claimed"]]
        if claimed or len(rows) < LOOKED_AT_MAX:
            break
    return [row["id"] for row in sorted(claimed, key=lambda row: row["feed_position"])]


_CLAIM_SQL = """
    WITH candidate AS MATERIALIZED (
        SELECT delivery.* FROM unnest($3::text[]) AS lane (status)
        CROSS JOIN LATERAL (
            SELECT FROM webhook_endpoints
            WHERE customer_id = $1 AND id = $2 AND status = 'ENABLED' AND deleted_at IS NULL LIMIT 1
        ) AS endpoint
        CROSS JOIN LATERAL (
            SELECT id, resource_id, feed_position, is_ordered FROM webhook_deliveries
            WHERE customer_id = $1 AND endpoint_id = $2 AND status = lane.status AND next_attempt_at <= $4
            ORDER BY next_attempt_at LIMIT $5
            FOR UPDATE SKIP LOCKED
        ) AS delivery
    ), blocker AS MATERIALIZED (
        SELECT resource.resource_id, earlier.*
        FROM (SELECT DISTINCT resource_id FROM candidate WHERE is_ordered) AS resource
        CROSS JOIN LATERAL (
            SELECT feed_position, CASE WHEN lease_token IS NULL THEN next_attempt_at END AS waits_until
            FROM webhook_deliveries
            WHERE customer_id = $1 AND endpoint_id = $2 AND resource_id = resource.resource_id
              AND is_ordered AND status IN ('PENDING', 'RETRYING')
              AND id NOT IN (SELECT id FROM candidate)
            ORDER BY feed_position LIMIT 1
        ) AS earlier
    ), judged AS MATERIALIZED (
        SELECT candidate.*, blocker.waits_until,
               candidate.is_ordered AND blocker.feed_position < candidate.feed_position IS TRUE AS is_blocked
        FROM candidate LEFT JOIN blocker ON blocker.resource_id = candidate.resource_id
    ), placed AS MATERIALIZED (
        SELECT $1::uuid AS customer_id, id, feed_position, is_ordered,
               row_number() OVER (PARTITION BY resource_id ORDER BY feed_position, id) AS place
        FROM judged WHERE NOT is_blocked
    ), ready AS MATERIALIZED (
        SELECT customer_id, id FROM placed WHERE NOT is_ordered OR place <= $11 ORDER BY feed_position, id LIMIT $6
    ), waiting AS MATERIALIZED (
        SELECT $1::uuid AS customer_id, id, waits_until FROM judged WHERE is_blocked
        UNION ALL
        -- They might hide what is due behind them.
        SELECT customer_id, id, $4::timestamptz + $12::interval FROM placed
        WHERE is_ordered AND place > $11 AND (SELECT count(*) FROM candidate) >= $5
    ), claimed AS (
        UPDATE webhook_deliveries AS delivery SET lease_token = $7, next_attempt_at = $8
        FROM ready WHERE delivery.customer_id = ready.customer_id AND delivery.id = ready.id
        RETURNING delivery.id, delivery.feed_position, true AS is_claimed
    ), put_off AS (
        UPDATE webhook_deliveries AS delivery
        SET next_attempt_at = CASE
                WHEN waiting.waits_until > $4::timestamptz + $9::interval
                THEN least(waiting.waits_until, $4::timestamptz + $10::interval)
                ELSE $4::timestamptz + $9::interval
            END
        FROM waiting WHERE delivery.customer_id = waiting.customer_id AND delivery.id = waiting.id
        RETURNING delivery.id, delivery.feed_position, false AS is_claimed
    )
    SELECT * FROM claimed UNION ALL SELECT * FROM put_off
"""


async def _claim(
    tx: Transaction,
    customer_id: UUID,
    endpoint_id: UUID,
    statuses: Sequence[DeliveryStatus],
    *,
    count: int,
    lease_ends_at: datetime,
) -> list[Record]:
    """Claim what is ready, and put off what is not; returns both."""
    now = await tx.now()
    return await tx.fetch(
        _CLAIM_SQL,
        customer_id,
        endpoint_id,
        [status.value for status in statuses],
        now,
        LOOKED_AT_MAX,
        count,
        new_id(),
        lease_ends_at,
        WAITS_FOR_REQUEST,
        WAITS_MAX,
        CHAIN_MAX,
        WAITS_FOR_CHAIN,
    )


async def call_next(tx: Transaction, customer_id: UUID, finished: Sequence[tuple[UUID, UUID]]) -> bool:
    """Make due what comes next behind a finished delivery of these endpoints and resources; returns whether any does.

    It updates even what is due already: it may just be put off by a claim that has not seen that its turn has come.
    """
    called = await tx.execute(
        """
        WITH next AS MATERIALIZED (
            SELECT $1::uuid AS customer_id, called.id
            FROM unnest($2::uuid[], $3::uuid[]) AS finished (endpoint_id, resource_id)
            CROSS JOIN LATERAL (
                SELECT id FROM webhook_deliveries
                WHERE customer_id = $1 AND endpoint_id = finished.endpoint_id AND resource_id = finished.resource_id
                  AND is_ordered AND status IN ('PENDING', 'RETRYING')
                ORDER BY feed_position LIMIT $5
            ) AS called
        )
        UPDATE webhook_deliveries AS delivery SET next_attempt_at = $4
        FROM next
        WHERE delivery.customer_id = next.customer_id AND delivery.id = next.id
          AND delivery.unscheduled_count = delivery.attempt_count -- It does not wait for a retry of its own.
          AND delivery.lease_token IS NULL AND delivery.next_attempt_at IS NOT NULL
        """,
        customer_id,
        [endpoint_id for endpoint_id, _ in finished],
        [resource_id for _, resource_id in finished],
        await tx.now(),
        CHAIN_MAX,
    )
    return called > 0
