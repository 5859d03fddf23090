"""What we ask of a bank. Every adapter passes the same test (`tests/partners/bank_partner_contract.py`)."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from app.kernel.money import Money
from app.outbox.drain import Unavailable


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """Open the account behind a ledger. `ledger_id` is what the bank recognizes a repeated request by."""

    ledger_id: UUID
    product: str
    asset: str
    holder_name: str | None
    """None while the ledger is unassigned."""
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BankAccount:
    """What the bank gave: each pair (sort code and account number, IBAN and BIC) wholly or not at all."""

    sort_code: str | None = None
    account_number: str | None = None
    iban: str | None = None
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class IbanRequest:
    """Give an open account an IBAN. `request_id` is what the bank recognizes a repeated request by."""

    request_id: UUID
    ledger_id: UUID
    product: str
    asset: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AssignedIban:
    """An IBAN and the BIC that goes with it."""

    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Counterparty:
    """Who is on the other side of a payment, and where: by IBAN, by sort code and account number, or by both."""

    name: str
    iban: str | None = None
    sort_code: str | None = None
    account_number: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """Send money out of a ledger's account. `payment_id` is what the bank recognizes a repeated request by.

    `customer_id` is the bank's client, and `payer` is who the other side reads that the money is from.
    """

    payment_id: UUID
    customer_id: UUID
    ledger_id: UUID
    product: str
    amount: Money
    payer: Counterparty
    counterparty: Counterparty
    reference: str | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Money that arrived at a ledger's account. `is_return`: it was sent from there, and could not be taken."""

    arrival_id: UUID
    ledger_id: UUID
    amount: Money
    payer: Counterparty
    reference: str | None
    partner_reference: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class SentPayment:
    """What the bank calls a payment that it sent."""

    partner_reference: str


class PartnerDeclined(Exception):
    """The bank said no, for good."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PartnerUnableToAdvance(Exception):
    """The bank cannot go on with this request; another may be made later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PartnerUnavailable(Unavailable):
    """The bank did not answer, or not in a way that can be used: nothing is known, and we ask again later."""


class BankPartner(Protocol):
    """A bank. The same request again has the same answer, and one effect."""

    async def open_account(self, request: AccountRequest) -> BankAccount:
        """Open the account behind a ledger.

        :raises PartnerDeclined: the bank said no.
        :raises PartnerUnavailable: ask again later.
        """
        ...

    async def assign_iban(self, request: IbanRequest) -> AssignedIban:
        """Give an account an IBAN.

        :raises PartnerDeclined: the bank said no.
        :raises PartnerUnableToAdvance: the bank cannot go on with this request.
        :raises PartnerUnavailable: ask again later.
        """
        ...

    async def send_payment(self, request: PaymentRequest) -> SentPayment:
        """Send money out.

        :raises PartnerDeclined: the bank said no, and never sends it.
        :raises PartnerUnavailable: perhaps it was sent; ask again later.
        """
        ...

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """What arrived, as the bank knows it; None where it knows of none."""
        ...

    async def return_arrival(self, arrival_id: UUID) -> None:
        """Give money back that arrived and was not taken.

        :raises PartnerUnavailable: ask again later.
        """
        ...
