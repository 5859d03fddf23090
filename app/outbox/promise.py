"""Promise work: a row in the transaction of the change that asks for it, so that neither is ever without the other."""

from datetime import datetime
from uuid import UUID

from app.db.identifiers import new_id
from app.db.notifications import WORK_TOPIC
from app.db.transaction import Transaction
from app.kernel.actor import Actor


async def promise(
    tx: Transaction, actor: Actor, kind: str, resource_id: UUID, *, not_before: datetime | None = None
) -> None:
    """Promise that `kind` of work will be done for `resource_id`, at once or from `not_before` on.

    `workers/routes.py` says which verb each kind calls.
    """
    now = await tx.now()
    await tx.execute(
        """
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, request_id, status, next_attempt_at,
                                     created_at)
        VALUES ($1, $2, $3, $4, $5, 'PENDING', $6, $7)
        """,
        actor.customer_id,
        new_id(),
        kind,
        resource_id,
        actor.request_id,
        not_before or now,
        now,
    )
    tx.wake([WORK_TOPIC])
