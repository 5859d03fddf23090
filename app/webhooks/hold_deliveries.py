"""What becomes of an endpoint's open deliveries when it is disabled, enabled or deleted."""

from uuid import UUID

from app.db.notifications import EVENTS_TOPIC
from app.db.transaction import Transaction


async def hold_deliveries(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> int:
    """Hold what is open: it stays, and nothing is due. What is under way is held when its result is recorded."""
    return await tx.execute(
        """
        UPDATE webhook_deliveries SET next_attempt_at = NULL, lease_token = NULL, updated_at = $3
        WHERE customer_id = $1 AND endpoint_id = $2 AND next_attempt_at IS NOT NULL
          AND (lease_token IS NULL OR next_attempt_at <= $3)
        """,
        customer_id,
        endpoint_id,
        await tx.now(),
    )


async def resume_deliveries(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> int:
    """Make all that was held due now."""
    resumed = await tx.execute(
        """
        UPDATE webhook_deliveries SET next_attempt_at = $3, updated_at = $3
        WHERE customer_id = $1 AND endpoint_id = $2 AND status IN ('PENDING', 'RETRYING') AND next_attempt_at IS NULL
        """,
        customer_id,
        endpoint_id,
        await tx.now(),
    )
    tx.wake([EVENTS_TOPIC])
    return resumed


async def cancel_deliveries(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> int:
    """Cancel all that is open, for good. The result of what is under way is not recorded any more."""
    return await tx.execute(
        """
        UPDATE webhook_deliveries
        SET status = 'CANCELLED', next_attempt_at = NULL, lease_token = NULL, updated_at = $3
        WHERE customer_id = $1 AND endpoint_id = $2 AND status IN ('PENDING', 'RETRYING')
        """,
        customer_id,
        endpoint_id,
        await tx.now(),
    )
