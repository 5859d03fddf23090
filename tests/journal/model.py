"""What the journal must do, once more and plainly: dictionaries and sums, no SQL, no batches.

Every command is decided alone, one after another. Nothing here knows how the real one does it.
"""

from dataclasses import dataclass, field

LARGEST = 10**38 - 1
TODAY = 1_000
"""Days are counted up to it; a later one is still to come."""


@dataclass
class Account:
    book: str
    asset: str
    scale: int
    normal_side: str
    allow_negative: bool = False
    is_open: bool = True
    limit: int = 0
    frozen: str | None = None
    debits: int = 0
    credits: int = 0
    held: int = 0
    balances: list = field(default_factory=list)
    """The balance after each entry."""

    @property
    def unit(self):
        return self.book, self.asset, self.scale

    @property
    def balance(self):
        return self.credits - self.debits if self.normal_side == "CREDIT" else self.debits - self.credits

    @property
    def available(self):
        return self.balance - self.held + self.limit

    @property
    def below(self):
        """By how much it is below its floor: only a bank can have done that."""
        return 0 if self.allow_negative else max(0, -self.available)


@dataclass
class Transfer:
    debit: int
    credit: int
    amount: int
    kind: str
    hold: int | None = None
    reverses: int | None = None
    reversed: int = 0
    group: object = None
    is_forced: bool = False
    day: int | None = None
    """The day of its value date; None: it is not backdated."""
    debit_entry: tuple = ()
    credit_entry: tuple = ()


@dataclass
class Hold:
    debit: int
    credit: int
    amount: int
    expires: bool
    status: str = "PLACED"
    is_over: bool = False
    captured: int = 0
    released: int = 0
    transfer: int | None = None
    """The last one that captured it."""

    @property
    def remaining(self):
        return self.amount - self.captured - self.released


