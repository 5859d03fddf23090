"""A statement and its lines. Amounts and balances are minor units of its unit, on the account's normal side."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.journal.balances_at import BalanceDate
from app.journal.posting_accounts import Book, NormalSide
from app.journal.records import Side
from app.kernel.money import Unit

CREDIT, DEBIT = "CREDIT", "DEBIT"
REVERSAL = "REVERSAL"
PAYMENTS = frozenset({"PAYMENT_IN", "PAYMENT_OUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose statement it is. `name` is the holder's, or a wallet's; None where the key may not read it."""

    id: UUID
    name: str | None
    iban: str | None
    bic: str | None
    sort_code: str | None
    account_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSpan:
    """Of which ledger or wallet a statement is, and of which time: from `start` up to, but without, `end`.

    `is_final`: nothing can change it any more. By value date that takes closed books.
    """

    side: Side
    owner: Owner
    unit: Unit
    normal_side: NormalSide
    start: datetime
    end: datetime
    by: BalanceDate
    is_final: bool

    @property
    def is_of_wallet(self) -> bool:
        """Whether it is a wallet's."""
        return self.side.book is Book.WALLET

    def change(self, direction: str, amount: int) -> int:
        """What an entry does to the balance."""
        return amount if direction == self.normal_side.value else -amount

    def credited(self, balance: int) -> int:
        """A balance as banks tell it: above zero where more was credited than debited."""
        return balance if self.normal_side is NormalSide.CREDIT else -balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(StatementSpan):
    """What the ledger or wallet had just before `start` and just before `end`, and the totals between."""

    opening: int
    closing: int
    debits: int
    credits: int
    entry_count: int


@dataclass(slots=True)
class Line:
    """One entry. `balance` is the balance after it, in the order of the statement; instants are RFC 3339 in UTC.

    The counterparty is the other side, as far as the key may read it.
    """

    posted_at: str
    effective_at: str
    direction: str
    amount: int
    balance: int
    sequence: int
    kind: str
    transfer_id: str
    reverses_id: str | None
    reference: str | None
    counterparty_id: str
    counterparty_name: str | None
    counterparty_iban: str | None
    counterparty_bic: str | None
    counterparty_sort_code: str | None
    counterparty_account_number: str | None

    @property
    def is_payment(self) -> bool:
        """Whether it came from, or went to, an account at a bank."""
        return self.kind in PAYMENTS

    @property
    def is_reversal(self) -> bool:
        """Whether it takes an earlier entry back."""
        return self.kind == REVERSAL
