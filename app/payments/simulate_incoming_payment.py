"""Let money arrive at a ledger from outside. Not in LIVE, where only the bank reports arrivals."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.amounts import Amount, AmountText, minor_units_of, parse_amount
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text, refuse
from app.kernel.errors import Forbidden, InvalidState
from app.kernel.money import Money, Unit
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText, check_counterparty, meaning_of
from app.payments.movements import LEDGER_PATH, payment_transaction
from app.payments.queries import read_ledger, read_payment
from app.payments.record_arrival import record_arrival
from app.payments.record_payment import PaymentContent
from app.payments.records import Payment
from app.settings import Environment

DEFAULT_PAYER = Counterparty("Simulated payer")


@dataclass(frozen=True, slots=True)
class SimulateIncomingPayment:
    """The ledger, the amount and the sender, as sent."""

    ledger_id: str
    amount: AmountText
    idempotency_key: str
    counterparty: CounterpartyText | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """The command, checked as far as possible without the ledger."""

    ledger_id: UUID
    amount: Amount
    payer: Counterparty | None
    reference: str | None
    idempotency_key: str

    def content(self) -> PaymentContent:
        return PaymentContent(self.ledger_id, self.amount.canonical(), self.payer, self.reference)

    def meaning(self) -> PaymentContent:
        return replace(self.content(), counterparty=None if self.payer is None else meaning_of(self.payer))


async def simulate_incoming_payment(
    actor: Actor, command: SimulateIncomingPayment, *, environment: Environment
) -> tuple[Payment, bool]:
    """The payment, and whether this was a replay. It is ACCEPTED and credited, or DECLINED with the reason if the
    ledger is not OK, or frozen.

    :raises Forbidden: a scope is missing, or this is LIVE.
    :raises Invalid, AssetMismatch, NotFound, IdempotencyMismatch, LimitExceeded: nothing happened.
    """
    actor.require("payments:write")
    if environment is Environment.LIVE:
        raise Forbidden("Money is simulated outside LIVE only: here it comes from the bank.")
    asked = _checked(command)
    try:
        return await _receive(actor, asked)
    except InvalidState:
        # The ledger was closed or frozen after we read it. This time we see that, and record the payment as declined.
        return await _receive(actor, asked)


@whole_use_case
async def _receive(actor: Actor, asked: _Checked) -> tuple[Payment, bool]:
    async with payment_transaction() as tx:
        payment_id = new_id()
        existing = await reserve_key(
            tx,
            actor,
            "simulateIncomingPayment",
            asked.idempotency_key,
            asked.meaning(),
            payment_id,
            older=[asked.content()],
        )
        if existing is None:
            await _arrive(tx, actor, payment_id, asked)
        return await read_payment(tx, actor, existing or payment_id, LEDGER_PATH), existing is not None


async def _arrive(tx: Transaction, actor: Actor, payment_id: UUID, asked: _Checked) -> None:
    ledger = await read_ledger(tx, actor, asked.ledger_id, LEDGER_PATH)
    if ledger["is_virtual"]:
        refuse("No bank stands behind a virtual ledger: credit it by hand instead.", LEDGER_PATH)
    unit = Unit(ledger["asset"], ledger["scale"])
    await record_arrival(
        tx,
        actor,
        payment_id,
        asked.content(),
        ledger=ledger,
        amount=Money(minor_units_of(asked.amount, unit, ("amount",)), unit),
        payer=asked.payer or DEFAULT_PAYER,
    )


def _checked(command: SimulateIncomingPayment) -> _Checked:
    payer = command.counterparty
    return _Checked(
        ledger_id=parse_id(command.ledger_id, LEDGER_PATH),
        amount=parse_amount(command.amount, ("amount",)),
        payer=None if payer is None else check_counterparty(payer, ("counterparty",)),
        reference=check_optional_text(command.reference, ("reference",)),
        idempotency_key=command.idempotency_key,
    )
