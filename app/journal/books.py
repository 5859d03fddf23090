"""The books in memory while a batch is decided: posting accounts and holds as locked, and their changes.

Instructions are decided one after another, each against the books as those before left them. A refused one changes
nothing.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.journal.amounts import minor_units_of
from app.journal.closed_books import backdated_to
from app.journal.hold_changes import (
    adjusted_amount,
    change,
    check_in_time,
    check_may_go_on,
    check_over,
    check_placed,
    part_of,
)
from app.journal.instructions import (
    Adjust,
    Capture,
    Expire,
    Instruction,
    Movement,
    OnHold,
    Place,
    Post,
    Release,
    Reverse,
)
from app.journal.locked_pair import Credited, Debited, Pair, PostingAccount
from app.journal.records import Hold, Side, Transfer
from app.journal.reversed_amounts import part_to_reverse
from app.journal.status import HoldStatus, TransferKind
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import AssetMismatch, DomainError, Forbidden, InsufficientFunds, NotFound, Path
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
        self.moved: dict[UUID, Hold] = {}

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
                return self._release(instruction)
            case Adjust():
                return self._adjust(instruction)
            case Expire():
                return self._expire(instruction)
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

    def done_before(self, asked: OnHold) -> Hold | None:
        """The hold if it is already what a release of all of it, or an adjustment, would make it; else None.

        :raises NotFound, Forbidden: the hold is not the actor's.
        """
        if isinstance(asked, Release) and asked.amount is None:
            hold = self._own_hold(asked)
            is_released = hold.status is HoldStatus.RELEASED and hold.payment_id == asked.payment_id
            return hold if is_released else None
        if isinstance(asked, Adjust):
            hold = self._live_hold(asked)
            return hold if adjusted_amount(hold, asked.amount, (*asked.path, "amount")) == hold.amount else None
        return None

    def _post(self, asked: Post) -> Transfer:
        pair = self._pair(asked, forced=asked.is_forced)
        amount = self._amount(asked, pair, forced=asked.is_forced)
        kind = asked.kind or _kind_between(pair)
        return self._write(
            asked,
            pair,
            amount,
            kind=kind,
            reference=asked.reference,
            metadata=asked.metadata,
            payment_id=asked.payment_id,
            group_id=asked.group_id,
            forced=asked.is_forced,
            backdated_to=self._backdated_to(asked),
        )

    def _place(self, asked: Place) -> Hold:
        if asked.expires_at is not None and asked.expires_at <= self.now:
            refuse("A hold expires in the future: give a later instant.", (*asked.path, "expires_at"))
        pair = self._pair(asked)
        amount = self._amount(asked, pair)
        pair.check_held(amount, (*asked.path, "amount", "value"))
        pair.reserve(amount)
        hold = Hold(
            customer_id=asked.actor.customer_id,
            id=asked.resource_id,
            status=HoldStatus.PLACED,
            amount=amount,
            captured=MinorUnits(0),
            released=MinorUnits(0),
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
        hold = self._live_hold(asked)
        path = (*asked.path, "amount")
        amount = part_of(hold, asked.amount, path, verb="capture")
        released = hold.remaining - amount if asked.final else 0
        if amount + released < hold.remaining:
            check_may_go_on(hold, (*asked.path, "hold_id"))
        pair = self._pair_of(hold, asked)
        pair.check_open()
        if hold.payment_id is None:
            pair.check_not_frozen()
        pair.check_totals(amount, (*path, "value"))
        dated = self._backdated_to(asked)
        pair.reserve(-(amount + released))
        transfer = self._write(
            asked,
            pair,
            amount,
            kind=_kind_between(pair) if hold.payment_id is None else TransferKind.PAYMENT_OUT,
            reference=hold.reference,
            metadata=hold.metadata,
            payment_id=hold.payment_id,
            hold_id=hold.id,
            forced=hold.payment_id is not None,
            backdated_to=dated,
        )
        hold.transfer_id = transfer.id
        return self._change(hold, captured=amount, released=released, ended=HoldStatus.CAPTURED)

    def _release(self, asked: Release) -> Hold:
        hold = self._live_hold(asked)
        amount = part_of(hold, asked.amount, (*asked.path, "amount"), verb="release")
        if amount < hold.remaining:
            check_may_go_on(hold, (*asked.path, "hold_id"))
        self._pair_of(hold, asked).reserve(-amount)
        return self._change(hold, released=amount, ended=HoldStatus.RELEASED)

    def _adjust(self, asked: Adjust) -> Hold:
        hold = self._live_hold(asked)
        path = (*asked.path, "amount")
        amount = adjusted_amount(hold, asked.amount, path)
        more = MinorUnits(amount - hold.amount)
        if hold.remaining + more:
            check_may_go_on(hold, (*asked.path, "hold_id"))
        pair = self._pair_of(hold, asked)
        if more > 0:
            pair.check_open()
            pair.check_not_frozen()
            pair.check_totals(MinorUnits(hold.remaining + more), (*path, "value"))
            pair.check_funds(more)
            pair.check_held(more, (*path, "value"))
        pair.reserve(more)
        hold.amount = amount
        return self._change(hold, ended=HoldStatus.RELEASED)

    def _expire(self, asked: Expire) -> Hold:
        hold = self._own_hold(asked)
        path = (*asked.path, "hold_id")
        check_placed(hold, asked.payment_id, path)
        check_over(hold, self.now, path)
        self._pair_of(hold, asked).reserve(-hold.remaining)
        return self._change(hold, released=hold.remaining, ended=HoldStatus.EXPIRED)

    def _reverse(self, asked: Reverse) -> Transfer:
        path = (*asked.path, asked.name)
        original = self.transfers.get(asked.transfer_id)
        if original is None or not sees(asked.actor, original.debit, original.credit):
            raise NotFound(f"There is no transfer {asked.transfer_id}.", path=path)
        amount = part_to_reverse(original, asked)
        pair = Pair(
            debited=Debited(self.accounts[original.credit.account_id]),
            credited=Credited(self.accounts[original.debit.account_id]),
            debit_path=path,
            credit_path=path,
        )
        # With its own token a holder may return what it received, but take nothing from others or from a vault.
        _check_owner(asked.actor, pair.debit, path)
        pair.check_open()
        pair.check_not_frozen()
        pair.check_totals(amount, path)
        pair.check_funds(amount)
        reversal = self._write(
            asked,
            pair,
            amount,
            kind=TransferKind.REVERSAL,
            reference=asked.reason,
            reverses_id=original.id,
            group_id=asked.group_id,
        )
        original.reversed_by_id = reversal.id
        original.reversed += amount
        original.reversal_count += 1
        return reversal

    def _pair(self, asked: Movement, *, forced: bool = False) -> Pair:
        """The two accounts that it names, both open, and unless `forced` not frozen."""
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
        if not forced:
            pair.check_not_frozen()
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

    def _amount(self, asked: Movement, pair: Pair, *, forced: bool = False) -> MinorUnits:
        """The amount to move, covered by available funds unless `forced`."""
        path = (*asked.path, "amount")
        amount = minor_units_of(asked.amount, pair.debited.unit, path)
        pair.check_totals(amount, (*path, "value"))
        if not forced:
            pair.check_funds(amount)
        return amount

    def _own_hold(self, asked: OnHold) -> Hold:
        path = (*asked.path, "hold_id")
        hold = self.holds.get(asked.hold_id)
        if hold is None or not sees(asked.actor, hold.debit, hold.credit):
            raise NotFound(f"There is no hold {asked.hold_id}.", path=path)
        _check_owner(asked.actor, hold.debit, path)
        if asked.payment_id is None and asked.actor.holder_id not in {None, hold.credit.holder_id}:
            message = (
                "This money is held for somebody else: only a key of the customer may capture, change or release it."
            )
            raise Forbidden(message, path=path)
        return hold

    def _live_hold(self, asked: OnHold) -> Hold:
        """The hold, PLACED and in time."""
        path = (*asked.path, "hold_id")
        hold = self._own_hold(asked)
        check_placed(hold, asked.payment_id, path)
        check_in_time(hold, self.now, path)
        return hold

    def _backdated_to(self, asked: Post | Capture) -> datetime | None:
        path = (*asked.path, "effective_at")
        return backdated_to(asked.effective_at, self.now, self.closed_through, path)

    def _change(self, hold: Hold, *, captured: int = 0, released: int = 0, ended: HoldStatus) -> Hold:
        change(hold, self.now, captured=captured, released=released, ended=ended)
        self.moved[hold.id] = hold
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
        group_id: UUID | None = None,
        forced: bool = False,
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
            is_forced=forced and pair.allow_for_forced(),
            posted_at=self.now,
            backdated_to=backdated_to,
            group_id=group_id,
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
