"""Locked posting accounts, and pairs of them between which money moves. What a debit and a credit do to a balance is
written only here.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from app.db.connection import Record
from app.journal.amounts import TOTAL_MAX
from app.journal.not_open import NotOpen
from app.journal.posting_accounts import Book
from app.journal.records import CreditSide, DebitSide, SequenceNumber, Side
from app.kernel.checks import refuse
from app.kernel.errors import InsufficientFunds, Path
from app.kernel.money import MinorUnits, Money, Unit


class PostingAccount:
    """A locked posting account and its running totals, in minor units."""

    __slots__ = (
        "allow_negative",
        "available_at_first",
        "credits",
        "debits",
        "held",
        "is_changed",
        "is_credit_normal",
        "is_open",
        "last_posted_at",
        "sequence",
        "side",
        "unit",
    )

    def __init__(self, row: Record) -> None:
        self.side = Side(row["id"], Book(row["book"]), row["is_system"], row["holder_id"])
        self.unit = _unit(row["asset"], row["scale"])
        self.is_credit_normal = row["normal_side"] == "CREDIT"
        self.is_open: bool = row["is_open"]
        self.allow_negative: bool = row["allow_negative"]
        self.debits: MinorUnits = row["debits"]
        self.credits: MinorUnits = row["credits"]
        self.held: MinorUnits = row["held"]
        self.sequence: SequenceNumber = row["sequence"]
        self.last_posted_at: datetime | None = row["last_posted_at"]
        self.is_changed = False
        self.available_at_first = self.balance - self.held

    @property
    def balance(self) -> MinorUnits:
        """The posted balance, on the normal side."""
        return MinorUnits(self.credits - self.debits if self.is_credit_normal else self.debits - self.credits)

    def hold_more(self, amount: int) -> None:
        """Add to the held amount; a negative amount lowers it."""
        self.held = MinorUnits(self.held + amount)
        self.is_changed = True

    def check_open(self, path: Path) -> None:
        """Check that it may be posted to.

        :raises NotOpen: it may not.
        """
        if not self.is_open:
            raise NotOpen(self.side.account_id, path)

    def check_funds(self, amount: MinorUnits, path: Path) -> None:
        """Check that the balance, lowered by this much, still covers what is held.

        :raises InsufficientFunds: it does not.
        """
        available = self.balance - self.held
        if not self.allow_negative and available < amount:
            money = Money(max(available, 0), self.unit)
            message = f"{self.side.account_id} has {money.value} {self.unit.asset} available."
            raise InsufficientFunds(message, lacking_id=self.side.account_id, available=money, path=path)


@functools.lru_cache(maxsize=1_024)
def _unit(asset: str, scale: int) -> Unit:
    return Unit(asset, scale)


Debited = NewType("Debited", PostingAccount)
Credited = NewType("Credited", PostingAccount)


@dataclass(slots=True, kw_only=True)
class Pair:
    """Two accounts of one unit between which money moves, and the arguments that named them, for refusals."""

    debited: Debited
    credited: Credited
    debit_path: Path
    credit_path: Path

    @property
    def debit(self) -> DebitSide:
        """The side that is debited."""
        return DebitSide(self.debited.side)

    @property
    def credit(self) -> CreditSide:
        """The side that is credited."""
        return CreditSide(self.credited.side)

    @property
    def is_of_wallets(self) -> bool:
        """Whether wallets stand behind the two."""
        return self.debited.side.book is Book.WALLET

    def check_open(self) -> None:
        """Check that both may be posted to.

        :raises NotOpen: one may not.
        """
        self.debited.check_open(self.debit_path)
        self.credited.check_open(self.credit_path)

    def check_totals(self, amount: MinorUnits, path: Path) -> None:
        """Check that no total would exceed 38 digits.

        :raises Invalid: one would.
        """
        if self.debited.debits + amount > TOTAL_MAX or self.credited.credits + amount > TOTAL_MAX:
            refuse("This would take a total of these accounts beyond 38 digits: move less.", path)

    def check_held(self, amount: MinorUnits, path: Path) -> None:
        """Check that so much more can be held without exceeding 38 digits.

        :raises Invalid: it cannot.
        """
        if max(self.debited.held, self.credited.held) + amount > TOTAL_MAX:
            refuse("This would take what is held beyond 38 digits: hold less.", path)

    def check_funds(self, amount: MinorUnits) -> None:
        """Check the sides whose balance falls: a debited credit-normal account, a credited debit-normal one.

        :raises InsufficientFunds: one lacks the funds.
        """
        if self.debited.is_credit_normal:
            self.debited.check_funds(amount, self.debit_path)
        if not self.credited.is_credit_normal:
            self.credited.check_funds(amount, self.credit_path)

    def reserve(self, amount: int) -> None:
        """Add to the held amount of each side whose balance the transfer would lower; below zero, take from it."""
        if self.debited.is_credit_normal:
            self.debited.hold_more(amount)
        if not self.credited.is_credit_normal:
            self.credited.hold_more(amount)

    def post(self, amount: MinorUnits, now: datetime) -> None:
        """Debit one account and credit the other."""
        self.debited.debits = MinorUnits(self.debited.debits + amount)
        self.credited.credits = MinorUnits(self.credited.credits + amount)
        for account in (self.debited, self.credited):
            account.sequence = SequenceNumber(account.sequence + 1)
            account.last_posted_at = now
            account.is_changed = True
