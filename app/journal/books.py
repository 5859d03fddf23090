"""The books in memory while a batch is decided: posting accounts and holds as locked, and their changes.

Instructions are decided one after another, each against the books as those before left them. A refused one changes
nothing.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.journal.amounts import TOTAL_MAX, minor_units_of
from app.journal.closed_books import BooksClosed
from app.journal.instructions import Capture, Expire, Instruction, Movement, Place, Post, Release, Reverse
from app.journal.locked_pair import Credited, Debited, Pair, PostingAccount
from app.journal.records import Hold, Side, Transfer
from app.journal.status import HOLD, IRREVERSIBLE, HoldStatus, TransferKind
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import AssetMismatch, DomainError, Forbidden, InsufficientFunds, InvalidState, NotFound, Path
from app.kernel.money import MinorUnits, Money


class Books:
    """Decides instructions against locked posting accounts, holds and transfers, and keeps what is to be written."""

    def __init__(
        self,
        accounts: dict[UUID, PostingAccount],
        holds: dict[UUID, Hold],
        transfers: dict[UUID, Transfer],
        now: datetime,
        closed_through: datetime | None = None,
    ) -> None:
        self.accounts = accounts
        self.holds = holds
        self.transfers = transfers
        self.now = now
        self.closed_through = closed_through
        self.posted: list[Transfer] = []
        self.placed: list[Hold] = []
        self.moved: list[Hold] = []

    def carry_out(self, instruction: Instruction) -> Transfer | Hold:
        """Carry out one instruction; answers the transfer or hold.

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
        """The refusal of one instruction as it reads when the instructions before it are not done either."""
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
        """The hold if it is released already, else None: a second release changes nothing.

        :raises NotFound, Forbidden: the hold is not the actor's.
        """
        hold = self._own_hold(asked, asked.hold_id)
        is_released = hold.status is HoldStatus.RELEASED and hold.payment_id == asked.payment_id
        return hold if is_released else None

    def _post(self, asked: Post) -> Transfer:
        pair = self._pair(asked)
        amount = self._amount(asked, pair)
        kind = asked.kind or _kind_between(pair)
        return self._write(
            asked,
            pair,
            amount,
            kind=kind,
            reference=asked.reference,
            metadata=asked.metadata,
            payment_id=asked.payment_id,
            backdated_to=self._backdated_to(asked, asked.effective_at),
        )

    def _place(self, asked: Place) -> Hold:
        if asked.expires_at is not None and asked.expires_at <= self.now:
            refuse("A hold expires in the future: give a later `expiresAt`.", (*asked.path, "expires_at"))
        pair = self._pair(asked)
        amount = self._amount(asked, pair)
        if max(pair.debited.held, pair.credited.held) + amount > TOTAL_MAX:
            refuse("This would take what is held beyond 38 digits: hold less.", (*asked.path, "amount", "value"))
        pair.reserve(amount)
        hold = Hold(
            customer_id=asked.actor.customer_id,
            id=asked.resource_id,
            status=HoldStatus.PLACED,
            amount=amount,
            unit=pair.debited.unit,
            debit=pair.debit,
            credit=pair.credit,
            payment_id=asked.payment_id,
            transfer_id=None,
            expires_at=asked.expires_at,
            reference=asked.reference,
            metadata=asked.metadata or {},
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        # Not added to the locked holds: nobody can name it in this batch, since its id is not known yet.
        self.placed.append(hold)
        return hold

    def _capture(self, asked: Capture) -> Hold:
        hold = self._placed_hold(asked, asked.hold_id, asked.payment_id)
        path = (*asked.path, "amount")
        amount = hold.amount if asked.amount is None else minor_units_of(asked.amount, hold.unit, path)
        if amount > hold.amount:
            held = Money(hold.amount, hold.unit).value
            refuse(f"Only {held} {hold.unit.asset} are held: capture at most that.", (*path, "value"))
        pair = self._pair_of(hold, asked)
        pair.check_open()
        pair.check_totals(amount, (*path, "value"))
        backdated_to = self._backdated_to(asked, asked.effective_at)
        pair.reserve(-hold.amount)
        transfer = self._write(
            asked,
            pair,
            amount,
            kind=_kind_between(pair) if hold.payment_id is None else TransferKind.PAYMENT_OUT,
            reference=hold.reference,
            metadata=hold.metadata,
            payment_id=hold.payment_id,
            hold_id=hold.id,
            backdated_to=backdated_to,
        )
        hold.transfer_id = transfer.id
        return self._move(hold, HoldStatus.CAPTURED)

    def _end(self, asked: Release | Expire, status: HoldStatus) -> Hold:
        payment_id = asked.payment_id if isinstance(asked, Release) else None
        hold = self._placed_hold(asked, asked.hold_id, payment_id, may_be_over=status is HoldStatus.EXPIRED)
        if status is HoldStatus.EXPIRED and (hold.expires_at is None or hold.expires_at > self.now):
            raise InvalidState("This hold's time is not up.", path=(*asked.path, "hold_id"), status=hold.status.value)
        self._pair_of(hold, asked).reserve(-hold.amount)
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
        pair = Pair(
            debited=Debited(self.accounts[original.credit.account_id]),
            credited=Credited(self.accounts[original.debit.account_id]),
            debit_path=path,
            credit_path=path,
        )
        # With its own token a holder may return what it received, but take nothing from others or from a vault.
        _check_owner(asked.actor, pair.debit, path)
        pair.check_open()
        pair.check_totals(original.amount, path)
        pair.check_funds(original.amount)
        reversal = self._write(
            asked,
            pair,
            original.amount,
            kind=TransferKind.REVERSAL,
            reference=asked.reason,
            reverses_id=original.id,
        )
        original.reversed_by_id = reversal.id
        return reversal

    def _pair(self, asked: Movement) -> Pair:
        """The two accounts that it names, both open."""
        debit_path, credit_path = (*asked.path, asked.debit_name), (*asked.path, asked.credit_name)
        debited = Debited(self._named(asked, asked.debit_id, debit_path))
        credited = Credited(self._named(asked, asked.credit_id, credit_path))
        if debited.unit.asset != credited.unit.asset:
            message = f"Money moves within one asset: this is {debited.unit.asset} to {credited.unit.asset}."
            raise AssetMismatch(message, path=credit_path)
        if debited.side.book is not credited.side.book or debited.unit != credited.unit:
            refuse(
                "Money moves between real ledgers, between virtual ledgers, or between wallets, of the same decimals.",
                credit_path,
            )
        pair = Pair(debited=debited, credited=credited, debit_path=debit_path, credit_path=credit_path)
        pair.check_open()
        return pair

    def _pair_of(self, hold: Hold, asked: Instruction) -> Pair:
        """The two accounts of a hold."""
        path = (*asked.path, "hold_id")
        return Pair(
            debited=Debited(self.accounts[hold.debit.account_id]),
            credited=Credited(self.accounts[hold.credit.account_id]),
            debit_path=path,
            credit_path=path,
        )

    def _named(self, asked: Movement, account_id: UUID, path: Path) -> PostingAccount:
        account = self.accounts.get(account_id)
        if account is None or not _may_name(asked, account.side):
            raise NotFound(f"There is no ledger or wallet {account_id}.", path=path)
        return account

    def _amount(self, asked: Movement, pair: Pair) -> MinorUnits:
        """The amount to move, covered by available funds."""
        path = (*asked.path, "amount")
        amount = minor_units_of(asked.amount, pair.debited.unit, path)
        pair.check_totals(amount, (*path, "value"))
        pair.check_funds(amount)
        return amount

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

    def _backdated_to(self, asked: Post | Capture, given: datetime | None) -> datetime | None:
        """The value date, if one is given that is before the posting.

        :raises Invalid: it is in the future.
        :raises BooksClosed: the books are closed through that instant.
        """
        if given is None:
            return None
        path = (*asked.path, "effective_at")
        if given > self.now:
            refuse("A transfer takes effect by now: give an earlier `effectiveAt`, or leave it out.", path)
        if self.closed_through is not None and given <= self.closed_through:
            raise BooksClosed(self.closed_through, path)
        return given if given < self.now else None

    def _move(self, hold: Hold, status: HoldStatus) -> Hold:
        assert HOLD.allows(hold.status, status), f"{HOLD.name}: {hold.status} -> {status} is not in the table"
        hold.status = status
        hold.version += 1
        hold.updated_at = self.now
        self.moved.append(hold)
        return hold

    def _write(
        self,
        asked: Instruction,
        pair: Pair,
        amount: MinorUnits,
        *,
        kind: TransferKind,
        reference: str | None,
        metadata: dict[str, Any] | None = None,
        payment_id: UUID | None = None,
        hold_id: UUID | None = None,
        reverses_id: UUID | None = None,
        backdated_to: datetime | None = None,
    ) -> Transfer:
        pair.post(amount, self.now)
        transfer = Transfer(
            customer_id=asked.actor.customer_id,
            id=asked.resource_id,
            kind=kind,
            amount=amount,
            unit=pair.debited.unit,
            debit=pair.debit,
            debit_sequence=pair.debited.sequence,
            debit_balance_after=pair.debited.balance,
            credit=pair.credit,
            credit_sequence=pair.credited.sequence,
            credit_balance_after=pair.credited.balance,
            hold_id=hold_id,
            payment_id=payment_id,
            reverses_id=reverses_id,
            reversed_by_id=None,
            reference=reference,
            metadata=metadata or {},
            posted_at=self.now,
            backdated_to=backdated_to,
        )
        self.transfers[transfer.id] = transfer
        self.posted.append(transfer)
        return transfer


def _kind_between(pair: Pair) -> TransferKind:
    """The kind of a transfer for which none was given."""
    return TransferKind.WALLET if pair.is_of_wallets else TransferKind.INTER_LEDGER


def sees(actor: Actor, debit: Side, credit: Side) -> bool:
    """Whether one of the sides is the actor's."""
    return actor.holder_id is None or actor.holder_id in (debit.holder_id, credit.holder_id)


def _may_name(asked: Movement, side: Side) -> bool:
    """Whether this may be a side of a transfer: the actor's own, or the system account that the instruction names."""
    if side.is_system:
        return side.account_id == asked.system_id
    return asked.actor.holder_id is None or side.holder_id == asked.actor.holder_id


def _check_owner(actor: Actor, side: Side, path: Path) -> None:
    if actor.holder_id is not None and side.holder_id != actor.holder_id:
        message = "Only the holder of the ledger that pays may do this with its own token."
        raise Forbidden(message, path=path)
