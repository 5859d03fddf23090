"""What this process remembers of posting accounts, and how far it goes by that.

Nothing of it is trusted: the statement that posts by it locks each account and compares it with what is remembered. If
another process posts to the same accounts, memory is wrong more often than it helps. So an account is read until it was
found a few times as this process had left it, or until a hundred in a row were, whichever they are: then nobody else
seems to post. One that memory had wrong all the same is read again, and one that changed just after it was read is
locked, for a number of batches that doubles each time.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID
from weakref import WeakValueDictionary

from app.journal.locked_pair import PostingAccount

AccountName = tuple[UUID, UUID]
"""A customer and a posting account. Another customer's account is never found by its id alone."""
REMEMBERED_MAX = 20_000
"""Accounts, about a kilobyte each; those that were not posted to for the longest time are forgotten."""
DOUBTED_MAX = 20_000
PATIENCE_MIN, PATIENCE_MAX = 8, 512
"""For how many batches an account is read or locked before memory, or reading, is tried again."""
QUIET_MIN = 4
"""How often in a row an account must be read as this process left it, before it goes by memory alone."""
ALL_QUIET_MIN = 100
"""How many accounts in a row, whichever they are, must be read as this process left them, before all go by memory. An
account that memory had wrong costs about three round trips more, one that is read costs one."""


class Way(IntEnum):
    """What a batch goes by; the least of its accounts' ways is the batch's."""

    LOCK = 0
    READ = 1
    REMEMBER = 2


class Went(StrEnum):
    """How a batch of plain transfers went."""

    REMEMBERED = "remembered"
    """By memory: one round trip."""
    READ = "read"
    """By what was read first: two."""
    CHANGED = "changed"
    """An account was not as expected, or a key was used before: it locked after all."""
    LOCKED = "locked"
    """It locked at once."""


batches_of_process: Counter[Went] = Counter()
"""How many batches of plain transfers went how, of the process's one coalescer."""


@dataclass(slots=True)
class Remembered:
    """An account as a batch of this process leaves it, or as it was read.

    `fixed` is what no plain transfer changes: see `as_remembered`. `written` is done once that batch is: False, if it
    was not written, so that what is remembered is wrong. `quiet` is how often in a row it was read as it had been left.
    """

    account: PostingAccount
    fixed: str
    written: asyncio.Future[bool] | None = None
    quiet: int = 0

    def is_as(self, other: "Remembered") -> bool:
        """Whether nothing has changed between the two."""
        mine, others = self.account, other.account
        return (mine.sequence, mine.debits, mine.credits, mine.held, self.fixed) == (
            others.sequence,
            others.debits,
            others.credits,
            others.held,
            other.fixed,
        )

    @property
    def is_under_way(self) -> bool:
        """Whether its batch is still being written."""
        return self.written is not None and not self.written.done()


@dataclass(slots=True)
class _Doubt:
    """An account whose memory was wrong: the way to go for so many batches more, and how many the next time."""

    way: Way
    batches_left: int
    patience: int


