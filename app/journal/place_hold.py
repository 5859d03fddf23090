"""Reserve the funds of a transfer that may follow."""

from dataclasses import dataclass

from app.db.identifiers import new_id
from app.idempotency.key import make_key
from app.journal.instructions import Place
from app.journal.movement import MovementCommand, check_movement
from app.journal.records import Hold
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.checks import parse_instant
from app.kernel.clock import rfc3339
from app.kernel.errors import Path

OPERATION = "placeHold"


@dataclass(slots=True, kw_only=True)
class PlaceHold(MovementCommand):
    """The amount to reserve, from which ledger (or wallet), to which, and until when, as sent."""

    expires_at: str | None = None


async def place_hold(actor: Actor, command: PlaceHold) -> tuple[Hold, bool]:
    """The hold, PLACED, and whether this was a replay.

    :raises Invalid, AssetMismatch, NotFound, InvalidState, InsufficientFunds, IdempotencyMismatch, LimitExceeded,
        Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    return await submit_one(placing_of(actor, command, ()), Hold)


def placing_of(actor: Actor, command: PlaceHold, path: Path) -> Place:
    """The command, checked as far as possible without the books.

    :raises Invalid: an argument is malformed.
    """
    expires_at = None if command.expires_at is None else parse_instant(command.expires_at, (*path, "expires_at"))
    movement = check_movement(command, path)
    content = (*movement.content(), None if expires_at is None else rfc3339(expires_at))
    return Place(
        actor=actor,
        resource_id=new_id(),
        key=make_key(OPERATION, command.idempotency_key, content, path),
        path=path,
        debit_id=movement.debit_id,
        credit_id=movement.credit_id,
        amount=movement.amount,
        reference=movement.reference,
        metadata=movement.metadata,
        expires_at=expires_at,
    )
