"""What is handed out to whom, with a feed that is a list."""

import asyncio

import pytest

from app.events import shared_feed
from app.events.shared_feed import Item, Page, SharedFeed
from app.kernel.errors import CursorExpired


class Feed:
    """A feed of letters at positions from 1 on, and how it was read."""

    def __init__(self):
        self.letters = ""
        self.reads = []
        self.shared = SharedFeed(self.read)

    async def read(self, after, until, keys):
        self.reads.append((after, until, keys))
        await asyncio.sleep(0)
        found = [
            Item(position, letter, letter * 2, 100)
            for position, letter in enumerate(self.letters, start=1)
            if after < position <= until and (keys is None or letter in keys)
        ][: shared_feed.PAGE_MAX]
        return Page(found, found[-1].position if len(found) == shared_feed.PAGE_MAX else until)

    async def happen(self, letters):
        self.letters += letters
        await self.shared.advance(len(self.letters))

    def joined(self, stack, keys=None, position=None):
        follower = stack.enter_context(self.shared.follow(None if keys is None else frozenset(keys)))
        follower.start(len(self.letters) if position is None else position, len(self.letters))
        return follower


@pytest.fixture
def feed():
    return Feed()


@pytest.fixture
def stack():
    from contextlib import ExitStack  # noqa: PLC0415

    with ExitStack() as stack:
        yield stack


async def taken(follower):
    """The things of the next page, without waiting."""
    return "".join(item.thing for item in await asyncio.wait_for(follower.take(), 0.001))


async def sleeping(*followers):
    """Tasks of followers that wait for more."""
    tasks = [asyncio.create_task(follower.take()) for follower in followers]
    while not all(follower._is_waiting for follower in followers):
        await asyncio.sleep(0)
    return tasks


async def test_hands_one_read_to_all(feed, stack):
    followers = [feed.joined(stack) for _ in range(100)]
    tasks = await sleeping(*followers)
    await feed.happen("abc")
    assert {tuple(item.thing for item in await task) for task in tasks} == {("aa", "bb", "cc")}
    assert feed.reads == [(0, 3, None)]


async def test_lets_each_take_at_its_own_pace(feed, stack, monkeypatch):
    monkeypatch.setattr(shared_feed, "HANDED_MAX", 2)
    quick, slow = feed.joined(stack), feed.joined(stack)
    await feed.happen("abc")
    assert [await taken(quick), await taken(quick)] == ["aabb", "cc"]
    await feed.happen("d")
    assert await taken(quick) == "dd"
    assert [await taken(slow), await taken(slow)] == ["aabb", "ccdd"]
    with pytest.raises(TimeoutError):
        await taken(slow)


async def test_begins_where_the_feed_ended_when_it_was_looked_at(feed, stack):
    first = feed.joined(stack)
    feed.letters = "ab"
    second = feed.joined(stack)
    await feed.happen("c")
    assert (await taken(first), await taken(second)) == ("aabbcc", "cc")


async def test_reads_only_what_somebody_wants(feed, stack):
    feed.joined(stack, "a")
    feed.joined(stack, "b")
    await feed.happen("abc")
    feed.joined(stack)
    await feed.happen("d")
    assert feed.reads == [(0, 3, {"a", "b"}), (3, 4, None)]
    assert [item.key for item in feed.shared._items] == ["a", "b", "d"]


async def test_lets_those_sleep_for_whom_there_is_nothing(feed, stack):
    awake, asleep = feed.joined(stack, "a"), feed.joined(stack, "b")
    waking, sleeping_on = await sleeping(awake, asleep)
    await feed.happen("aa")
    assert [item.thing for item in await waking] == ["aa", "aa"]
    assert not sleeping_on.done()
    assert asleep._is_waiting
    assert asleep.position == 2
    await feed.happen("ab")
    assert [item.position for item in await sleeping_on] == [3, 4]


async def test_skips_nothing_between_waking_and_taking(feed, stack):
    follower = feed.joined(stack, "a")
    (task,) = await sleeping(follower)
    feed.letters = "abb"
    # Two pages in one step of the event loop: the second has nothing for it, but its task has not yet run.
    follower.hear(1, {"a"})
    follower.hear(3, {"b"})
    assert follower.position == 0
    await feed.shared.advance(3)
    assert [item.position for item in await task if item.key == "a"] == [1]


async def test_has_who_begins_in_the_past_read_by_itself(feed, stack):
    feed.joined(stack, "a")
    await feed.happen("ab")
    late = feed.joined(stack, "b", position=0)
    assert not late.has_caught_up
    late.position = 2
    assert late.has_caught_up
    await feed.happen("b")
    assert await taken(late) == "bb"


async def test_has_who_joins_during_a_read_look_behind_it_by_itself(feed, stack):
    """What is being read is read without its keys."""
    feed.joined(stack, "a")
    reading = asyncio.create_task(feed.happen("ab"))
    while not feed.reads:
        await asyncio.sleep(0)
    late = stack.enter_context(feed.shared.follow(frozenset("b")))
    late.start(0, 0)
    await reading
    assert not late.has_caught_up


@pytest.mark.parametrize(("limit", "kept"), [("KEPT_MAX", 10), ("KEPT_CHARACTERS_MAX", 1_000)])
async def test_keeps_little_for_who_is_slow(feed, stack, monkeypatch, limit, kept):
    monkeypatch.setattr(shared_feed, limit, kept)
    monkeypatch.setattr(shared_feed, "PAGE_MAX", 4)
    slow = feed.joined(stack)
    quick = feed.joined(stack)
    heard = ""
    for _ in range(10):
        await feed.happen("abcde")
        heard += await taken(quick)
    assert heard == "aabbccddee" * 10
    assert len(feed.shared._items) <= 10
    assert not slow.has_caught_up
    assert await slow.take() == ()
    slow.position = 45  # It has read for itself.
    assert await taken(slow) == "aabbccddee"


async def test_forgets_what_all_have(feed, stack):
    first, second = feed.joined(stack), feed.joined(stack)
    await feed.happen("abc")
    await taken(first)
    await feed.happen("")
    assert len(feed.shared._items) == 3
    await taken(second)
    await feed.happen("")
    assert (feed.shared._items, feed.shared._characters) == ([], 0)
    await feed.happen("d")
    assert (await taken(first), await taken(second)) == ("dd", "dd")


async def test_reads_nothing_for_nobody(feed, stack):
    with feed.shared.follow(None) as follower:
        follower.start(0, 0)
    await feed.happen("abc")
    assert feed.reads == []
    assert not feed.shared.is_followed


async def test_tells_all_why_nothing_can_be_read(feed, stack):
    tasks = await sleeping(feed.joined(stack), feed.joined(stack))
    feed.shared.fail(ValueError("broken"))
    for task in tasks:
        with pytest.raises(ValueError, match="broken"):
            await task


async def test_refuses_to_go_on_in_a_feed_that_ends_earlier_than_before(feed, stack):
    feed.joined(stack)
    await feed.happen("abc")
    with pytest.raises(CursorExpired):
        await feed.shared.advance(2)


async def test_refuses_to_go_on_in_another_epoch(feed, stack):
    feed.joined(stack)
    await feed.happen("abc")
    with pytest.raises(CursorExpired):
        await feed.shared.advance(4, "another")
