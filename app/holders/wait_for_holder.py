"""Wait for the commit that ends a holder's screening, without holding a connection."""

from uuid import UUID

from app.db.notifications import resource_topic
from app.db.wait_until_settled import wait_until_settled
from app.holders.models import Holder
from app.holders.queries import find_holder
from app.kernel.actor import Actor


async def wait_for_holder(
    actor: Actor, holder_id: UUID, *, timeout_seconds: float, backup_poll_seconds: float
) -> Holder | None:
    """The holder, once it is no longer PENDING or the time is up, in its state at that moment."""
    return await wait_until_settled(
        lambda: find_holder(actor, holder_id),
        lambda holder: [resource_topic(holder.id)],
        timeout_seconds=timeout_seconds,
        backup_poll_seconds=backup_poll_seconds,
    )
