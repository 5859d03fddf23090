"""The feed: in order, filtered, each actor's own share of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.db.connection import fetchval
from app.events.feed import FeedFilter, feed_cursor, feed_position, find_events, last_position, read_feed
from app.kernel.cursor import encode_cursor
from app.kernel.errors import Invalid
from app.kernel.identifiers import new_id

TYPES = ["holder.created", "ledger.created", "ledger.status.ok", "ledger.iban_status.ok", "webhook.ping"]


async def read(actor, **wanted):
    return [entry.event.type for entry in await read_feed(actor, after=0, limit=100, wanted=FeedFilter(**wanted))]


@pytest.fixture
async def told(happen):
    """One event of each of five types; their ids."""
    return [await happen(event_type) for event_type in TYPES]


async def test_reads_oldest_first_by_position(actor, told):
    entries = await read_feed(actor, after=0, limit=100)
    assert [(entry.position, entry.event.id) for entry in entries] == list(enumerate(told, start=1))


async def test_reads_what_comes_after_a_position_and_no_more_than_asked_for(actor, told):
    assert [entry.position for entry in await read_feed(actor, after=2, limit=2)] == [3, 4]
    assert await read_feed(actor, after=5, limit=2) == []
    assert await read_feed(actor, after=2**63 - 1, limit=2) == []


@pytest.mark.parametrize(
    ("types", "seen"),
    [
        (("ledger.created",), ["ledger.created"]),
        (("ledger.*",), ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]),
        (("ledger.status.*", "holder.*"), ["holder.created", "ledger.status.ok"]),
        (("ledger.iban_status.*",), ["ledger.iban_status.ok"]),
        (("ledger.iban%.*",), []),
        (("ledger.iban-status.*",), []),
        ((), TYPES),
    ],
)
async def test_filters_by_type_and_wildcard(actor, told, types, seen):
    assert await read(actor, types=types) == seen


async def test_takes_an_underscore_in_a_wildcard_as_itself(actor, happen):
    await happen("webhook_endpoint.created")
    assert await read(actor, types=("webhook_endpoint.*",)) == ["webhook_endpoint.created"]
    assert await read(actor, types=("webhook.*",)) == []
    assert await read(actor, types=("webhook_______.*",)) == []


async def test_filters_by_object_and_noun(actor, told, happen):
    ledger_id = new_id()
    await happen("ledger.updated", resource_id=ledger_id)
    assert await read(actor, resource_id=ledger_id) == ["ledger.updated"]
    assert await read(actor, resource_types=("holder", "webhook")) == ["holder.created", "webhook.ping"]
    assert await read(actor, resource_types=()) == []


async def test_filters_by_time_with_the_end_left_out(actor, told):
    entries = await read_feed(actor, after=0, limit=100)
    second, fourth = entries[1].event.occurred_at, entries[3].event.occurred_at
    assert await read(actor, occurred_at_gte=second, occurred_at_lt=fourth) == TYPES[1:3]
    assert await read(actor, occurred_at_gte=fourth + timedelta(days=1)) == []


async def test_shows_nothing_of_another_customer(actor, told, make_actor):
    other = await make_actor()
    assert await read_feed(other, after=0, limit=100) == []
    assert await find_events(other, told) == {}
    assert await last_position(other) == 0


async def test_shows_what_the_scopes_reach(actor, told):
    of_holders = replace(actor, scopes=frozenset({"holders:read"}))
    assert await read(of_holders) == ["holder.created"]
    assert list(await find_events(of_holders, told)) == told[:1]
    assert await read(replace(actor, scopes=frozenset())) == []


async def test_shows_one_holder_s_actor_only_what_is_that_holder_s(actor, happen):
    holder_id = new_id()
    theirs = await happen("ledger.created", holder_id=holder_id)
    await happen("ledger.created", holder_id=new_id())
    await happen("ledger.created")
    await happen("webhook.ping", holder_id=holder_id)
    narrowed = replace(actor, holder_id=holder_id)

    assert [entry.event.id for entry in await read_feed(narrowed, after=0, limit=100)] == [theirs]
    everything = [entry.event.id for entry in await read_feed(actor, after=0, limit=100)]
    assert list(await find_events(narrowed, everything)) == [theirs]


async def test_reads_one_s_own_writes(actor, happen):
    assert await last_position(actor) == 0
    await happen()
    assert await last_position(actor) == 1
    assert await fetchval("SELECT count(*) FROM unnumbered_events") == 0


async def test_finds_events_by_id(actor, told):
    found = await find_events(actor, [told[2], new_id()])
    assert {event_id: event.type for event_id, event in found.items()} == {told[2]: "ledger.status.ok"}


class TestCursor:
    def test_stands_for_a_position(self):
        assert feed_position(feed_cursor(17), ("after",)) == 17
        assert feed_position(None, ("after",)) == 0

    @pytest.mark.parametrize(("sent", "taken"), [(-5, 0), (2**70, 2**63 - 1)])
    def test_never_leaves_the_range_of_positions(self, sent, taken):
        assert feed_position(encode_cursor("feed", [sent]), ("after",)) == taken

    @pytest.mark.parametrize(
        "cursor", ["", "x", encode_cursor("holders", [1]), encode_cursor("feed", ["1"]), encode_cursor("feed", [])]
    )
    def test_refuses_what_is_none_of_the_feed(self, cursor):
        with pytest.raises(Invalid) as refusal:
            feed_position(cursor, ("input", "after"))
        assert refusal.value.path == ("input", "after")
