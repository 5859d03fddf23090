"""Send money out. It is held at once, and PENDING until the bank has answered in the background."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.amounts import Amount, AmountText, minor_units_of, parse_amount
from app.kernel.actor import Actor
from app.kernel.checks import Metadata, check_metadata, check_optional_text, refuse
from app.kernel.errors import InvalidState
from app.kernel.money import Money, Unit
from app.lifecycle.advance import tell
from app.outbox.promise import promise
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText, check_payee, meaning_of
from app.payments.events import payment_noun
from app.payments.movements import LEDGER_PATH, payment_transaction, place_hold_for
from app.payments.operations import SEND_PAYMENT
from app.payments.queries import read_ledger, read_payment
from app.payments.record_payment import PaymentContent, record_payment
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


@dataclass(frozen=True, slots=True)
class _Checked:
    """The command, checked as far as possible without the ledger."""

    ledger_id: UUID
    amount: Amount
    payee: Counterparty
    reference: str | None
    metadata: Metadata | None

    def content(self) -> PaymentContent:
        return PaymentContent(self.ledger_id, self.amount.canonical(), self.payee, self.reference, self.metadata)

    def meaning(self) -> PaymentContent:
        return replace(self.content(), counterparty=meaning_of(self.payee))


@whole_use_case
async def send_payment(actor: Actor, command: SendPayment) -> tuple[Payment, bool]:
    """A PENDING payment, with its money held and its sending promised; and whether this was a replay.

    :raises Invalid, AssetMismatch, NotFound, InvalidState, InsufficientFunds, IdempotencyMismatch, LimitExceeded,
        Forbidden: nothing happened.
    """
    actor.require("payments:write")
    asked = _checked(command)
    async with payment_transaction() as tx:
        payment_id = new_id()
        existing = await reserve_key(
            tx,
            actor,
            SEND_PAYMENT,
            command.idempotency_key,
            asked.meaning(),
            payment_id,
            older=[asked.content()],
        )
        if existing is None:
            await _send(tx, actor, payment_id, asked)
        return await read_payment(tx, actor, existing or payment_id, LEDGER_PATH), existing is not None


async def _send(tx: Transaction, actor: Actor, payment_id: UUID, asked: _Checked) -> None:
    ledger = await read_ledger(tx, actor, asked.ledger_id, LEDGER_PATH)
    _check_ledger(ledger)
    unit = Unit(ledger["asset"], ledger["scale"])
    row = await record_payment(
        tx,
        actor,
        payment_id,
        asked.content(),
        direction=PaymentDirection.OUT,
        status=PaymentStatus.PENDING,
        amount=Money(minor_units_of(asked.amount, unit, ("amount",)), unit),
        counterparty=asked.payee,
    )
    hold_id = new_id()
    noun = payment_noun(holder_id=ledger["holder_id"], hold_id=hold_id, transfer_id=None)
    await tell(tx, actor, noun, "payment.status.pending", row)
    await promise(tx, actor, "send_payment", payment_id)
    # Last, since it locks the settlement account, and others wait for that.
    try:
        await place_hold_for(tx, actor, row, hold_id=hold_id, ledger=ledger)
    except InvalidState:
        _check_ledger(await read_ledger(tx, actor, asked.ledger_id, LEDGER_PATH))  # Closed meanwhile: names its status.
        raise


def _checked(command: SendPayment) -> _Checked:
    metadata = None if command.metadata is None else check_metadata(command.metadata, ("metadata",))
    return _Checked(
        ledger_id=parse_id(command.ledger_id, LEDGER_PATH),
        amount=parse_amount(command.amount, ("amount",)),
        payee=check_payee(command.counterparty, ("counterparty",)),
        reference=check_optional_text(command.reference, ("reference",)),
        metadata=metadata or None,
    )


def _check_ledger(ledger: Record) -> None:
    if ledger["is_virtual"]:
        refuse("No bank stands behind a virtual ledger: payments leave real ledgers only.", LEDGER_PATH)
    if not ledger["is_open"]:
        status = ledger["status"]
        message = f"Only a ledger that is OK sends payments; this one is {status}."
        raise InvalidState(message, path=LEDGER_PATH, status=status)