class Memory:
    """The accounts that one coalescer remembers. With a maximum of 0 it remembers none, and every batch locks."""

    def __init__(
        self,
        *,
        remembered_max: int = REMEMBERED_MAX,
        patience_min: int = PATIENCE_MIN,
        patience_max: int = PATIENCE_MAX,
        quiet_min: int = QUIET_MIN,
        all_quiet_min: int = ALL_QUIET_MIN,
        counts: Counter[Went] | None = None,
    ) -> None:
        self._remembered_max = remembered_max
        self._patience_min = patience_min
        self._patience_max = patience_max
        self._quiet_min = quiet_min
        self._all_quiet_min = all_quiet_min
        self._all_quiet = 0
        self.counts: Counter[Went] = Counter() if counts is None else counts
        """How many batches of plain transfers went how."""
        self._accounts: OrderedDict[AccountName, Remembered] = OrderedDict()
        self._doubts: OrderedDict[AccountName, _Doubt] = OrderedDict()
        self._being_locked: Counter[AccountName] = Counter()
        self._reading: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def way_of(self, names: Iterable[AccountName]) -> Way:
        """The way of the next batch with these accounts."""
        if not self._remembered_max:
            return Way.LOCK
        way = Way.REMEMBER
        for name in names:
            if name in self._being_locked:
                return Way.LOCK
            doubt = self._doubts.get(name)
            if doubt is not None:
                way = min(way, doubt.way)
        return way

    def known(self, names: Iterable[AccountName], way: Way) -> dict[AccountName, Remembered]:
        """Those of these accounts for which this way needs no reading: what a batch of ours is writing is newer than
        what could be read.
        """
        found = {}
        quiet_min = 0 if self._all_quiet >= self._all_quiet_min else self._quiet_min
        for name in names:
            remembered = self._accounts.get(name)
            if remembered is None:
                continue
            is_trusted = way is Way.REMEMBER and remembered.quiet >= quiet_min
            if is_trusted or remembered.is_under_way:
                self._accounts.move_to_end(name)
                found[name] = remembered
        return found

    def left(self, names: Iterable[AccountName]) -> dict[AccountName, Remembered]:
        """Those of these accounts that are remembered, whether or not a batch would go by that."""
        return {name: self._accounts[name] for name in names if name in self._accounts}

    def note_quiet(self, read: Mapping[AccountName, Remembered]) -> None:
        """Compare what was read with how this process had left it."""
        for name, found in read.items():
            left = self._accounts.get(name)
            if left is None:
                continue
            if found.is_as(left):
                found.quiet = left.quiet + 1
                self._all_quiet += 1
            else:
                self._all_quiet = 0

    def reading(self, customer_id: UUID) -> asyncio.Lock:
        """Held from reading a customer's accounts until a batch has decided by them: the next goes by what it left."""
        lock = self._reading.get(customer_id)
        if lock is None:
            lock = self._reading[customer_id] = asyncio.Lock()
        return lock

    def remember(self, accounts: Mapping[AccountName, Remembered]) -> None:
        """Remember accounts as a batch will leave them, before it is written."""
        for name, remembered in accounts.items():
            self._accounts[name] = remembered
            self._accounts.move_to_end(name)
        while len(self._accounts) > self._remembered_max:
            self._accounts.popitem(last=False)

    def forget(self, names: Iterable[AccountName]) -> None:
        """Forget what may be wrong now."""
        if self._accounts:
            for name in names:
                self._accounts.pop(name, None)

    def forget_if(self, left: Mapping[AccountName, Remembered]) -> None:
        """Forget what a batch was to leave, unless a later batch has gone by it."""
        for name, remembered in left.items():
            if self._accounts.get(name) is remembered:
                del self._accounts[name]

    def was_right(self, names: Iterable[AccountName], way: Way) -> None:
        """A batch went this way, and was written. Memory that is right lets doubt fade."""
        if way is Way.READ:
            self._count_down(names)
        elif self._doubts:
            for name in names:
                doubt = self._doubts.get(name)
                if doubt is not None:
                    doubt.patience -= 1
                    if doubt.patience < self._patience_min:
                        del self._doubts[name]

    def _count_down(self, names: Iterable[AccountName]) -> None:
        for name in names if self._doubts else ():
            doubt = self._doubts.get(name)
            if doubt is not None and doubt.way is not Way.REMEMBER:
                doubt.batches_left -= 1
                if doubt.batches_left <= 0:
                    doubt.way = Way(doubt.way + 1)
                    doubt.batches_left = doubt.patience

    def was_wrong(self, names: Collection[AccountName], read: Collection[AccountName]) -> None:
        """These accounts were not as a batch expected, although it had just read some of them."""
        if any(name not in read for name in names):
            self._all_quiet = 0
        for name in names:
            doubt = self._doubts.pop(name, None)
            patience = self._patience_min if doubt is None else min(doubt.patience * 2, self._patience_max)
            way = Way.LOCK if name in read else Way.READ
            self._doubts[name] = _Doubt(way, patience, patience)
        while len(self._doubts) > DOUBTED_MAX:
            self._doubts.popitem(last=False)

    @contextmanager
    def locking(self, names: Collection[AccountName]) -> Iterator[None]:
        """While a batch locks these accounts, others go neither by memory nor by reading."""
        self.forget(names)
        self._being_locked.update(names)
        try:
            yield
        finally:
            for name in names:
                self._being_locked[name] -= 1
                if not self._being_locked[name]:
                    del self._being_locked[name]
            self.forget(names)
            self._count_down(names)
