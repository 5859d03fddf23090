"""What we ask of a bank. Every adapter passes the same test (`tests/partners/bank_partner_contract.py`)."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from app.kernel.money import Money
from app.outbox.drain import Unavailable


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """Open the account behind a ledger. The bank recognizes a repeated request by `ledger_id`."""

    ledger_id: UUID
    product: str
    asset: str
    holder_name: str | None
    """None while the ledger is unassigned."""
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BankAccount:
    """What the bank gave. Each pair (sort code and account number, IBAN and BIC) is complete or absent."""

    sort_code: str | None = None
    account_number: str | None = None
    iban: str | None = None
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class IbanRequest:
    """Give an open account an IBAN. The bank recognizes a repeated request by `request_id`."""

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
    """The other side of a payment: a name, and an IBAN, a sort code and account number, or both."""

    name: str
    iban: str | None = None
    sort_code: str | None = None
    account_number: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """Send money out of a ledger's account. The bank recognizes a repeated request by `payment_id`.

    `customer_id` is the bank's client; `payer` is the sender's name that the other side sees.
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
    """Money that arrived at a ledger's account. `is_return`: it was sent from there and came back."""

    arrival_id: UUID
    ledger_id: UUID
    amount: Money
    payer: Counterparty
    reference: str | None
    partner_reference: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class SentPayment:
    """The bank's reference for a payment that it sent."""

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
    """The bank did not answer, or gave no usable answer: the outcome is unknown, and we ask again later."""


class BankPartner(Protocol):
    """A bank. Repeating a request gives the same answer and has no further effect.

    Each call runs in a span of its own. An adapter that speaks HTTP sends `app.kernel.tracing.headers_to_send()` along.
    """

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
        :raises PartnerUnavailable: it may have been sent; ask again later.
        """
        ...

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """The arrival as the bank knows it; None if it does not know this id."""
        ...

    async def return_arrival(self, arrival_id: UUID) -> None:
        """Return money that arrived and was declined.

        :raises PartnerUnavailable: ask again later.
        """
        ...
