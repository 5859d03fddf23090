"""Let money arrive at a ledger from outside. Not in LIVE, where only the bank reports arrivals."""

from dataclasses import dataclass
from uuid import UUID

from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, whole_use_case
from app.journal.amounts import Amount, AmountText, parse_amount
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text, refuse
from app.kernel.errors import Forbidden, InvalidState
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText, check_counterparty
from app.payments.movements import LEDGER_PATH, payment_transaction
from app.payments.operations import SIMULATE_INCOMING_PAYMENT
from app.payments.queries import read_ledger, read_payment
from app.payments.record_arrival import record_arrival
from app.payments.record_payment import PaymentContent, money_of, reserve_payment
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
    amount, content = _checked(command)
    try:
        return await _receive(actor, command.idempotency_key, amount, content)
    except InvalidState:
        # The ledger was closed or frozen after we read it. This time we see that, and record the payment as declined.
        return await _receive(actor, command.idempotency_key, amount, content)


@whole_use_case
async def _receive(actor: Actor, key: str, amount: Amount, content: PaymentContent) -> tuple[Payment, bool]:
    async with payment_transaction() as tx:
        payment_id = new_id()
        existing = await reserve_payment(
            tx, actor, SIMULATE_INCOMING_PAYMENT, key, content, payment_id, default=DEFAULT_PAYER
        )
        if existing is None:
            await _arrive(tx, actor, payment_id, amount, content)
        return await read_payment(tx, actor, existing or payment_id, LEDGER_PATH), existing is not None


async def _arrive(tx: Transaction, actor: Actor, payment_id: UUID, amount: Amount, content: PaymentContent) -> None:
    ledger = await read_ledger(tx, actor, content.ledger_id, LEDGER_PATH)
    if ledger["is_virtual"]:
        refuse("No bank stands behind a virtual ledger: credit it by hand instead.", LEDGER_PATH)
    payer = content.counterparty or DEFAULT_PAYER
    await record_arrival(tx, actor, payment_id, content, ledger=ledger, amount=money_of(amount, ledger), payer=payer)


def _checked(command: SimulateIncomingPayment) -> tuple[Amount, PaymentContent]:
    """The command, checked as far as possible without the ledger."""
    ledger_id = parse_id(command.ledger_id, LEDGER_PATH)
    amount = parse_amount(command.amount, ("amount",))
    sent = command.counterparty
    payer = None if sent is None else check_counterparty(sent, ("counterparty",))
    reference = check_optional_text(command.reference, ("reference",))
    return amount, PaymentContent(ledger_id, amount.canonical(), payer, reference)
