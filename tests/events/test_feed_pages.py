"""Pages of the feed: each ends at the place that was searched, so that nobody reads the same part twice."""

import asyncio

import pytest

from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.feed import FeedFilter, feed_end, read_page
from app.events.feed_place import FeedPlace
from app.events.record import Resource, record_event
from app.kernel.errors import CursorExpired

LENGTH = 3_000
NARROW = FeedFilter(types=("holder.status.declined",))


@pytest.fixture
def fill(actor):
    """Commit many events at once, one of which is wanted for each time that `wanted` says."""

    async def fill(count, *, wanted=()):
        async with transaction() as tx:
            for number in range(count):
                event_type = "holder.status.declined" if number in wanted else "ledger.updated"
                resource = Resource(event_type.split(".", maxsplit=1)[0], new_id(), 1, None)
                await record_event(tx, actor, event_type, resource, {"number": number})

    return fill


@pytest.mark.thorough
async def test_goes_through_a_long_feed_once_with_a_narrow_filter(actor, fill):
    await fill(LENGTH, wanted=(10, 11, 2_000))
    first = await read_page(actor, after=None, limit=2, wanted=NARROW)
    assert ([entry.position for entry in first.entries], first.end, first.has_more) == ([11, 12], FeedPlace(12), True)
    second = await read_page(actor, after=first.end, limit=2, wanted=NARROW)
    assert [entry.position for entry in second.entries] == [2_001]
    assert (second.end, second.has_more) == (FeedPlace(LENGTH), False)
    third = await read_page(actor, after=second.end, limit=2, wanted=NARROW)
    assert (third.entries, third.end, third.has_more) == ([], FeedPlace(LENGTH), False)
    await fill(100)
    fourth = await read_page(actor, after=third.end, limit=2, wanted=NARROW)
    assert (fourth.entries, fourth.end, fourth.has_more) == ([], FeedPlace(LENGTH + 100), False)


@pytest.mark.parametrize(
    "wanted",
    [FeedFilter(types=()), FeedFilter(resource_types=()), FeedFilter(resource_id=new_id()), NARROW],
    ids=["no types", "no nouns", "another object", "another type"],
)
async def test_ends_where_the_feed_does_whatever_finds_nothing(actor, fill, wanted):
    await fill(5)
    page = await read_page(actor, after=None, limit=10, wanted=wanted)
    assert (page.entries, page.end, page.has_more) == ([], FeedPlace(5), False)


async def test_of_an_empty_feed_ends_at_its_beginning(actor):
    page = await read_page(actor, after=None, limit=10)
    assert (page.entries, page.end, page.has_more) == ([], FeedPlace(0), False)
    assert (await read_page(actor, after=page.end, limit=10)).end == FeedPlace(0)


async def test_refuses_to_begin_beyond_the_end(actor, fill):
    await fill(5)
    with pytest.raises(CursorExpired):
        await read_page(actor, after=FeedPlace(6), limit=10)


async def test_loses_nothing_while_many_commit_late(actor):
    """Writers hold their transactions open in turn, so that what was written first is committed last."""
    written, seen = [], []
    is_over = asyncio.Event()

    async def write(number):
        for round_ in range(6):
            async with transaction() as tx:
                for wanted in (False, True, False):
                    event_type = "holder.status.declined" if wanted else "ledger.updated"
                    resource = Resource(event_type.split(".", maxsplit=1)[0], new_id(), 1, None)
                    event_id = await record_event(tx, actor, event_type, resource, {})
                    written.extend([event_id] if wanted else [])
                await asyncio.sleep(0.002 * ((number * 7 + round_) % 5))

    async def follow():
        place, pages = None, 0
        while True:
            is_last = is_over.is_set()
            page = await read_page(actor, after=place, limit=3, wanted=NARROW)
            assert page.end.position >= (place.position if place else 0)
            seen.extend(entry.event.id for entry in page.entries)
            place, pages = page.end, pages + 1
            if is_last and not page.has_more:
                return place, pages

    following = [asyncio.create_task(follow()) for _ in range(2)]
    await asyncio.gather(*(write(number) for number in range(8)))
    is_over.set()
    ends = await asyncio.gather(*following)
    assert sorted(seen) == sorted([*written, *written])
    assert {place for place, _ in ends} == {await feed_end(actor.customer_id)} == {FeedPlace(8 * 6 * 3)}
