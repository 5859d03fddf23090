"""Mutations of payments, and what they take."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_input, described_type, optional, union
from app.api.graphql.errors import RefusalOfMoney, mutation
from app.api.graphql.journal_inputs import MONEY_KEY, MONEY_METADATA
from app.api.graphql.ledger_inputs import UkBankAccountInput
from app.api.graphql.money import MoneyInput
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.payments import Payment
from app.api.graphql.reply import REPLAYED, Asked, Reply
from app.api.graphql.scalars import JSONValue
from app.payments.counterparty import CounterpartyText
from app.payments.send_payment import SendPayment, send_payment
from app.payments.simulate_incoming_payment import SimulateIncomingPayment, simulate_incoming_payment

REFERENCE = "What for, as the other side reads it; at most 255 characters: `Invoice 2026-117`."


@described_input("Who is on the other side of a payment.")
class CounterpartyInput:
    name: str = described("Its name: `Grace Hopper`.")
    iban: str | None = optional("Its IBAN, spaces allowed: `GB33BUKB20201555555555`.")
    uk_bank_account: UkBankAccountInput | None = optional(
        "Its sort code and account number. To send money, give this or `iban`."
    )

    def as_sent(self) -> CounterpartyText:
        """The counterparty as a verb takes it."""
        account = self.uk_bank_account
        return CounterpartyText(
            self.name, self.iban, None if account is None else (account.sort_code, account.account_number)
        )


@described_input("Money to send out of a real ledger.")
class SendPaymentInput:
    idempotency_key: str = described(MONEY_KEY)
    ledger_id: strawberry.ID = described(f"The ledger that pays: `{EXAMPLE_ID}`.")
    amount: MoneyInput = described("How much: more than zero, of the ledger's asset.")
    counterparty: CounterpartyInput = described("Who gets it, and where.")
    reference: str | None = optional(REFERENCE)
    metadata: JSONValue | None = optional(MONEY_METADATA)


@described_input("Outside LIVE only: money arriving from outside at this ledger.")
class SimulatePaymentInput:
    idempotency_key: str = described(MONEY_KEY)
    ledger_id: strawberry.ID = described(f"The ledger that receives: `{EXAMPLE_ID}`.")
    amount: MoneyInput = described("How much: more than zero, of the ledger's asset.")
    counterparty: CounterpartyInput | None = optional("Who sends it. Left out: `Simulated payer`.")
    reference: str | None = optional(REFERENCE)


@described_type("The payment.")
class PaymentSuccess(Reply):
    payment: Payment = described("The payment as it now is.")
    replayed: bool = described(REPLAYED)


PaymentResult = Annotated[
    PaymentSuccess | RefusalOfMoney, union("PaymentResult", "The payment, or why nothing happened.")
]


@strawberry.type
class PaymentMutations:
    """Mutations of payments."""

    @mutation("Send money out: held and PENDING at once, sent by the bank in the background.")
    async def send_payment(self, info: Info, input: Asked[SendPaymentInput]) -> PaymentResult:
        command = SendPayment(
            input.ledger_id,
            input.amount.as_sent(),
            input.counterparty.as_sent(),
            input.idempotency_key,
            input.reference,
            input.metadata,
        )
        return PaymentSuccess.of(await send_payment(info.context.actor, command), info.context)

    @mutation(
        "Let money arrive at a ledger, outside LIVE. "
        "At a ledger that is not OK the payment is recorded as DECLINED, with the reason."
    )
    async def simulate_incoming_payment(self, info: Info, input: Asked[SimulatePaymentInput]) -> PaymentResult:
        command = SimulateIncomingPayment(
            input.ledger_id,
            input.amount.as_sent(),
            input.idempotency_key,
            None if input.counterparty is None else input.counterparty.as_sent(),
            input.reference,
        )
        environment = info.context.settings.environment
        return PaymentSuccess.of(
            await simulate_incoming_payment(info.context.actor, command, environment=environment), info.context
        )
