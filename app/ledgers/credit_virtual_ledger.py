"""Credit a virtual ledger by hand: more of its asset was taken into the vault."""

from dataclasses import dataclass
from typing import Any

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import make_key
from app.journal.amounts import AmountText, parse_amount
from app.journal.instructions import CreditId, DebitId, Post, dated_content
from app.journal.records import Transfer
from app.journal.status import TransferKind
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, check_optional_text, parse_instant
from app.kernel.errors import Forbidden
from app.ledgers.queries import find_vault

OPERATION = "creditVirtualLedger"
ARGUMENT = "ledger_id"
PATH = (ARGUMENT,)


@dataclass(slots=True)
class VirtualMovement:
    """The virtual ledger, how much to move into or out of it, and the value date, as sent."""

    ledger_id: str
    amount: AmountText
    idempotency_key: str
    reference: str | None = None
    metadata: Any = None
    effective_at: str | None = None


async def credit_virtual_ledger(actor: Actor, command: VirtualMovement) -> tuple[Transfer, bool]:
    """The transfer from the asset's vault to the ledger, and whether this was a replay.

    :raises Forbidden: a scope is missing, or the actor has a holder's token, which may not create assets.
    :raises Invalid: an argument is malformed, or the ledger is not virtual.
    :raises AssetMismatch, NotFound, IdempotencyMismatch, LimitExceeded: nothing happened.
    """
    actor.require("transfers:write")
    posting = await posting_of_movement(actor, command, OPERATION, TransferKind.VIRTUAL_CREDIT)
    if actor.holder_id is not None:
        raise Forbidden("A holder's own token credits no virtual ledger: only the customer does.", path=PATH)
    return await submit_one(posting, Transfer)


async def posting_of_movement(actor: Actor, command: VirtualMovement, operation: str, kind: TransferKind) -> Post:
    """The movement between the ledger and its vault, checked as far as possible without reading balances.

    :raises NotFound: this actor has no such ledger.
    :raises Invalid: an argument is malformed, or the ledger is not virtual.
    """
    effective_at = None if command.effective_at is None else parse_instant(command.effective_at, ("effective_at",))
    ledger_id = parse_id(command.ledger_id, PATH)
    amount = parse_amount(command.amount, ("amount",))
    reference = check_optional_text(command.reference, ("reference",))
    metadata = None if command.metadata is None else check_metadata(command.metadata, ("metadata",))
    content = (str(ledger_id), amount.canonical(), reference, metadata or None, *dated_content(effective_at))
    key = make_key(operation, command.idempotency_key, content)
    vault_id = await find_vault(actor, ledger_id, PATH)
    is_credit = kind is TransferKind.VIRTUAL_CREDIT
    return Post(
        actor=actor,
        resource_id=new_id(),
        key=key,
        debit_id=DebitId(vault_id if is_credit else ledger_id),
        credit_id=CreditId(ledger_id if is_credit else vault_id),
        amount=amount,
        kind=kind,
        reference=reference,
        metadata=metadata,
        effective_at=effective_at,
        system_id=vault_id,
        debit_name=ARGUMENT,
        credit_name=ARGUMENT,
    )
