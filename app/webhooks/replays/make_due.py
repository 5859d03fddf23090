"""Make deliveries due again, whatever became of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.webhooks.status import DeliveryStatus

ANY_STATUS = tuple(DeliveryStatus)


async def make_due(
    tx: Transaction,
    customer_id: UUID,
    endpoint_id: UUID,
    message_ids: Sequence[UUID],
    *,
    first: int = 0,
    statuses: Sequence[DeliveryStatus] = ANY_STATUS,
    unchanged_since: datetime | None = None,
    is_ordered: bool,
    now: datetime,
) -> list[Record]:
    """Make an endpoint's deliveries of these messages due now, in this order, if they have one of these statuses,
    and have had it `unchanged_since`; returns their rows. They come behind `first` others of this time.

    The attempts go on counting, and the schedule of retries begins anew. If they are to be ordered, each holds back
    what follows of its resource. A delivery that a worker is sending just now stays as it is, and is among those
    returned.
    """
    return await tx.fetch(
        """
        WITH found AS MATERIALIZED (
            SELECT delivery.id, wanted.place,
                   delivery.lease_token IS NOT NULL AND delivery.next_attempt_at > $5 AS is_being_sent
            FROM unnest($3::uuid[]) WITH ORDINALITY AS wanted (message_id, place)
            CROSS JOIN LATERAL (
                SELECT id, status, lease_token, next_attempt_at, updated_at FROM webhook_deliveries
                WHERE customer_id = $1 AND endpoint_id = $2 AND message_id = wanted.message_id
                LIMIT 1 FOR UPDATE
            ) AS delivery
            WHERE delivery.status = ANY($4) AND ($7::timestamptz IS NULL OR delivery.updated_at <= $7)
        ), moved AS (
            UPDATE webhook_deliveries AS delivery
            SET status = CASE delivery.attempt_count WHEN 0 THEN 'PENDING' ELSE 'RETRYING' END,
                next_attempt_at = $5::timestamptz + ($8::integer + found.place) * interval '1 microsecond',
                lease_token = NULL,
                replayed_at = $5,
                unscheduled_count = delivery.attempt_count,
                is_ordered = $6,
                updated_at = $5
            FROM found
            WHERE delivery.customer_id = $1 AND delivery.id = found.id AND NOT found.is_being_sent
            RETURNING delivery.*
        )
        SELECT * FROM moved
        UNION ALL
        SELECT sent.* FROM found CROSS JOIN LATERAL (
            SELECT * FROM webhook_deliveries WHERE customer_id = $1 AND id = found.id LIMIT 1
        ) AS sent
        WHERE found.is_being_sent
        """,
        customer_id,
        endpoint_id,
        list(message_ids),
        [status.value for status in statuses],
        now,
        is_ordered,
        unchanged_since,
        first,
    )
