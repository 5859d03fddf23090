"""A customer's promised work that keeps failing, or is out of retries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.db.connection import Record, fetch
from app.db.records import record_of
from app.db.transaction import Transaction

FAILURES_MIN = 2
"""Work is told as failing from so many failed attempts on: a first one is tried again within seconds."""

# The first condition is that of the index `outbox_messages_failed`.
_FAILED_SQL = f"last_error IS NOT NULL AND (status = 'DEAD' OR attempt_count >= {FAILURES_MIN})"


class WorkStatus(StrEnum):
    """Whether promised work is tried again by itself."""

    PENDING = "PENDING"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True)
class FailedWork:
    """Promised work as its customer sees it. `next_attempt_at` is None where it is not tried again by itself."""

    customer_id: UUID
    id: UUID
    kind: str
    resource_id: UUID
    status: WorkStatus
    attempt_count: int
    next_attempt_at: datetime | None
    last_error: str | None
    retry_count: int
    created_at: datetime


async def list_failed_work(customer_id: UUID, *, limit: int) -> list[FailedWork]:
    """Up to `limit` pieces of work that keep failing or are out of retries, newest first."""
    rows = await fetch(
        f"""
        SELECT * FROM outbox_messages WHERE customer_id = $1 AND {_FAILED_SQL} ORDER BY created_at DESC, id DESC
        LIMIT $2
        """,
        customer_id,
        limit,
    )
    return [work_of(row) for row in rows]


async def count_failed_work(customer_id: UUID, *, counted_max: int) -> int:
    """How many there are, counted up to `counted_max`."""
    [row] = await fetch(
        f"""
        SELECT count(*) AS count FROM (
            SELECT FROM outbox_messages WHERE customer_id = $1 AND {_FAILED_SQL} ORDER BY created_at DESC, id DESC
            LIMIT $2
        ) AS few
        """,
        customer_id,
        counted_max,
    )
    return int(row["count"])


async def failed_work_for(customer_id: UUID, resource_ids: Sequence[UUID]) -> dict[UUID, FailedWork]:
    """Work that failed at least once for these objects, by object: the one that was promised last."""
    rows = await fetch(
        """
        SELECT * FROM outbox_messages WHERE customer_id = $1 AND resource_id = ANY($2) AND last_error IS NOT NULL
        ORDER BY created_at, id
        """,
        customer_id,
        list(resource_ids),
    )
    return {row["resource_id"]: work_of(row) for row in rows}


async def lock_work(tx: Transaction, customer_id: UUID, work_id: UUID) -> Record | None:
    """The row of promised work, locked until the transaction ends; None if it is done, or never was."""
    return await tx.fetchrow(
        "SELECT *, next_attempt_at > now() AS waits FROM outbox_messages WHERE customer_id = $1 AND id = $2 FOR UPDATE",
        customer_id,
        work_id,
    )


async def make_due_anew(tx: Transaction, customer_id: UUID, work_id: UUID) -> FailedWork:
    """Have locked work tried at once, with its attempts counted anew."""
    row = await tx.fetchrow(
        """
        UPDATE outbox_messages
        SET status = 'PENDING', attempt_count = 0, next_attempt_at = $3, lease_token = NULL,
            retry_count = retry_count + 1
        WHERE customer_id = $1 AND id = $2
        RETURNING *
        """,
        customer_id,
        work_id,
        await tx.now(),
    )
    assert row is not None, "it is locked"
    return work_of(row)


def work_of(row: Record) -> FailedWork:
    """The work of a row of `outbox_messages`."""
    return record_of(FailedWork, row, status=WorkStatus(row["status"]))
