"""Let the replays of an endpoint go on now, whose status has changed."""

from uuid import UUID

from app.db.transaction import Transaction
from app.outbox.promise import hasten


async def hasten_replays(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> None:
    """Those that wait until the endpoint is sent to look at it again when this is committed.

    A replay promises to wait under a share lock of the endpoint's row. So whoever has locked that row misses none.
    """
    rows = await tx.fetch(
        "SELECT id FROM webhook_replays WHERE customer_id = $1 AND endpoint_id = $2 AND finished_at IS NULL",
        customer_id,
        endpoint_id,
    )
    if rows:
        await hasten(tx, customer_id, "replay_webhooks", [row["id"] for row in rows])
