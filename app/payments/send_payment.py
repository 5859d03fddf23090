"""Send money out. It is held at once, and PENDING until the bank has answered in the background."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, whole_use_case
from app.journal.amounts import Amount, AmountText, parse_amount
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, check_optional_text, refuse
from app.kernel.errors import InvalidState
from app.lifecycle.advance import tell
from app.outbox.promise import promise
from app.payments.counterparty import CounterpartyText, check_payee
from app.payments.events import payment_noun
from app.payments.movements import LEDGER_PATH, payment_transaction, place_hold_for
from app.payments.operations import SEND_PAYMENT
from app.payments.queries import read_ledger, read_payment
from app.payments.record_payment import PaymentContent, money_of, record_payment, reserve_payment
from app.payments.records import Payment
from app.payments.status import PaymentDirection, PaymentStatus


@dataclass(frozen=True, slots=True)
class SendPayment:
    """The ledger, the amount and the payee, as sent."""

    ledger_id: str
    amount: AmountText
    counterparty: CounterpartyText
    idempotency_key: str
    reference: str | None = None
    metadata: Any = None


@whole_use_case
async def send_payment(actor: Actor, command: SendPayment) -> tuple[Payment, bool]:
    """A PENDING payment, with its money held and its sending promised; and whether this was a replay.

    :raises Invalid, AssetMismatch, NotFound, InvalidState, InsufficientFunds, IdempotencyMismatch, LimitExceeded,
        Forbidden: nothing happened.
    """
    actor.require("payments:write")
    amount, content = _checked(command)
    async with payment_transaction() as tx:
        payment_id = new_id()
        existing = await reserve_payment(tx, actor, SEND_PAYMENT, command.idempotency_key, content, payment_id)
        if existing is None:
            await _send(tx, actor, payment_id, amount, content)
        return await read_payment(tx, actor, existing or payment_id, LEDGER_PATH), existing is not None


async def _send(tx: Transaction, actor: Actor, payment_id: UUID, amount: Amount, content: PaymentContent) -> None:
    ledger = await read_ledger(tx, actor, content.ledger_id, LEDGER_PATH)
    _check_ledger(ledger)
    assert content.counterparty is not None, "a payment that is sent has a payee"
    row = await record_payment(
        tx,
        actor,
        payment_id,
        content,
        direction=PaymentDirection.OUT,
        status=PaymentStatus.PENDING,
        amount=money_of(amount, ledger),
        counterparty=content.counterparty,
    )
    hold_id = new_id()
    noun = payment_noun(holder_id=ledger["holder_id"], hold_id=hold_id, transfer_id=None)
    await tell(tx, actor, noun, "payment.status.pending", row)
    await promise(tx, actor, "send_payment", payment_id)
    # Last, since it locks the settlement account, and others wait for that.
    try:
        await place_hold_for(tx, actor, row, hold_id=hold_id, ledger=ledger)
    except InvalidState:
        _check_ledger(await read_ledger(tx, actor, content.ledger_id, LEDGER_PATH))  # Closed meanwhile: say so.
        raise


def _checked(command: SendPayment) -> tuple[Amount, PaymentContent]:
    """The command, checked as far as possible without the ledger."""
    metadata = None if command.metadata is None else check_metadata(command.metadata, ("metadata",))
    ledger_id = parse_id(command.ledger_id, LEDGER_PATH)
    amount = parse_amount(command.amount, ("amount",))
    payee = check_payee(command.counterparty, ("counterparty",))
    reference = check_optional_text(command.reference, ("reference",))
    return amount, PaymentContent(ledger_id, amount.canonical(), payee, reference, metadata or None)


def _check_ledger(ledger: Record) -> None:
    if ledger["is_virtual"]:
        refuse("No bank stands behind a virtual ledger: payments leave real ledgers only.", LEDGER_PATH)
    if not ledger["is_open"]:
        status = ledger["status"]
        message = f"Only a ledger that is OK sends payments; this one is {status}."
        raise InvalidState(message, path=LEDGER_PATH, status=status)
