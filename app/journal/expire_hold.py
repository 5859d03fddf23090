"""Expire a hold whose time is up. The work is promised when the hold is placed; the worker does it."""

from uuid import UUID

from app.db.identifiers import new_id
from app.journal.instructions import Expire
from app.journal.records import Hold
from app.journal.status import HoldStatus
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.errors import InvalidState
from app.outbox.drain import Unavailable


async def expire_hold(actor: Actor, hold_id: UUID) -> None:
    """Move the hold to EXPIRED if it is still PLACED; else leave it as it is.

    :raises Unavailable: its time is not up by the database's clock; try again later.
    """
    expiry = Expire(actor=actor, resource_id=new_id(), key=None, hold_id=hold_id)
    try:
        await submit_one(expiry, Hold)
    except InvalidState as refusal:
        if refusal.status == HoldStatus.PLACED:
            message = f"The time of hold {hold_id} is not up yet."
            raise Unavailable(message) from refusal
