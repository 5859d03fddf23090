"""Post a transfer between two ledgers, or between two wallets."""

from dataclasses import dataclass
from typing import Any

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, parse_amount
from app.journal.carry_out_batch import Outcome
from app.journal.coalescer import coalescer
from app.journal.instructions import Post
from app.journal.records import Transfer
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, check_optional_text, refuse
from app.kernel.errors import DomainError, Path

OPERATION = "postTransfer"


@dataclass(slots=True)
class PostTransfer:
    """From which ledger (or wallet) to which, and how much, as sent."""

    debit_id: str
    credit_id: str
    amount: AmountText
    idempotency_key: str
    reference: str | None = None
    metadata: Any = None


async def post_transfer(actor: Actor, command: PostTransfer) -> tuple[Transfer, bool]:
    """The transfer, and whether this was a replay.

    :raises Invalid, AssetMismatch, NotFound, InvalidState, InsufficientFunds, IdempotencyMismatch, LimitExceeded,
        Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    outcomes = await coalescer().submit(actor.customer_id, [posting_of(actor, command, ())])
    return transfer_in(outcomes[0])


def posting_of(actor: Actor, command: PostTransfer, path: Path) -> Post:
    """The command, checked as far as it can be without the books.

    :raises Invalid: an argument is malformed.
    """
    debit_id = parse_id(command.debit_id, (*path, "debit_id"))
    credit_id = parse_id(command.credit_id, (*path, "credit_id"))
    if debit_id == credit_id:
        refuse("Money moves between two ledgers or wallets: these are one and the same.", (*path, "credit_id"))
    amount = parse_amount(command.amount, (*path, "amount"))
    reference = check_optional_text(command.reference, (*path, "reference"))
    metadata = None if command.metadata is None else check_metadata(command.metadata, (*path, "metadata"))
    # Nothing is the default of metadata: said or not, it is the same content.
    content = (str(debit_id), str(credit_id), amount.canonical(), reference, metadata or None)
    return Post(
        actor=actor,
        resource_id=new_id(),
        key=make_key(OPERATION, command.idempotency_key, content, path),
        path=path,
        debit_id=debit_id,
        credit_id=credit_id,
        amount=amount,
        reference=reference,
        metadata=metadata,
    )


def transfer_in(outcome: Outcome) -> tuple[Transfer, bool]:
    """The transfer that came out.

    :raises DomainError: a refusal came out.
    """
    if isinstance(outcome, DomainError):
        raise outcome
    assert isinstance(outcome.object, Transfer)
    return outcome.object, outcome.replayed
