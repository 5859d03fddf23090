"""Promised and stuck work of all customers, for operators."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import fetch
from app.db.notifications import WORK_TOPIC
from app.db.transaction import transaction, whole_use_case

LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class PromisedWork:
    """One outbox message as an operator sees it. `status` is PENDING or DEAD (out of retries)."""

    customer_id: UUID
    id: UUID
    kind: str
    resource_id: UUID
    status: str
    attempt_count: int
    next_attempt_at: datetime | None
    last_error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkCount:
    """How many messages of a kind have a status, how many of them have failed before, and for how long the oldest has
    been due, in seconds.
    """

    kind: str
    status: str
    count: int
    failed_count: int
    overdue_seconds: float


async def list_work(*, dead_only: bool = False) -> list[PromisedWork]:
    """Promised work, dead first, then oldest first; at most `LISTED_MAX`."""
    rows = await fetch(
        """
        SELECT customer_id, id, kind, resource_id, status, attempt_count, next_attempt_at, last_error, created_at
        FROM outbox_messages WHERE status = 'DEAD' OR NOT $1::boolean
        ORDER BY status, created_at LIMIT $2
        """,
        dead_only,
        LISTED_MAX,
    )
    return [PromisedWork(**dict(row)) for row in rows]


async def count_work(*, counted_max: int) -> list[WorkCount]:
    """How much is promised and stuck, by kind and status. Counts at most the `counted_max` messages that are due first,
    and at most as many dead ones.
    """
    rows = await fetch(
        """
        SELECT kind, status, count(*) AS count, count(*) FILTER (WHERE failed) AS failed_count,
               coalesce(greatest(0, extract(epoch FROM now() - min(next_attempt_at))), 0)::float8 AS overdue_seconds
        FROM (
            (SELECT kind, status, next_attempt_at, last_error IS NOT NULL AS failed FROM outbox_messages
             WHERE next_attempt_at IS NOT NULL ORDER BY next_attempt_at LIMIT $1)
            UNION ALL
            (SELECT kind, status, NULL, true FROM outbox_messages WHERE status = 'DEAD' ORDER BY created_at LIMIT $1)
        ) AS counted
        GROUP BY kind, status ORDER BY kind, status
        """,
        counted_max,
    )
    return [WorkCount(**dict(row)) for row in rows]


@whole_use_case
async def retry_work(message_id: UUID | None = None) -> int:
    """Make dead work due again, with its attempts counted anew: one message, or all; answers how many."""
    async with transaction() as tx:
        revived = await tx.execute(
            """
            UPDATE outbox_messages
            SET status = 'PENDING', attempt_count = 0, next_attempt_at = now(), lease_token = NULL
            WHERE status = 'DEAD' AND ($1::uuid IS NULL OR id = $1)
            """,
            message_id,
        )
        tx.wake([WORK_TOPIC])
    return revived
