"""Try paused endpoints, each with one real delivery from time to time."""

import asyncio
import time
from uuid import UUID

from app.db.connection import Record, fetch
from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import worker_actor
from app.webhooks.breaker import PAUSED_MAX, Breaker
from app.webhooks.deliveries.change_status import forget_failures
from app.webhooks.deliveries.claim_deliveries import LOADED_SQL, claimed_of
from app.webhooks.deliveries.claimed import Claimed, Lease
from app.webhooks.deliveries.settle_deliveries import promise_settling
from app.webhooks.deliveries.turn_endpoint import give_up_paused

PROBES_MAX = 20
"""How many endpoints one look probes at most."""
PAUSE_SECONDS = 0.005
"""Between two of them: each takes the database a millisecond or two, and others' deliveries go on meanwhile."""


async def claim_probes(*, lease: Lease, breaker: Breaker) -> list[Claimed]:
    """Claim a delivery for each paused endpoint whose probe is due. Endpoints paused for too long are disabled."""
    rows = await fetch(
        """
        SELECT customer_id, endpoint_id, paused_at <= now() - $1::interval AS is_given_up
        FROM webhook_failing_endpoints WHERE next_probe_at <= now() ORDER BY next_probe_at LIMIT $2
        """,
        PAUSED_MAX,
        PROBES_MAX,
    )
    claimed = []
    for number, row in enumerate(rows):
        if number:
            await asyncio.sleep(PAUSE_SECONDS)
        if row["is_given_up"]:
            await give_up_paused(row["customer_id"], row["endpoint_id"])
        else:
            claimed += await _claim_probe(row["customer_id"], row["endpoint_id"], lease=lease, breaker=breaker)
    return claimed


async def probe_soon(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> None:
    """Probe the endpoint at once, if it is paused."""
    await tx.execute(
        """
        UPDATE webhook_failing_endpoints SET next_probe_at = $3, probe_count = 0
        WHERE customer_id = $1 AND endpoint_id = $2 AND paused_at IS NOT NULL
        """,
        customer_id,
        endpoint_id,
        await tx.now(),
    )


@whole_use_case
async def _claim_probe(customer_id: UUID, endpoint_id: UUID, *, lease: Lease, breaker: Breaker) -> list[Claimed]:
    """The first suspended delivery in feed order, claimed. Empty: nothing waits, or another worker is at it.

    The next probe is planned for the end of the lease, in case this worker dies. The commit does not wait for the disk.
    If a crash of the database undoes it, the same delivery is the next probe, and the receiver drops the repeat. That
    keeps the order too: nothing else of the endpoint is sent before.
    """
    send_before = time.monotonic() + lease.usable_seconds
    async with transaction(by_key=True, waits_for_disk=False) as tx:
        now = await tx.now()
        is_due = await tx.fetchval(
            """
            SELECT true FROM webhook_failing_endpoints
            WHERE customer_id = $1 AND endpoint_id = $2 AND next_probe_at <= $3
            FOR UPDATE SKIP LOCKED
            """,
            customer_id,
            endpoint_id,
            now,
        )
        if not is_due:
            return []
        if not await _is_paused(tx, customer_id, endpoint_id):
            await forget_failures(tx, customer_id, endpoint_id)
            await promise_settling(tx, worker_actor(customer_id), endpoint_id)
            return []
        rows = await _claim_first(tx, customer_id, endpoint_id, lease)
        await tx.execute(
            "UPDATE webhook_failing_endpoints SET next_probe_at = $3 WHERE customer_id = $1 AND endpoint_id = $2",
            customer_id,
            endpoint_id,
            now + (lease.length if rows else breaker.first_wait),
        )
    return [claimed_of(row, send_before, is_probe=True) for row in rows]


async def _is_paused(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> bool:
    return bool(
        await tx.fetchval(
            """
            SELECT status = 'PAUSED' AND deleted_at IS NULL FROM webhook_endpoints
            WHERE customer_id = $1 AND id = $2
            """,
            customer_id,
            endpoint_id,
        )
    )


async def _claim_first(tx: Transaction, customer_id: UUID, endpoint_id: UUID, lease: Lease) -> list[Record]:
    now = await tx.now()
    return await tx.fetch(
        f"""
        WITH first AS MATERIALIZED (
            SELECT id FROM webhook_deliveries
            WHERE customer_id = $1 AND endpoint_id = $3
              AND next_attempt_at IS NULL AND status IN ('PENDING', 'RETRYING')
            ORDER BY feed_position, id LIMIT 1
            FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE webhook_deliveries AS delivery SET lease_token = $4, next_attempt_at = $5
            FROM first WHERE delivery.customer_id = $1 AND delivery.id = first.id
            RETURNING delivery.*
        )
        {LOADED_SQL}
        """,
        customer_id,
        now,
        endpoint_id,
        new_id(),
        now + lease.length,
    )