class Refused(Exception):
    """With the code that callers see."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Command:
    """`what` is done; the others are numbers of accounts, holds or transfers, which need not be there."""

    what: str
    debit: int = 0
    credit: int = 0
    amount: int | None = None
    target: int = 0
    expires: bool = False
    final: bool = True
    forced: bool = False
    day: int | None = None
    """Of a value date: a number of days, not later than `TODAY`."""
    key: str | None = None

    @property
    def content(self):
        return self.debit, self.credit, self.amount, self.target, self.expires, self.final, self.forced, self.day


@dataclass(frozen=True)
class Result:
    """A transfer or a hold by its number, and whether it was there before."""

    noun: str
    number: int
    replayed: bool


class Model:
    """Accounts, transfers and holds are known by their numbers, in the order in which they were made."""

    def __init__(self, accounts):
        self.accounts = accounts
        self.transfers = []
        self.holds = []
        self.closed_day = None
        """Nothing may take effect on this day or before."""
        self.keys = {}
        """Content and result by operation and key."""

    def decide(self, command):
        """The result of a command.

        :raises Refused: nothing changed.
        """
        bound = self.keys.get((command.what, command.key)) if command.key else None
        if bound is not None:
            content, result = bound
            if content != command.content:
                raise Refused("IDEMPOTENCY_MISMATCH")
            return Result(result.noun, result.number, replayed=True)
        if self._is_done(command):
            result = Result("hold", command.target, replayed=True)
        else:
            result = getattr(self, f"_{command.what}")(command)
        if command.key:
            self.keys[command.what, command.key] = command.content, result
        return result

    def _is_done(self, command):
        """Whether the hold is already what the command would make it."""
        if command.what == "release" and command.amount is None:
            return self._hold(command).status == "RELEASED"
        return command.what == "adjust" and self._live_hold(command).amount == command.amount

    def close(self, number):
        """Close an account as a ledger is closed; answers whether that is possible."""
        account = self.accounts[number]
        awaits = any(hold.status == "PLACED" and number in (hold.debit, hold.credit) for hold in self.holds)
        if account.balance or awaits:
            return False
        account.is_open = False
        return True

    def limit(self, number, limit):
        """Set an account's overdraft limit; answers whether that is possible."""
        account = self.accounts[number]
        is_lowered = limit < account.limit
        if limit == account.limit:
            return True
        if account.allow_negative or (is_lowered and account.held - account.balance > limit):
            return False
        account.limit = limit
        return True

    def close_books(self, day):
        """Close the books through a day; answers whether that is possible."""
        if self.closed_day is not None and day < self.closed_day:
            return False
        self.closed_day = day
        return True

    def reopen_books(self):
        """Reopen all of them; answers whether that is possible."""
        was_closed, self.closed_day = self.closed_day is not None, None
        return was_closed

    def effective_balance(self, number, day):
        """What took effect on an account by the end of a day."""
        sign = 1 if self.accounts[number].normal_side == "CREDIT" else -1
        return sum(
            sign * transfer.amount * ((transfer.credit == number) - (transfer.debit == number))
            for transfer in self.transfers
            if transfer.day is not None and transfer.day <= day
        )

    def _post(self, command):
        self._check_sides(command, forced=command.forced)
        self._check_amount(command.debit, command.credit, command.amount)
        if not command.forced:
            self._check_funds(command.debit, command.credit, command.amount)
        kind = "WALLET" if self.accounts[command.debit].book == "WALLET" else "INTER_LEDGER"
        self._check_day(command)
        result = self._write(Transfer(command.debit, command.credit, command.amount, kind, day=command.day))
        lowered = self._lowered(command.debit, command.credit)
        forbidden = self._is_frozen(command.debit, command.credit) or any(account.below for account in lowered)
        self.transfers[-1].is_forced = command.forced and forbidden
        return result

    def _place(self, command):
        self._check_sides(command)
        self._check_amount(command.debit, command.credit, command.amount)
        self._check_funds(command.debit, command.credit, command.amount)
        lowered = self._lowered(command.debit, command.credit)
        if any(account.held + command.amount > LARGEST for account in lowered):
            raise Refused("VALIDATION")
        for account in lowered:
            account.held += command.amount
        self.holds.append(Hold(command.debit, command.credit, command.amount, command.expires))
        return Result("hold", len(self.holds) - 1, replayed=False)

    def _capture(self, command):
        hold = self._live_hold(command)
        amount = self._part(hold, command)
        self._check_open(hold.debit, hold.credit)
        self._check_not_frozen(hold.debit, hold.credit)
        self._check_amount(hold.debit, hold.credit, amount)
        self._check_day(command)
        rest = hold.remaining - amount if command.final else 0
        self._hold_more(hold, -amount - rest)
        kind = "WALLET" if self.accounts[hold.debit].book == "WALLET" else "INTER_LEDGER"
        posted = self._write(Transfer(hold.debit, hold.credit, amount, kind, hold=command.target, day=command.day))
        hold.captured, hold.released, hold.transfer = hold.captured + amount, hold.released + rest, posted.number
        return self._changed(command, hold)

    def _release(self, command):
        hold = self._live_hold(command)
        amount = self._part(hold, command)
        self._hold_more(hold, -amount)
        hold.released += amount
        return self._changed(command, hold, "RELEASED")

    def _adjust(self, command):
        hold = self._live_hold(command)
        more = command.amount - hold.amount
        if command.amount < hold.captured + hold.released:
            raise Refused("VALIDATION")
        if more > 0:
            self._check_open(hold.debit, hold.credit)
            self._check_not_frozen(hold.debit, hold.credit)
            self._check_amount(hold.debit, hold.credit, hold.remaining + more)
            self._check_funds(hold.debit, hold.credit, more)
            if any(account.held + more > LARGEST for account in self._lowered(hold.debit, hold.credit)):
                raise Refused("VALIDATION")
        self._hold_more(hold, more)
        hold.amount = command.amount
        return self._changed(command, hold, "RELEASED")

    def _expire(self, command):
        hold = self._hold(command)
        if hold.status != "PLACED" or not hold.is_over:
            raise Refused("INVALID_STATE")
        self._hold_more(hold, -hold.remaining)
        hold.released += hold.remaining
        return self._changed(command, hold, "EXPIRED")

    def _reverse(self, command):
        if command.target >= len(self.transfers):
            raise Refused("NOT_FOUND")
        original = self.transfers[command.target]
        left = original.amount - original.reversed
        if original.kind == "REVERSAL" or not left:
            raise Refused("INVALID_STATE")
        amount = left if command.amount is None else command.amount
        if amount > left:
            raise Refused("VALIDATION")
        debit, credit = original.credit, original.debit
        self._check_open(debit, credit)
        self._check_not_frozen(debit, credit)
        self._check_amount(debit, credit, amount)
        self._check_funds(debit, credit, amount)
        original.reversed += amount
        return self._write(Transfer(debit, credit, amount, "REVERSAL", reverses=command.target))

    def _check_sides(self, command, *, forced=False):
        debit, credit = self.accounts[command.debit], self.accounts[command.credit]
        if debit.asset != credit.asset:
            raise Refused("ASSET_MISMATCH")
        if debit.unit != credit.unit:
            raise Refused("VALIDATION")
        self._check_open(command.debit, command.credit)
        if not forced:
            self._check_not_frozen(command.debit, command.credit)

    def _check_open(self, *numbers):
        if not all(self.accounts[number].is_open for number in numbers):
            raise Refused("INVALID_STATE")

    def _check_not_frozen(self, debit, credit):
        if self._is_frozen(debit, credit):
            raise Refused("INVALID_STATE")

    def _is_frozen(self, debit, credit):
        return self.accounts[debit].frozen in {"DEBITS", "ALL"} or self.accounts[credit].frozen in {"CREDITS", "ALL"}

    def _check_day(self, command):
        if command.day is not None and command.day > TODAY:
            raise Refused("VALIDATION")
        if command.day is not None and self.closed_day is not None and command.day <= self.closed_day:
            raise Refused("INVALID_STATE")

    def _check_amount(self, debit, credit, amount):
        if self.accounts[debit].debits + amount > LARGEST or self.accounts[credit].credits + amount > LARGEST:
            raise Refused("VALIDATION")

    def _check_funds(self, debit, credit, amount):
        for account in self._lowered(debit, credit):
            if not account.allow_negative and account.available < amount:
                raise Refused("INSUFFICIENT_FUNDS")

    def _lowered(self, debit, credit):
        lowered = [self.accounts[debit]] if self.accounts[debit].normal_side == "CREDIT" else []
        return [*lowered, self.accounts[credit]] if self.accounts[credit].normal_side == "DEBIT" else lowered

    def _part(self, hold, command):
        amount = hold.remaining if command.amount is None else command.amount
        if amount > hold.remaining:
            raise Refused("VALIDATION")
        return amount

    def _hold_more(self, hold, amount):
        for account in self._lowered(hold.debit, hold.credit):
            account.held += amount

    def _changed(self, command, hold, ended=None):
        if not hold.remaining:
            hold.status = "CAPTURED" if hold.captured else ended
        return Result("hold", command.target, replayed=False)

    def _hold(self, command):
        if command.target >= len(self.holds):
            raise Refused("NOT_FOUND")
        return self.holds[command.target]

    def _live_hold(self, command):
        hold = self._hold(command)
        if hold.status != "PLACED" or hold.is_over:
            raise Refused("INVALID_STATE")
        return hold

    def _write(self, transfer):
        debit, credit = self.accounts[transfer.debit], self.accounts[transfer.credit]
        debit.debits += transfer.amount
        credit.credits += transfer.amount
        for account in (debit, credit):
            account.balances.append(account.balance)
        transfer.debit_entry = (len(debit.balances), debit.balance)
        transfer.credit_entry = (len(credit.balances), credit.balance)
        self.transfers.append(transfer)
        return Result("transfer", len(self.transfers) - 1, replayed=False)
