"""A new epoch of every feed: cursors of earlier ones are refused, and fan-outs never stand beyond their feed."""

import pytest

from app.db.connection import fetch, fetchval, pool
from app.events.begin_epoch import begin_epoch
from app.events.feed import feed_end, read_page
from app.events.feed_place import FeedPlace
from app.kernel.errors import CursorExpired


async def test_begins_in_every_feed_at_once(actor, make_actor, happen):
    other = await make_actor()
    await happen()
    before = await feed_end(actor.customer_id)
    begun = await begin_epoch()
    assert (begun.feeds, begun.fan_outs_set_back, len(begun.epoch)) == (2, 0, 16)
    assert await feed_end(actor.customer_id) == FeedPlace(1, begun.epoch)
    assert await feed_end(other.customer_id) == FeedPlace(0, begun.epoch)
    with pytest.raises(CursorExpired):
        await read_page(actor, after=before, limit=10)
    page = await read_page(actor, after=None, limit=10)
    assert ([entry.position for entry in page.entries], page.end) == ([1], FeedPlace(1, begun.epoch))
    assert [entry.cursor for entry in page.entries] == [page.end.cursor]


async def test_may_be_done_twice(actor, happen):
    await happen()
    first = await begin_epoch()
    between = await feed_end(actor.customer_id)
    second = await begin_epoch()
    assert first.epoch != second.epoch
    with pytest.raises(CursorExpired):
        await read_page(actor, after=between, limit=10)
    await read_page(actor, after=await feed_end(actor.customer_id), limit=10)


async def test_sets_only_those_fan_outs_back_that_are_beyond_their_feed(actor, make_actor, happen):
    other = await make_actor()
    await happen()
    await happen(of=other)
    for customer, position in ((actor, 7), (other, 0)):
        await feed_end(customer.customer_id)
        await pool().execute("INSERT INTO webhook_fan_outs VALUES ($1, $2)", customer.customer_id, position)
    assert (await begin_epoch()).fan_outs_set_back == 1
    positions = {row["customer_id"]: row["position"] for row in await fetch("SELECT * FROM webhook_fan_outs")}
    assert positions == {actor.customer_id: 1, other.customer_id: 0}


async def test_is_kept_while_events_are_numbered(actor, happen):
    begun = await begin_epoch()
    await happen()
    assert await feed_end(actor.customer_id) == FeedPlace(1, begun.epoch)
    assert await fetchval("SELECT epoch FROM feeds") == begun.epoch
