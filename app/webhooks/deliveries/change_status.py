"""Change the status of an endpoint: the only way to do it."""

from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.kernel.actor import Actor
from app.lifecycle.advance import advance
from app.webhooks.deliveries.settle_deliveries import promise_settling
from app.webhooks.events import WEBHOOK_ENDPOINT_NOUN
from app.webhooks.replays.hasten_replays import hasten_replays
from app.webhooks.status import WEBHOOK_ENDPOINT, EndpointStatus


async def change_status(
    tx: Transaction, actor: Actor, row: Record, target: EndpointStatus, *, reason: str | None
) -> Record:
    """Move a locked endpoint to `target`, with its event; returns the new row. Its open deliveries follow, and once it
    is sent to, its replays go on.

    What was known of its failures is forgotten, unless it becomes PAUSED.

    :raises MovedMeanwhile: it has another status; nothing changed.
    """
    row = await advance(tx, actor, WEBHOOK_ENDPOINT_NOUN, row, WEBHOOK_ENDPOINT, target, status_reason=reason)
    if target is not EndpointStatus.PAUSED:
        await forget_failures(tx, row["customer_id"], row["id"])
    await promise_settling(tx, actor, row["id"])
    if target is EndpointStatus.ENABLED:
        await hasten_replays(tx, row["customer_id"], row["id"])
    return row


async def forget_failures(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> None:
    """Count the endpoint's failures anew. It is no longer probed."""
    await tx.execute(
        "DELETE FROM webhook_failing_endpoints WHERE customer_id = $1 AND endpoint_id = $2", customer_id, endpoint_id
    )
