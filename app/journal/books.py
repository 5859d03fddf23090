"""The books in memory while a batch is decided: posting accounts and holds as locked, and what becomes of them.

Instructions are decided one after another, each against what those before it have left. A refused one changes nothing.
"""

import functools
from datetime import datetime
from uuid import UUID

from app.db.connection import Record
from app.journal.amounts import TOTAL_MAX, exact, minor_units_of
from app.journal.instructions import Capture, Expire, Instruction, Place, Post, Release, Reverse
from app.journal.not_open import NotOpen
from app.journal.posting_accounts import Book
from app.journal.records import Hold, Side, Transfer
from app.journal.status import HOLD, IRREVERSIBLE, HoldStatus, TransferKind
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import AssetMismatch, DomainError, Forbidden, InsufficientFunds, InvalidState, NotFound, Path
from app.kernel.money import Money, Unit


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
        self.debits: int = row["debits"]
        self.credits: int = row["credits"]
        self.held: int = row["held"]
        self.sequence: int = row["sequence"]
        self.last_posted_at: datetime | None = row["last_posted_at"]
        self.is_changed = False
        self.available_at_first = self.balance - self.held

    @property
    def balance(self) -> int:
        """What is posted, on the normal side."""
        return self.credits - self.debits if self.is_credit_normal else self.debits - self.credits

    def lacks(self, amount: int) -> bool:
        """Whether lowering the balance by this much would take it below what is held."""
        return not self.allow_negative and self.balance - self.held < amount


