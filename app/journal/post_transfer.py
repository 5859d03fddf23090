"""Post a transfer between two ledgers, or between two wallets."""

from dataclasses import dataclass
from uuid import UUID

from app.db.identifiers import new_id
from app.idempotency.key import make_key
from app.journal.instructions import Post, dated_content
from app.journal.movement import MovementCommand, check_movement
from app.journal.records import Transfer
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.checks import parse_instant
from app.kernel.errors import Path

OPERATION = "postTransfer"


@dataclass(slots=True, kw_only=True)
class PostTransfer(MovementCommand):
    """From which ledger (or wallet), to which, how much, and its value date, as sent."""

    effective_at: str | None = None


async def post_transfer(actor: Actor, command: PostTransfer) -> tuple[Transfer, bool]:
    """The transfer, and whether this was a replay.

    :raises Invalid, AssetMismatch, NotFound, InvalidState, InsufficientFunds, IdempotencyMismatch, LimitExceeded,
        Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    return await submit_one(posting_of(actor, command, ()), Transfer)


def posting_of(actor: Actor, command: PostTransfer, path: Path, group_id: UUID | None = None) -> Post:
    """The command, checked as far as possible without the books. In an atomic batch it has the batch's `group_id`.

    :raises Invalid: an argument is malformed.
    """
    effective_at = None
    if command.effective_at is not None:
        effective_at = parse_instant(command.effective_at, (*path, "effective_at"))
    movement = check_movement(command, path)
    content = movement.content()
    if effective_at is not None:
        content += dated_content(effective_at)
    return Post(
        actor=actor,
        resource_id=new_id(),
        key=make_key(OPERATION, command.idempotency_key, content, path),
        path=path,
        debit_id=movement.debit_id,
        credit_id=movement.credit_id,
        amount=movement.amount,
        reference=movement.reference,
        metadata=movement.metadata,
        effective_at=effective_at,
        group_id=group_id,
    )
