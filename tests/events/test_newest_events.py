"""The feed read from its end: the same events in the same order, page before page."""

from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import pool
from app.events.feed import FeedFilter, read_newest, read_page
from app.events.feed_place import FeedPlace
from app.kernel.actor import Actor, Via
from app.kernel.errors import CursorExpired

TYPES = ("ledger.created", "transfer.posted", "holder.created", "ledger.updated", "transfer.posted")


def positions(page):
    return [entry.position for entry in page.entries]


@pytest.fixture
async def feed(happen):
    """Ten events of several types; answers the types in order."""
    for event_type in TYPES * 2:
        await happen(event_type)
    return TYPES * 2


async def test_reads_the_newest_and_goes_back_page_by_page(actor, feed):
    there = positions(await read_page(actor, after=None, limit=100))
    assert len(there) == len(feed)
    newest = await read_newest(actor, before=None, limit=4)
    assert (positions(newest), newest.has_more) == (there[6:], True)
    before = await read_newest(actor, before=newest.end, limit=4)
    assert (positions(before), before.has_more) == (there[2:6], True)
    first = await read_newest(actor, before=before.end, limit=4)
    assert (positions(first), first.has_more) == (there[:2], False)
    nothing = await read_newest(actor, before=first.end, limit=4)
    assert (positions(nothing), nothing.has_more, nothing.end) == ([], False, FeedPlace(there[0]))


@pytest.mark.parametrize(
    "wanted",
    [
        FeedFilter(types=("ledger.*",)),
        FeedFilter(types=("transfer.posted",)),
        FeedFilter(resource_types=("holder", "ledger")),
        FeedFilter(types=()),
    ],
    ids=["ledgers", "transfers", "two nouns", "nothing"],
)
async def test_finds_the_same_as_from_the_beginning(actor, feed, wanted):
    forward = positions(await read_page(actor, after=None, limit=100, wanted=wanted))
    assert positions(await read_newest(actor, before=None, limit=100, wanted=wanted)) == forward
    one_by_one, place = [], None
    while (page := await read_newest(actor, before=place, limit=1, wanted=wanted)).entries:
        one_by_one, place = [*positions(page), *one_by_one], page.end
    assert one_by_one == forward


async def test_finds_those_of_a_time_and_of_one_object(actor, happen):
    events = [await happen("ledger.created", resource_id=None) for _ in range(5)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number, event_id in enumerate(events):
        at = start + number * timedelta(days=1)
        await pool().execute("UPDATE unnumbered_events SET occurred_at = $2 WHERE event_id = $1", event_id, at)
    span = FeedFilter(occurred_at_gte=start + timedelta(days=1), occurred_at_lt=start + timedelta(days=3))
    assert positions(await read_newest(actor, before=None, limit=10, wanted=span)) == [2, 3]
    assert positions(await read_newest(actor, before=None, limit=1, wanted=span)) == [3]
    [entry] = (await read_page(actor, after=None, limit=1)).entries
    about = FeedFilter(resource_id=entry.event.resource_id)
    assert positions(await read_newest(actor, before=None, limit=10, wanted=about)) == [1]


async def test_reads_only_what_the_actor_may(actor, happen, make_holder):
    holder_id = await make_holder()
    await happen("ledger.created", holder_id=holder_id)
    await happen("ledger.created")
    await happen("holder.created", holder_id=holder_id)
    reader = Actor(actor.customer_id, frozenset({"ledgers:read"}), Via.GRAPHQL, "reader")
    assert positions(await read_newest(reader, before=None, limit=10)) == [1, 2]
    holder = Actor(actor.customer_id, frozenset({"*"}), Via.GRAPHQL, "token", holder_id=holder_id)
    assert positions(await read_newest(holder, before=None, limit=10)) == [1, 3]


async def test_of_an_empty_feed_has_nothing(actor):
    page = await read_newest(actor, before=None, limit=10)
    assert (page.entries, page.end, page.has_more) == ([], FeedPlace(0), False)


async def test_refuses_a_place_that_the_feed_does_not_have(actor, feed):
    with pytest.raises(CursorExpired):
        await read_newest(actor, before=FeedPlace(1_000), limit=10)
