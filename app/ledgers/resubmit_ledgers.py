"""After a holder settled, update the ledgers that wait for it."""

from typing import Any
from uuid import UUID

from app.db.connection import Record, fetchrow
from app.db.transaction import transaction, whole_use_case
from app.holders.queries import lock_holder
from app.holders.status import HolderStatus
from app.kernel.actor import Actor
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.models import blocked_by
from app.ledgers.queries import lock_ledger
from app.ledgers.status import LEDGER, WAITING_FOR_HOLDER, LedgerStatus
from app.lifecycle.advance import advance, change
from app.outbox.promise import promise


def blocked(holder: Record) -> tuple[LedgerStatus, dict[str, Any]]:
    """The status of a ledger whose holder is not OK, and the columns that explain it."""
    status, reason, lacking = blocked_by(HolderStatus(holder["status"]), holder["missing_data"])
    return status, {"status_reason": reason, "missing_data": lacking}


async def resubmit_ledgers(actor: Actor, holder_id: UUID) -> None:
    """If the holder is OK, its ledgers in ERROR and MISSING_DATA go back to PENDING. Otherwise they get the status and
    reason that now apply. Each ledger has its own transaction, since there may be many.
    """
    after = UUID(int=0)
    while (ledger_id := await _next_waiting(actor, holder_id, after)) is not None:
        await _resubmit(actor, ledger_id, holder_id)
        after = ledger_id


async def _next_waiting(actor: Actor, holder_id: UUID, after: UUID) -> UUID | None:
    row = await fetchrow(
        """
        SELECT id FROM ledgers WHERE customer_id = $1 AND holder_id = $2 AND id > $3 AND status = ANY($4)
        ORDER BY id LIMIT 1
        """,
        actor.customer_id,
        holder_id,
        after,
        [status.value for status in WAITING_FOR_HOLDER],
    )
    return None if row is None else row["id"]


@whole_use_case
async def _resubmit(actor: Actor, ledger_id: UUID, holder_id: UUID) -> None:
    async with transaction() as tx:
        row = await lock_ledger(tx, actor, ledger_id, ())
        holder = await lock_holder(tx, actor, holder_id, share=True)
        status = LedgerStatus(row["status"])
        if status not in WAITING_FOR_HOLDER or holder["status"] == HolderStatus.PENDING.value:
            return
        if holder["status"] == HolderStatus.OK.value:
            await advance(
                tx, actor, LEDGER_NOUN, row, LEDGER, LedgerStatus.PENDING, status_reason=None, missing_data=[]
            )
            await promise(tx, actor, "provision_ledger", ledger_id)
            return
        target, changes = blocked(holder)
        if target is not status:
            await advance(tx, actor, LEDGER_NOUN, row, LEDGER, target, **changes)
        elif any(row[column] != value for column, value in changes.items()):
            await change(tx, actor, LEDGER_NOUN, row, "ledger.updated", **changes)
