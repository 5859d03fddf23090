"""Payments: types and queries. Their mutations are in payment_mutations.py."""

import datetime as dt

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_input, described_type, optional
from app.api.graphql.filter_values import (
    FILTER,
    AmountFilter,
    DateTimeFilter,
    amounts_in,
    id_in,
    metadata_in,
    several_in,
    span_in,
)
from app.api.graphql.holds import Hold
from app.api.graphql.journal_filters import STOPS
from app.api.graphql.key_of_operation import Key, id_named
from app.api.graphql.known_assets import check_amount_asset
from app.api.graphql.ledgers import Ledger, UkBankAccount
from app.api.graphql.loaders import load_hold, load_ledger, load_transfer
from app.api.graphql.money import Money
from app.api.graphql.node import EXAMPLE_ID, Node, PerhapsItsId
from app.api.graphql.paging import Connection, Which, paged, read_page_of
from app.api.graphql.payment_enums import PaymentDirection, PaymentStatus
from app.api.graphql.scalars import JSONValue
from app.api.graphql.transfers import Transfer
from app.api.graphql.views import shows, view
from app.db.pages import Page
from app.kernel.checks import check_optional_text
from app.partners import port
from app.payments import queries, records
from app.payments.counterparty import account_of_iban
from app.payments.operations import PAYMENT_OPERATIONS


@described_type("Who is on the other side of a payment.")
class Counterparty:
    name: str = described("Its name: `Grace Hopper`.")
    iban: str | None = described("Its IBAN: `GB33BUKB20201555555555`.")
    uk_bank_account: UkBankAccount | None = described("Its sort code and account number.")

    @classmethod
    def of(cls, found: port.Counterparty) -> "Counterparty":
        """The GraphQL view of a counterparty."""
        account: UkBankAccount | None = None
        if found.sort_code is not None and found.account_number is not None:
            account = UkBankAccount(sort_code=found.sort_code, account_number=found.account_number)
        return cls(name=found.name, iban=found.iban, uk_bank_account=account)


@shows(
    records.Payment,
    amount=lambda view: Money.of(view.shown.amount),
    counterparty=lambda view: Counterparty.of(view.shown.counterparty),
)
@described_type("Money from or to outside, through the partner bank.")
class Payment(Node):
    direction: PaymentDirection = described("Whether money arrives or leaves: `OUT`.")
    status: PaymentStatus = described("Where it stands: `ACCEPTED`.")
    status_reason: str | None = described("Why it was declined: `The bank declined this payment.`")
    amount: Money = described('How much: `{ value: "10.00", asset: "GBP" }`.')
    counterparty: Counterparty = described("Who is on the other side.")
    reference: str | None = described("What for, as the other side reads it: `Invoice 2026-117`.")
    metadata: JSONValue = described('Your own fields: `{"invoice": "2026-117"}`.')
    partner_reference: str | None = described("What the bank calls it: `SIM-5F0C3A9E71D2B846`.")
    created_at: dt.datetime = described("When it was made: `2026-11-20T12:00:00.123456Z`.")
    updated_at: dt.datetime = described("When its status last changed: as `createdAt`.")
    shown: strawberry.Private[records.Payment]

    @described("The ledger that sends or receives. Needs the scope `ledgers:read`.", needs="ledgers:read")
    async def ledger(self, info: Info) -> Ledger:
        ledger = await load_ledger(info.context, self.shown.ledger_id)
        assert ledger is not None, "who may read a payment and ledgers may read its ledger"
        return view(ledger, info.context)

    @described("What reserved the money of one that goes out; null for one that came in.")
    async def hold(self, info: Info) -> Hold | None:
        return view(await load_hold(info.context, self.shown.hold_id), info.context)

    @described("What moved the money; null unless it was accepted.")
    async def transfer(self, info: Info) -> Transfer | None:
        return view(await load_transfer(info.context, self.shown.transfer_id), info.context)


@described_input("Which payments; what is left out does not matter.")
class PaymentFilter:
    ledger_id: strawberry.ID | None = optional(f"Of this ledger: `{EXAMPLE_ID}`.")
    direction: PaymentDirection | None = optional("Going this way: `OUT`.")
    status: list[PaymentStatus] | None = optional("In these statuses: `[PENDING, ACCEPTED]`.")
    reference: str | None = optional("With exactly this one: `Invoice 2026-117`.")
    counterparty_iban: str | None = optional(
        "With this account on the other side: `GB33BUKB20201555555555`, spaces allowed. A British one also finds those "
        "that name it by sort code and account number."
    )
    counterparty_name: str | None = optional(
        "With somebody of exactly this name there, in whatever case: `Grace Hopper`."
    )
    partner_reference: str | None = optional("Which the bank calls so: `SIM-5F0C3A9E71D2B846`.")
    created_at: DateTimeFilter | None = optional(f"Made in this time. It {STOPS.format('createdAt')}")
    amount: AmountFilter | None = optional('Of so much: `{ gte: "10.00", asset: "GBP" }`.')
    metadata: JSONValue | None = optional('Containment: whose metadata contains this: `{"invoice": "2026-117"}`.')

    def wanted(self) -> queries.PaymentFilter:
        """The filter as the query takes it.

        :raises Invalid: a malformed value, or too many.
        """
        return queries.PaymentFilter(
            ledger_id=id_in(self.ledger_id, "ledgerId"),
            direction=self.direction,
            status=several_in(self.status, "status"),
            reference=check_optional_text(self.reference, (FILTER, "reference")),
            **span_in(self.created_at, "created_at"),
            counterparty=(
                None
                if self.counterparty_iban is None
                else account_of_iban(self.counterparty_iban, (FILTER, "counterpartyIban"))
            ),
            counterparty_name=check_optional_text(self.counterparty_name, (FILTER, "counterpartyName")),
            partner_reference=check_optional_text(self.partner_reference, (FILTER, "partnerReference")),
            amount=amounts_in(self.amount, is_of_account=self.ledger_id is not None),
            metadata=metadata_in(self.metadata),
        )


@strawberry.type
class PaymentQueries:
    """Queries about payments."""

    @described("One payment, by its id or by the key that it was made with; null where there is none.")
    async def payment(self, info: Info, id: PerhapsItsId = None, key: Key = None) -> Payment | None:
        named = await id_named(info.context, id, key, PAYMENT_OPERATIONS, queries.READ)
        found = None if named is None else await queries.find_payment(info.context.actor, named)
        return view(found, info.context)

    @paged("Payments, newest first unless ordered otherwise.")
    async def payments(self, info: Info, page: Page, filter: Which[PaymentFilter] = None) -> Connection[Payment]:
        wanted = queries.PaymentFilter() if filter is None else filter.wanted()
        await check_amount_asset(info.context, wanted.amount, queries.READ)
        read, cursors = queries.read_payments, queries.payment_cursors
        return await read_page_of(info.context, wanted, page, read=read, cursors=cursors)
