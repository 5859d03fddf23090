"""Screen a PENDING holder: work promised when it is created, and when its party or country changes."""

from uuid import UUID

from app.db.connection import fetchrow
from app.db.transaction import transaction, whole_use_case
from app.holders.events import HOLDER_NOUN
from app.holders.models import Holder, holder_of
from app.holders.party import missing_data
from app.holders.queries import lock_holder
from app.holders.screening import ScreeningPort, ScreeningRequest, ScreeningVerdict
from app.holders.status import HOLDER, HolderStatus
from app.kernel.actor import Actor
from app.lifecycle.advance import advance
from app.outbox.promise import promise


async def screen_holder(actor: Actor, holder_id: UUID, *, screening: ScreeningPort) -> None:
    """Ask for a verdict on the holder and record it. If the holder changed meanwhile, newer work is promised instead.

    :raises ScreeningUnavailable: nothing changed; the promise stands and is tried again.
    """
    row = await fetchrow("SELECT * FROM holders WHERE customer_id = $1 AND id = $2", actor.customer_id, holder_id)
    if row is None or row["status"] != HolderStatus.PENDING.value:
        return  # A repeat of work already done.
    lacking = missing_data(row)
    if lacking:
        verdict = ScreeningVerdict(HolderStatus.MISSING_DATA, "Needed before this holder can be OK.", tuple(lacking))
    else:
        # No transaction is open here. If we die before the commit below, the screening is asked again.
        verdict = await screening.screen(_request(holder_of(row)))
    await _record(actor, holder_id, row["screening_round"], verdict)


@whole_use_case
async def _record(actor: Actor, holder_id: UUID, screening_round: int, verdict: ScreeningVerdict) -> None:
    async with transaction() as tx:
        row = await lock_holder(tx, actor, holder_id)
        if row["status"] != HolderStatus.PENDING.value or row["screening_round"] != screening_round:
            return
        await advance(
            tx,
            actor,
            HOLDER_NOUN,
            row,
            HOLDER,
            verdict.outcome,
            status_reason=verdict.reason,
            missing_data=list(verdict.missing_data),
        )
        await promise(tx, actor, "resubmit_ledgers", holder_id)


def _request(holder: Holder) -> ScreeningRequest:
    return ScreeningRequest(
        holder_id=holder.id,
        party=holder.party,
        name=holder.name,
        date_of_birth=holder.date_of_birth,
        registration_number=holder.registration_number,
        country=holder.country,
        metadata=holder.metadata,
    )
