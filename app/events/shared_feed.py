"""The newest events of one customer, read once in this process and handed to all who follow it.

Each follower has its own position and pace. Items that are no longer kept here, or were read before it joined, a
follower reads from the database itself, until it has caught up.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

from app.events.feed_place import FIRST_EPOCH, feed_went_back

Thing = TypeVar("Thing")

PAGE_MAX = 500
KEPT_MAX = 1_000
KEPT_CHARACTERS_MAX = 2_000_000
HANDED_MAX = 50
"""How many items a follower takes at a time. What it has taken stays in memory, however slow it is."""

Keys = frozenset[Hashable]


class Item(NamedTuple, Generic[Thing]):
    """One thing that happened, its place in the feed, the key that followers filter by, and its rough size."""

    position: int
    key: Hashable
    thing: Thing
    characters: int


class Page(NamedTuple, Generic[Thing]):
    """What happened, in feed order, complete up to a position."""

    items: Sequence[Item[Thing]]
    position: int


Read = Callable[[int, int, Keys | None], Awaitable[Page[Thing]]]
"""Reads at most a page of what happened after one position, up to another, of these keys or of all (None)."""


class SharedFeed(Generic[Thing]):
    """Things of one kind that happen to one customer, and who follows them."""

    def __init__(self, read: Read[Thing]) -> None:
        self._read = read
        self._followers: set[Follower[Thing]] = set()
        self._items: list[Item[Thing]] = []
        self._characters = 0
        self._floor = 0
        """What is kept is complete after this position."""
        self._head: int | None = None
        self._epoch = FIRST_EPOCH
        self._reading_until = 0
        self._failure: Exception | None = None

    @property
    def is_followed(self) -> bool:
        """Whether it has followers."""
        return bool(self._followers)

    @contextmanager
    def follow(self, keys: Keys | None) -> "Iterator[Follower[Thing]]":
        """Follow things of these keys, or all; `start` next."""
        follower = Follower(self, keys)
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def start(self, follower: "Follower[Thing]", position: int, end: int, epoch: str) -> None:
        """Start a follower at its own position. It joined before it read that the feed ends at `end`."""
        if self._head is None:
            self._head = self._floor = end
            self._epoch = epoch
        follower.position = position
        # What was read before now, or is being read, may lack this follower's keys.
        follower.joined_at = max(self._head, self._reading_until)

    async def advance(self, end: int, epoch: str = FIRST_EPOCH) -> None:
        """Read on to the present end of the feed, and hand it out.

        :raises CursorExpired: the feed ends before what was read already, or has another epoch. Going on would skip
            events.
        """
        if self._head is not None and (end < self._head or epoch != self._epoch):
            raise feed_went_back()
        self._forget_what_all_have()
        while self._followers and self._head is not None and self._head < end:
            self._reading_until = end
            page = await self._read(self._head, end, self._wanted())
            self._items += page.items
            self._characters += sum(item.characters for item in page.items)
            self._head = page.position
            self._forget_the_oldest()
            self._hand_out(page)

    def fail(self, failure: Exception) -> None:
        """Nothing can be read any more: tell all followers why."""
        self._failure = failure
        for follower in self._followers:
            follower.wake()

    def after(self, position: int) -> Page[Thing]:
        """The first of what is kept after a position."""
        assert self._head is not None
        first = bisect_right(self._items, position, key=lambda item: item.position)
        items = self._items[first : first + HANDED_MAX]
        return Page(items, items[-1].position if first + HANDED_MAX < len(self._items) else self._head)

    def has_more(self, follower: "Follower[Thing]") -> bool:
        """Whether there may be something after a follower's position.

        :raises Exception: the failure that ended the reading of the feed.
        """
        if self._failure is not None:
            raise self._failure
        return self._head is not None and follower.position < self._head

    def has_all(self, follower: "Follower[Thing]") -> bool:
        """Whether everything that a follower wants after its position is kept here."""
        return follower.position >= max(follower.joined_at, self._floor)

    def _wanted(self) -> Keys | None:
        wanted: set[Hashable] = set()
        for follower in self._followers:
            if follower.keys is None:
                return None
            wanted |= follower.keys
        return frozenset(wanted)

    def _hand_out(self, page: Page[Thing]) -> None:
        keys = {item.key for item in page.items}
        for follower in self._followers:
            follower.hear(page.position, keys)

    def _forget_what_all_have(self) -> None:
        if self._items:
            reached = min((follower.position for follower in self._followers), default=self._items[-1].position)
            self._forget(bisect_right(self._items, reached, key=lambda item: item.position))

    def _forget_the_oldest(self) -> None:
        surplus = max(0, len(self._items) - KEPT_MAX)
        characters = self._characters - sum(item.characters for item in self._items[:surplus])
        while characters > KEPT_CHARACTERS_MAX:
            characters -= self._items[surplus].characters
            surplus += 1
        self._forget(surplus)

    def _forget(self, count: int) -> None:
        if count:
            self._floor = max(self._floor, self._items[count - 1].position)
            self._characters -= sum(item.characters for item in self._items[:count])
            del self._items[:count]


class Follower(Generic[Thing]):
    """One who follows a shared feed."""

    def __init__(self, feed: SharedFeed[Thing], keys: Keys | None) -> None:
        self._feed = feed
        self.keys = keys
        self.position = 0
        self.joined_at = 0
        self._is_waiting = False
        self._woken = asyncio.Event()

    def start(self, position: int, end: int, epoch: str = FIRST_EPOCH) -> None:
        """Begin at a position. `end` is the end of the feed, read after this follower joined."""
        self._feed.start(self, position, end, epoch)

    @property
    def has_caught_up(self) -> bool:
        """Whether `take` gives the next items; if not, read them from the database, and set `position` after them."""
        return self._feed.has_all(self)

    async def take(self) -> Sequence[Item[Thing]]:
        """The next items, as soon as there are some; call it again for more. They include items that only others want,
        or nobody. Empty if this follower has to check `has_caught_up` again.
        """
        while not self._feed.has_more(self):
            self._woken.clear()
            self._is_waiting = True
            await self._woken.wait()
        if not self.has_caught_up:
            return ()
        page = self._feed.after(self.position)
        self.position = page.position
        return page.items

    def hear(self, position: int, keys: set[Hashable]) -> None:
        """Note that everything up to a position has been read, and that it has things of these keys."""
        if self._is_waiting and self.has_caught_up and self.keys is not None and self.keys.isdisjoint(keys):
            self.position = max(self.position, position)  # It has nothing for this follower, which sleeps on.
        else:
            self.wake()

    def wake(self) -> None:
        """Let the follower check for something new."""
        self._is_waiting = False  # Set before its task runs: later news must not move it past what it was woken for.
        self._woken.set()
