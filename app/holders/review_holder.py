"""Decide about a holder in QUARANTINE."""

from dataclasses import dataclass, replace
from enum import StrEnum

from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.holders.events import HOLDER_NOUN
from app.holders.models import Holder, holder_of
from app.holders.queries import lock_holder
from app.holders.status import HOLDER, HolderStatus
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.checks import check_text
from app.kernel.errors import Forbidden, InvalidState
from app.lifecycle.advance import advance
from app.outbox.promise import promise


class ReviewDecision(StrEnum):
    """What a reviewer decides."""

    APPROVE = "APPROVE"
    DECLINE = "DECLINE"


@dataclass(frozen=True, slots=True)
class ReviewHolder:
    """A reviewer's decision and its reason."""

    holder_id: str
    decision: ReviewDecision
    reason: str
    idempotency_key: str | None = None


@whole_use_case
async def review_holder(actor: Actor, command: ReviewHolder) -> tuple[Holder, bool]:
    """The holder, OK or DECLINED, and whether this was a replay. Its ledgers follow in the background.

    :raises InvalidState: the holder is not in QUARANTINE.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("holders:review")
    if actor.holder_id is not None:
        raise Forbidden("A holder's own access token reviews nobody.", required_scope="holders:review")
    holder_id = parse_id(command.holder_id, ("holder_id",))
    reason = check_text(command.reason, ("reason",))
    target = HolderStatus.OK if command.decision is ReviewDecision.APPROVE else HolderStatus.DECLINED
    async with transaction() as tx:
        content = replace(command, holder_id=str(holder_id), reason=reason)
        existing = await reserve_key(tx, actor, "reviewHolder", command.idempotency_key, content, holder_id)
        row = await lock_holder(tx, actor, holder_id)
        if existing is not None:
            return holder_of(row), True
        if row["status"] != HolderStatus.QUARANTINE.value:
            raise InvalidState(
                f"Only a holder in QUARANTINE can be reviewed; this one is {row['status']}.",
                path=("holder_id",),
                status=row["status"],
            )
        row = await advance(tx, actor, HOLDER_NOUN, row, HOLDER, target, status_reason=reason)
        await promise(tx, actor, "resubmit_ledgers", holder_id)
    return holder_of(row), False
