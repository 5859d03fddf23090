"""Locked posting accounts, and pairs of them between which money moves. What a debit and a credit do to a balance is
written only here.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Self

from app.db.connection import Record
from app.journal.amounts import TOTAL_MAX
from app.journal.frozen import FROZEN
from app.journal.not_open import NotOpen
from app.journal.posting_accounts import Book
from app.journal.records import CreditSide, DebitSide, SequenceNumber, Side
from app.kernel.checks import refuse
from app.kernel.errors import InsufficientFunds, InvalidState, Path
from app.kernel.money import MinorUnits, Money, Unit


class PostingAccount:
    """A locked posting account and its running totals, in minor units."""

    __slots__ = (
        "allow_negative",
        "available_at_first",
        "credits",
        "credits_are_frozen",
        "debits",
        "debits_are_frozen",
        "forced_below",
        "held",
        "is_changed",
        "is_credit_normal",
        "is_forced",
        "is_open",
        "last_posted_at",
        "overdraft_limit",
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
        # Null where there is none: nothing is decoded then.
        self.overdraft_limit: int = row["overdraft_limit"] or 0
        self.forced_below: int | None = row["forced_below"]
        self.debits_are_frozen: bool = row["frozen_debits"] is not None
        self.credits_are_frozen: bool = row["frozen_credits"] is not None
        self.is_forced = False
        self.is_changed = False
        self.available_at_first = self.available

    def copied(self) -> Self:
        """The same account for another batch, which may change it."""
        other = object.__new__(type(self))
        other.side, other.unit, other.is_credit_normal = self.side, self.unit, self.is_credit_normal
        other.is_open, other.allow_negative = self.is_open, self.allow_negative
        other.debits, other.credits, other.held, other.sequence = self.debits, self.credits, self.held, self.sequence
        other.last_posted_at, other.overdraft_limit = self.last_posted_at, self.overdraft_limit
        other.forced_below = self.forced_below
        other.debits_are_frozen, other.credits_are_frozen = self.debits_are_frozen, self.credits_are_frozen
        other.is_forced = other.is_changed = False
        other.available_at_first = self.available
        return other

    @property
    def balance(self) -> MinorUnits:
        """The posted balance, on the normal side."""
        return MinorUnits(self.credits - self.debits if self.is_credit_normal else self.debits - self.credits)

    @property
    def available(self) -> int:
        """What can be spent. Below zero only where a bank had done what could not be refused."""
        return self.balance - self.held + self.overdraft_limit

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
        """Check that the balance, lowered by this much, still covers what is held, with its overdraft limit.

        :raises InsufficientFunds: it does not.
        """
        available = self.available
        if not self.allow_negative and available < amount:
            money = Money(max(available, 0), self.unit)
            message = f"{self.side.account_id} has {money.value} {self.unit.asset} available."
            raise InsufficientFunds(message, lacking_id=self.side.account_id, available=money, path=path)

    def allow_for_forced(self, *, is_debit: bool) -> bool:
        """After a posting that could not be refused: whether a freeze or the floor forbade it on this side. If so, the
        account's row is written so that the database lets it through.
        """
        is_lowered = is_debit is self.is_credit_normal
        is_frozen = self.debits_are_frozen if is_debit else self.credits_are_frozen
        is_below = is_lowered and self.available < 0 and not self.allow_negative
        self.is_forced = self.is_forced or is_frozen or is_below
        return is_frozen or is_below


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

    def check_not_frozen(self) -> None:
        """Check that no freeze forbids debiting the one and crediting the other.

        :raises InvalidState: one does.
        """
        if self.debited.debits_are_frozen:
            raise _frozen(self.debited, "debited", self.debit_path)
        if self.credited.credits_are_frozen:
            raise _frozen(self.credited, "credited", self.credit_path)

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

    def allow_for_forced(self) -> bool:
        """After a posting that could not be refused: whether anything forbade it."""
        is_forced = [self.debited.allow_for_forced(is_debit=True), self.credited.allow_for_forced(is_debit=False)]
        return any(is_forced)


def _frozen(account: PostingAccount, done: str, path: Path) -> InvalidState:
    # Without the reason, which is not for the other side of a transfer.
    message = f"{account.side.account_id} is FROZEN: it is not {done} until it is unfrozen."
    return InvalidState(message, path=path, status=FROZEN)
