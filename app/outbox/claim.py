"""Claim due rows with a lease and a fencing token, and record the results: one pattern for all promised work.

A table of work has `customer_id`, `id`, `attempt_count`, `next_attempt_at` (null: nothing to do) and `lease_token`.
A claim moves `next_attempt_at` to the end of the lease, so a claimer that dies needs no cleaning up: the row becomes
due again. A record needs the token of the claim, so a claimer that was too slow records nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.db.identifiers import new_id
from app.db.records import record_of
from app.db.transaction import transaction, whole_use_case

LAST_ERROR_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Message:
    """One claimed outbox message."""

    customer_id: UUID
    id: UUID
    kind: str
    resource_id: UUID
    request_id: str | None
    attempt_count: int
    lease_token: UUID
    created_at: datetime
    traceparent: str | None = None


@whole_use_case
async def claim_messages(*, limit: int, lease: timedelta) -> list[Message]:
    """Claim up to `limit` due messages, over all customers, oldest first; `attempt_count` includes this attempt."""
    async with transaction() as tx:
        rows = await tx.fetch(
            """
            WITH due AS MATERIALIZED ( -- A subquery could be run again for each row, and claim more than its limit.
                SELECT customer_id, id FROM outbox_messages
                WHERE next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT $3
                FOR UPDATE SKIP LOCKED
            )
            UPDATE outbox_messages AS message
            SET lease_token = $1, next_attempt_at = now() + $2, attempt_count = attempt_count + 1
            FROM due
            WHERE message.customer_id = due.customer_id AND message.id = due.id
            RETURNING message.*
            """,
            new_id(),
            lease,
            limit,
        )
    return [record_of(Message, row) for row in rows]


@whole_use_case
async def record_done(message: Message) -> bool:
    """Delete the message. False: another claimer has the lease now, and nothing was changed."""
    async with transaction() as tx:
        struck = await tx.execute(
            "DELETE FROM outbox_messages WHERE customer_id = $1 AND id = $2 AND lease_token = $3",
            message.customer_id,
            message.id,
            message.lease_token,
        )
    return struck == 1


@whole_use_case
async def record_failure(
    message: Message, error: str, *, again_after: timedelta | None, was_tried: bool = True
) -> bool:
    """Retry the message `again_after` from now; None means out of retries: keep it as DEAD, for an operator to see.

    With `was_tried=False` it does not count as an attempt. False: another claimer has the lease now, and nothing was
    changed.
    """
    async with transaction() as tx:
        recorded = await tx.execute(
            """
            UPDATE outbox_messages
            SET status = CASE WHEN $4::interval IS NULL THEN 'DEAD' ELSE 'PENDING' END,
                next_attempt_at = now() + $4::interval,
                lease_token = NULL,
                attempt_count = attempt_count - CASE WHEN $6 THEN 0 ELSE 1 END,
                last_error = $5
            WHERE customer_id = $1 AND id = $2 AND lease_token = $3
            """,
            message.customer_id,
            message.id,
            message.lease_token,
            again_after,
            _storable(error),
            was_tried,
        )
    return recorded == 1


def _storable(error: str) -> str:
    """The error text as PostgreSQL can store it: no NUL, no lone surrogates."""
    return error[:LAST_ERROR_CHARACTERS_MAX].replace("\x00", "").encode(errors="replace").decode()
