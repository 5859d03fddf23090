"""Pause an endpoint that keeps failing, enable it after a success, disable it when it is gone or given up.

Each verb looks again, under the lock of the endpoint, and does nothing where it is no longer so.
"""

from uuid import UUID

from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import worker_actor
from app.webhooks.breaker import FAILURES_TO_PAUSE, GIVEN_UP_REASON, PAUSED_MAX, PAUSED_REASON, Breaker
from app.webhooks.deliveries.change_status import change_status, forget_failures
from app.webhooks.queries import lock_endpoint
from app.webhooks.status import EndpointStatus

GONE = "The receiver answered 410 Gone."


@whole_use_case
async def pause_failing(customer_id: UUID, endpoint_id: UUID, *, breaker: Breaker) -> bool:
    """Pause an ENABLED endpoint that still has failures enough, and plan its first probe. Answers whether it must not
    be sent to now.
    """
    async with transaction() as tx:
        row = await lock_endpoint(tx, customer_id, endpoint_id)
        if row is None or row["status"] != EndpointStatus.ENABLED:
            return True
        now = await tx.now()
        is_paused = await tx.execute(
            """
            UPDATE webhook_failing_endpoints SET paused_at = $3, probe_count = 0, next_probe_at = $4
            WHERE customer_id = $1 AND endpoint_id = $2 AND paused_at IS NULL
              AND failure_count >= $5 AND failed_at - failing_since >= $6
            """,
            customer_id,
            endpoint_id,
            now,
            now + breaker.wait_after(0),
            FAILURES_TO_PAUSE,
            breaker.failing,
        )
        if is_paused:
            paused = EndpointStatus.PAUSED
            await change_status(tx, worker_actor(customer_id), row, paused, reason=PAUSED_REASON)
        return bool(is_paused)


@whole_use_case
async def enable_recovered(customer_id: UUID, endpoint_id: UUID) -> bool:
    """Enable a PAUSED endpoint that answered a delivery: the others are sent. Answers whether it must not be sent to
    now.
    """
    async with transaction() as tx:
        row = await lock_endpoint(tx, customer_id, endpoint_id)
        if row is not None and row["status"] == EndpointStatus.PAUSED:
            row = await change_status(tx, worker_actor(customer_id), row, EndpointStatus.ENABLED, reason=None)
        return row is None or row["status"] != EndpointStatus.ENABLED


@whole_use_case
async def disable_gone(customer_id: UUID, endpoint_id: UUID) -> bool:
    """Disable an endpoint that answered 410: it must not be sent to now."""
    async with transaction() as tx:
        row = await lock_endpoint(tx, customer_id, endpoint_id)
        if row is not None and row["status"] != EndpointStatus.DISABLED:
            await change_status(tx, worker_actor(customer_id), row, EndpointStatus.DISABLED, reason=GONE)
    return True


@whole_use_case
async def give_up_paused(customer_id: UUID, endpoint_id: UUID) -> None:
    """Disable an endpoint that has been PAUSED for `PAUSED_MAX`. What waits for it waits on."""
    async with transaction() as tx:
        row = await lock_endpoint(tx, customer_id, endpoint_id)
        if row is None or row["status"] != EndpointStatus.PAUSED:
            await forget_failures(tx, customer_id, endpoint_id)
        elif await _is_given_up(tx, customer_id, endpoint_id):
            disabled = EndpointStatus.DISABLED
            await change_status(tx, worker_actor(customer_id), row, disabled, reason=GIVEN_UP_REASON)


async def _is_given_up(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT paused_at <= $3::timestamptz FROM webhook_failing_endpoints"
            " WHERE customer_id = $1 AND endpoint_id = $2",
            customer_id,
            endpoint_id,
            await tx.now() - PAUSED_MAX,
        )
    )