class Books:
    """Decides instructions against locked posting accounts, holds and transfers, and keeps what is to be written."""

    def __init__(
        self,
        accounts: dict[UUID, PostingAccount],
        holds: dict[UUID, Hold],
        transfers: dict[UUID, Transfer],
        now: datetime,
    ) -> None:
        self.accounts = accounts
        self.holds = holds
        self.transfers = transfers
        self.now = now
        self.posted: list[Transfer] = []
        self.placed: list[Hold] = []
        self.moved: list[Hold] = []

    def carry_out(self, instruction: Instruction) -> Transfer | Hold:
        """Do what is told; answers the transfer or hold.

        :raises DomainError: nothing changed.
        """
        match instruction:
            case Place():
                return self._place(instruction)
            case Post():
                return self._post(instruction)
            case Capture():
                return self._capture(instruction)
            case Release():
                return self._end(instruction, HoldStatus.RELEASED)
            case Expire():
                return self._end(instruction, HoldStatus.EXPIRED)
            case Reverse():
                return self._reverse(instruction)
        message = f"no such instruction: {instruction!r}"
        raise AssertionError(message)

    def true_afterwards(self, refusal: DomainError) -> DomainError:
        """The refusal of one instruction as it must be told where those before it are not done either."""
        if not isinstance(refusal, InsufficientFunds):
            return refusal
        account = self.accounts[refusal.lacking_id]
        available = Money(max(account.available_at_first, 0), account.unit)
        if available == refusal.available:
            return refusal
        message = (
            f"{account.side.account_id} has {available.value} {account.unit.asset} available, "
            f"of which the items before this one would leave {refusal.available.value}."
        )
        return InsufficientFunds(message, lacking_id=refusal.lacking_id, available=available, path=refusal.path)

    def released_before(self, asked: Release) -> Hold | None:
        """The hold, where it is released already: releasing twice is releasing once.

        :raises NotFound, Forbidden: it is none of the actor's.
        """
        hold = self._own_hold(asked, asked.hold_id)
        is_released = hold.status is HoldStatus.RELEASED and hold.payment_id == asked.payment_id
        return hold if is_released else None

    def _post(self, asked: Post) -> Transfer:
        debited, credited = self._sides(asked)
        amount = self._amount(asked, debited, credited)
        self._check_funds(asked, debited, credited, amount)
        kind = asked.kind or (TransferKind.WALLET if debited.side.book is Book.WALLET else TransferKind.INTER_LEDGER)
        return self._write(asked, kind, amount, debited, credited)

    def _place(self, asked: Place) -> Hold:
        if asked.expires_at is not None and asked.expires_at <= self.now:
            refuse("A hold expires in the future: give a later `expiresAt`.", (*asked.path, "expires_at"))
        debited, credited = self._sides(asked)
        amount = self._amount(asked, debited, credited)
        self._check_funds(asked, debited, credited, amount)
        if max(debited.held, credited.held) + amount > TOTAL_MAX:
            refuse("This would take what is held beyond 38 digits: hold less.", (*asked.path, "amount", "value"))
        self._reserve(debited, credited, amount)
        hold = Hold(
            asked.actor.customer_id,
            asked.resource_id,
            HoldStatus.PLACED,
            amount,
            debited.unit,
            debited.side,
            credited.side,
            asked.payment_id,
            None,
            asked.expires_at,
            asked.reference,
            asked.metadata or {},
            1,
            self.now,
            self.now,
        )
        # Not among the locked ones: nobody knows its id before this batch is written, and only then can it move.
        self.placed.append(hold)
        return hold

    def _capture(self, asked: Capture) -> Hold:
        hold = self._placed_hold(asked, asked.hold_id, asked.payment_id)
        debited, credited = self.accounts[hold.debit.account_id], self.accounts[hold.credit.account_id]
        path = (*asked.path, "amount")
        amount = hold.amount if asked.amount is None else minor_units_of(asked.amount, hold.unit, path)
        if amount > hold.amount:
            held = Money(hold.amount, hold.unit).value
            refuse(f"Only {held} {hold.unit.asset} are held: capture at most that.", (*path, "value"))
        for account in (debited, credited):
            self._check_open(account, asked, "hold_id")
        self._check_totals(debited, credited, amount, (*path, "value"))
        self._reserve(debited, credited, -hold.amount)
        if hold.payment_id is not None:
            kind = TransferKind.PAYMENT_OUT
        else:
            kind = TransferKind.WALLET if debited.side.book is Book.WALLET else TransferKind.INTER_LEDGER
        following = Post(
            actor=asked.actor,
            resource_id=asked.resource_id,
            key=None,
            debit_id=hold.debit.account_id,
            credit_id=hold.credit.account_id,
            amount=exact(amount, hold.unit),
            reference=hold.reference,
            metadata=hold.metadata,
            payment_id=hold.payment_id,
        )
        transfer = self._write(following, kind, amount, debited, credited, hold_id=hold.id)
        hold.transfer_id = transfer.id
        return self._move(hold, HoldStatus.CAPTURED)

    def _end(self, asked: Release | Expire, status: HoldStatus) -> Hold:
        payment_id = asked.payment_id if isinstance(asked, Release) else None
        hold = self._placed_hold(asked, asked.hold_id, payment_id, may_be_over=status is HoldStatus.EXPIRED)
        if status is HoldStatus.EXPIRED and (hold.expires_at is None or hold.expires_at > self.now):
            raise InvalidState("This hold's time is not up.", path=(*asked.path, "hold_id"), status=hold.status.value)
        self._reserve(self.accounts[hold.debit.account_id], self.accounts[hold.credit.account_id], -hold.amount)
        return self._move(hold, status)

    def _reverse(self, asked: Reverse) -> Transfer:
        path = (*asked.path, "transfer_id")
        original = self.transfers.get(asked.transfer_id)
        if original is None or not sees(asked.actor, original.debit, original.credit):
            raise NotFound(f"There is no transfer {asked.transfer_id}.", path=path)
        if original.kind in IRREVERSIBLE:
            what = "A reversal" if original.kind is TransferKind.REVERSAL else "A payment's transfer"
            raise InvalidState(f"{what} cannot be reversed.", path=path, status=original.status.value)
        if original.reversed_by_id is not None:
            raise InvalidState(
                "This transfer was reversed before.",
                path=path,
                status=original.status.value,
                existing_id=str(original.reversed_by_id),
            )
        debited, credited = self.accounts[original.credit.account_id], self.accounts[original.debit.account_id]
        # A holder's own token gives back what that holder got; it takes nothing from others, nor out of a vault.
        _check_owner(asked.actor, debited.side, path)
        for account in (debited, credited):
            self._check_open(account, asked, "transfer_id")
        following = Post(
            actor=asked.actor,
            resource_id=asked.resource_id,
            key=None,
            path=asked.path,
            debit_id=debited.side.account_id,
            credit_id=credited.side.account_id,
            amount=exact(original.amount, original.unit),
            reference=asked.reason,
            debit_name="transfer_id",
            credit_name="transfer_id",
        )
        self._check_totals(debited, credited, original.amount, path)
        self._check_funds(following, debited, credited, original.amount)
        reversal = self._write(
            following, TransferKind.REVERSAL, original.amount, debited, credited, reverses_id=original.id
        )
        original.reversed_by_id = reversal.id
        return reversal

    def _sides(self, asked: Post) -> tuple[PostingAccount, PostingAccount]:
        debited = self._named(asked, asked.debit_id, asked.debit_name)
        credited = self._named(asked, asked.credit_id, asked.credit_name)
        if debited.unit.asset != credited.unit.asset:
            message = f"Money moves within one asset: this is {debited.unit.asset} to {credited.unit.asset}."
            raise AssetMismatch(message, path=(*asked.path, asked.credit_name))
        if debited.side.book is not credited.side.book or debited.unit != credited.unit:
            refuse(
                "Money moves between real ledgers, between virtual ledgers, or between wallets, of the same decimals.",
                (*asked.path, asked.credit_name),
            )
        self._check_open(debited, asked, asked.debit_name)
        self._check_open(credited, asked, asked.credit_name)
        return debited, credited

    def _named(self, asked: Post, account_id: UUID, name: str) -> PostingAccount:
        account = self.accounts.get(account_id)
        if account is None or not _may_name(asked, account.side):
            raise NotFound(f"There is no ledger or wallet {account_id}.", path=(*asked.path, name))
        return account

    def _amount(self, asked: Post, debited: PostingAccount, credited: PostingAccount) -> int:
        path = (*asked.path, "amount")
        amount = minor_units_of(asked.amount, debited.unit, path)
        self._check_totals(debited, credited, amount, (*path, "value"))
        return amount

    def _check_open(self, account: PostingAccount, asked: Instruction, name: str) -> None:
        if not account.is_open:
            raise NotOpen(account.side.account_id, (*asked.path, name))

    def _check_totals(self, debited: PostingAccount, credited: PostingAccount, amount: int, path: Path) -> None:
        if debited.debits + amount > TOTAL_MAX or credited.credits + amount > TOTAL_MAX:
            refuse("This would take a total of these accounts beyond 38 digits: move less.", path)

    def _check_funds(self, asked: Post, debited: PostingAccount, credited: PostingAccount, amount: int) -> None:
        """Of the sides whose balance it lowers."""
        if debited.is_credit_normal and debited.lacks(amount):
            raise _lack(debited, (*asked.path, asked.debit_name))
        if not credited.is_credit_normal and credited.lacks(amount):
            raise _lack(credited, (*asked.path, asked.credit_name))

    def _reserve(self, debited: PostingAccount, credited: PostingAccount, amount: int) -> None:
        """Hold so much more (or less) on each side that the transfer would lower."""
        if debited.is_credit_normal:
            debited.held += amount
        if not credited.is_credit_normal:
            credited.held += amount
        debited.is_changed = credited.is_changed = True

    def _own_hold(self, asked: Instruction, hold_id: UUID) -> Hold:
        path = (*asked.path, "hold_id")
        hold = self.holds.get(hold_id)
        if hold is None or not sees(asked.actor, hold.debit, hold.credit):
            raise NotFound(f"There is no hold {hold_id}.", path=path)
        _check_owner(asked.actor, hold.debit, path)
        return hold

    def _placed_hold(
        self, asked: Instruction, hold_id: UUID, payment_id: UUID | None, *, may_be_over: bool = False
    ) -> Hold:
        path = (*asked.path, "hold_id")
        hold = self._own_hold(asked, hold_id)
        status = hold.status.value
        if hold.payment_id is not None and payment_id != hold.payment_id:
            raise InvalidState("This hold belongs to a payment, which alone moves it.", path=path, status=status)
        if hold.status is not HoldStatus.PLACED:
            raise InvalidState(f"This hold is {status}.", path=path, status=status)
        if not may_be_over and hold.expires_at is not None and hold.expires_at <= self.now:
            expired = HoldStatus.EXPIRED.value
            raise InvalidState("This hold has expired.", path=path, status=expired)
        return hold

    def _move(self, hold: Hold, status: HoldStatus) -> Hold:
        assert HOLD.allows(hold.status, status), f"{HOLD.name}: {hold.status} -> {status} is not in the table"
        hold.status = status
        hold.version += 1
        hold.updated_at = self.now
        self.moved.append(hold)
        return hold

    def _write(
        self,
        asked: Post,
        kind: TransferKind,
        amount: int,
        debited: PostingAccount,
        credited: PostingAccount,
        *,
        hold_id: UUID | None = None,
        reverses_id: UUID | None = None,
    ) -> Transfer:
        debited.debits += amount
        credited.credits += amount
        for account in (debited, credited):
            account.sequence += 1
            account.last_posted_at = self.now
            account.is_changed = True
        transfer = Transfer(
            asked.actor.customer_id,
            asked.resource_id,
            kind,
            amount,
            debited.unit,
            debited.side,
            debited.sequence,
            debited.balance,
            credited.side,
            credited.sequence,
            credited.balance,
            hold_id,
            asked.payment_id,
            reverses_id,
            None,
            asked.reference,
            asked.metadata or {},
            self.now,
        )
        self.transfers[transfer.id] = transfer
        self.posted.append(transfer)
        return transfer


@functools.lru_cache(maxsize=1_024)
def _unit(asset: str, scale: int) -> Unit:
    return Unit(asset, scale)


def _lack(account: PostingAccount, path: Path) -> InsufficientFunds:
    available = Money(max(account.balance - account.held, 0), account.unit)
    return InsufficientFunds(
        f"{account.side.account_id} has {available.value} {account.unit.asset} available.",
        lacking_id=account.side.account_id,
        available=available,
        path=path,
    )


def sees(actor: Actor, debit: Side, credit: Side) -> bool:
    """Whether one of the sides is the actor's."""
    return actor.holder_id is None or actor.holder_id in (debit.holder_id, credit.holder_id)


def _may_name(asked: Post, side: Side) -> bool:
    """Whether this may be a side of a transfer: the actor's own, or the system account that the instruction names."""
    if side.is_system:
        return side.account_id == asked.system_id
    return asked.actor.holder_id is None or side.holder_id == asked.actor.holder_id


def _check_owner(actor: Actor, side: Side, path: Path) -> None:
    if actor.holder_id is not None and side.holder_id != actor.holder_id:
        message = "Only the holder of the ledger that pays may do this with its own token."
        raise Forbidden(message, path=path)
