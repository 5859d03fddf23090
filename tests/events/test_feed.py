"""The feed: in order, filtered, each actor's own share of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.events.feed import (
    FeedFilter,
    find_events,
    follow_feed,
    last_position,
    position_before,
    read_feed,
)
from tests.bookkeeping import open_account

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
        ((), []),
        (None, TYPES),
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


class TestTransfers:
    """A payer's two transfers to a payee, and their funding, among other events."""

    @pytest.fixture
    async def parties(self, actor, make_holder, happen, post):
        payer, payee = await make_holder(), await make_holder()
        await happen("ledger.created", holder_id=payer)
        debit_id = await open_account(actor.customer_id, holder_id=payer, balance=1_000)
        credit_id = await open_account(actor.customer_id, holder_id=payee)
        first = await post(debit_id, credit_id)
        await happen("ledger.updated", holder_id=payee)
        second = await post(debit_id, credit_id)
        return payer, payee, first, second

    async def test_takes_two_positions_for_each(self, actor, parties):
        entries = await read_feed(actor, after=0, limit=100)
        assert [(entry.position, entry.event.type) for entry in entries] == [
            (1, "ledger.created"),
            (3, "transfer.posted"),
            (5, "transfer.posted"),
            (6, "ledger.updated"),
            (8, "transfer.posted"),
        ]
        # Between the two sides of the last: it is told once more.
        assert [entry.position for entry in await read_feed(actor, after=7, limit=100)] == [8]
        assert await read_feed(actor, after=8, limit=100) == []

    async def test_belongs_to_the_holders_of_both_sides(self, actor, parties):
        payer, payee, *_ = parties
        for holder_id, positions in ((payer, [1, 3, 5, 8]), (payee, [5, 6, 8]), (new_id(), [])):
            narrowed = replace(actor, holder_id=holder_id)
            entries = await read_feed(narrowed, after=0, limit=100)
            assert [entry.position for entry in entries] == positions
            assert [entry.position for entry in await read_feed(narrowed, after=3, limit=2)] == [
                position for position in positions if position > 3
            ][:2]
            everything = [entry.event.id for entry in await read_feed(actor, after=0, limit=100)]
            assert set(await find_events(narrowed, everything)) == {entry.event.id for entry in entries}

    async def test_tells_a_holder_nothing_of_the_other_side(self, actor, parties):
        payer, payee, _, second = parties
        for holder_id, own, other in ((payer, "debit", "credit"), (payee, "credit", "debit")):
            narrowed = replace(actor, holder_id=holder_id)
            *_, last = await read_feed(narrowed, after=0, limit=100)
            found = (await find_events(narrowed, [last.event.id]))[last.event.id]
            for event in (last.event, found):
                assert event.resource_id == second.id
                assert set(event.data[own]) == {"id", "type", "balance_after", "sequence"}
                assert set(event.data[other]) == {"id"}

    async def test_tells_a_transfer_within_one_holder_once(self, actor, make_holder, post):
        holder_id = await make_holder()
        debit_id = await open_account(actor.customer_id, holder_id=holder_id, balance=1_000)
        transfer = await post(debit_id, await open_account(actor.customer_id, holder_id=holder_id))
        entries = await read_feed(replace(actor, holder_id=holder_id), after=0, limit=100)
        assert [entry.event.resource_id for entry in entries][1:] == [transfer.id]

    async def test_shows_them_to_who_may_read_them(self, actor, parties):
        without = replace(actor, scopes=frozenset({"ledgers:read"}))
        assert await read(without) == ["ledger.created", "ledger.updated"]
        only = replace(actor, scopes=frozenset({"transfers:read"}))
        assert await read(only) == ["transfer.posted"] * 3

    async def test_filters_them(self, actor, parties):
        _, _, first, _ = parties
        assert await read(actor, types=("transfer.posted",)) == ["transfer.posted"] * 3
        assert await read(actor, types=("transfer.*", "ledger.created")) == ["ledger.created"] + ["transfer.posted"] * 3
        assert await read(actor, types=("ledger.*",)) == ["ledger.created", "ledger.updated"]
        assert await read(actor, resource_id=first.id) == ["transfer.posted"]
        assert await read(actor, resource_types=("transfer",)) == ["transfer.posted"] * 3
        assert await read(actor, resource_types=("ledger",)) == ["ledger.created", "ledger.updated"]
        assert await read(actor, resource_types=("transfer",), types=("ledger.*",)) == []


async def test_goes_on_behind_all_that_it_looked_at(actor, told):
    wanted = FeedFilter(types=("holder.*",))
    entries, position = await follow_feed(actor, after=0, limit=10, wanted=wanted)
    assert ([entry.position for entry in entries], position) == ([1], 5)
    assert await follow_feed(actor, after=5, limit=10, wanted=wanted) == ([], 5)
    assert await follow_feed(actor, after=17, limit=10, wanted=wanted) == ([], 17)


async def test_goes_on_behind_the_last_it_tells_where_there_may_be_more(actor, told):
    entries, position = await follow_feed(actor, after=0, limit=2)
    assert ([entry.position for entry in entries], position) == ([1, 2], 2)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
async def test_finds_where_an_instant_begins(actor, happen, count):
    """However late some of them were committed."""
    for _ in range(count):
        await happen()
    await last_position(actor)
    instants = [number if number % 5 else number - 20 for number in range(count)]
    highest = [max(instants[: number + 1]) for number in range(count)]
    await pool().execute(
        "UPDATE feed_entries AS entry SET latest_at = to_timestamp(given.latest)"
        " FROM unnest($1::integer[]) WITH ORDINALITY AS given (latest, place) WHERE entry.position = given.place",
        highest,
    )
    for instant in range(-30, count + 2):
        first = next((place for place, at in enumerate(instants) if at >= instant), count)
        found = await position_before(actor, datetime.fromtimestamp(instant, UTC))
        assert found == next((place for place, at in enumerate(highest) if at >= instant), count)
        assert found <= first


async def test_reads_one_s_own_writes(actor, happen):
    assert await last_position(actor) == 0
    await happen()
    assert await last_position(actor) == 1
    assert await fetchval("SELECT count(*) FROM unnumbered_events") == 0


async def test_finds_events_by_id(actor, told):
    found = await find_events(actor, [told[2], new_id()])
    assert {event_id: event.type for event_id, event in found.items()} == {told[2]: "ledger.status.ok"}
