"""Events as they happen: the same for everybody as they would read for themselves, and one look for all."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import asyncpg
import pytest

from app.db.connection import fetchval, pool
from app.db.notifications import notifications
from app.db.outage import database_outage
from app.events import feed_watch, shared_feed, watch_events
from app.events.feed import FeedFilter, last_position, read_feed
from app.events.feed_place import FeedPlace
from app.kernel.errors import CursorExpired
from tests.bookkeeping import open_account

MANY = 300
LOOKS = 15


@pytest.fixture
async def listening(database):
    await notifications().at(database, application_name="quaestor-tests").start()
    async with asyncio.timeout(120):
        while not notifications().is_listening:  # Then it wakes everybody, as something may have been lost.
            await asyncio.sleep(0.01)
    yield
    await notifications().stop()


@pytest.fixture
async def streams(listening):
    """A function that opens a stream of events."""
    async with AsyncExitStack() as stack:

        async def open_stream(actor, *, after=None, types=None, poll=3600):
            start = None if after is None else FeedPlace(after)
            events = watch_events.watch_events(actor, after=start, types=types, backup_poll_seconds=poll)
            return await stack.enter_async_context(aclosing(events))

        yield open_stream


async def take(events, count):
    """The next ones; the limit only ends a failure."""
    async with asyncio.timeout(120):
        return [await anext(events) for _ in range(count)]


async def waiting(actor, count):
    """Wait until so many followers of this customer have nothing left to do, and the one who looks for them neither.

    The first look begins by itself: one that is still under way would see what happens next.
    """
    async with asyncio.timeout(120):
        while True:
            watch = feed_watch._watches.get(actor.customer_id)
            followers = [one for feed in watch._feeds.values() for one in feed._followers] if watch else []
            if sum(one._is_waiting for one in followers) == count and not looks_now(watch):
                return
            await asyncio.sleep(0.01)


def looks_now(watch):
    """Whether a look is under way, or due."""
    return watch._wake_up.is_rung or not watch._wake_up._event._waiters


async def test_tells_each_event_from_now_on(actor, happen, streams):
    await happen()
    events = await streams(actor)
    coming = asyncio.create_task(take(events, 2))
    await waiting(actor, 1)
    ids = [await happen(), await happen("holder.created")]
    assert [(entry.position, entry.event.id) for entry in await coming] == [(2, ids[0]), (3, ids[1])]


async def test_catches_up_from_a_position_and_goes_on(actor, happen, streams, monkeypatch):
    monkeypatch.setattr(watch_events, "OWN_PAGE_MAX", 2)
    ids = [await happen() for _ in range(7)]
    events = await streams(actor, after=1)
    assert [entry.event.id for entry in await take(events, 6)] == ids[1:]
    coming = asyncio.create_task(take(events, 1))
    await waiting(actor, 1)
    ids.append(await happen())
    assert [entry.event.id for entry in await coming] == ids[-1:]


async def test_tells_everybody_what_they_would_read_themselves(
    actor, make_actor, happen, make_holder, post, streams, monkeypatch
):
    """Actors with all kinds of scopes, of holders and of another customer, with filters; some slow, some behind."""
    monkeypatch.setattr(shared_feed, "KEPT_MAX", 8)
    monkeypatch.setattr(shared_feed, "HANDED_MAX", 3)
    monkeypatch.setattr(shared_feed, "PAGE_MAX", 5)
    monkeypatch.setattr(watch_events, "OWN_PAGE_MAX", 4)
    ada, grace = await make_holder(), await make_holder()
    other = await make_actor()
    accounts = [await open_account(actor.customer_id, holder_id=one, balance=10_000) for one in (ada, grace, None)]
    begins = {actor.customer_id: await last_position(actor), other.customer_id: 0}
    watchers = [
        (who, types)
        for who in (
            actor,
            replace(actor, scopes=frozenset({"ledgers:read"})),
            replace(actor, scopes=frozenset({"transfers:read", "webhooks:read"})),
            replace(actor, holder_id=ada),
            replace(actor, holder_id=grace, scopes=frozenset({"transfers:read"})),
            replace(actor, scopes=frozenset()),
            other,
        )
        for types in (None, ("ledger.*",), ("transfer.posted", "holder.created"))
    ]
    heard = [[] for _ in watchers]

    async def listen(place, events):
        async for entry in events:
            heard[place].append(entry)
            await asyncio.sleep(place % 3 * 0.01)

    tasks = [
        asyncio.create_task(
            listen(place, await streams(who, after=begins[who.customer_id] if place % 2 else None, types=types))
        )
        for place, (who, types) in enumerate(watchers)
    ]
    await waiting(actor, len(watchers) - 3)
    await waiting(other, 3)
    for number in range(12):
        await happen("ledger.created", holder_id=(ada, grace, None)[number % 3])
        await happen(("holder.created", "webhook_endpoint.created", "api_key.created")[number % 3])
        await post(accounts[number % 3], accounts[(number + 1) % 3])
        await happen(of=other)
    expected = [
        await read_feed(who, after=begins[who.customer_id], limit=1_000, wanted=FeedFilter(types=types))
        for who, types in watchers
    ]
    async with asyncio.timeout(120):
        while [len(one) for one in heard] != [len(one) for one in expected]:
            await asyncio.sleep(0.01)
    assert heard == expected
    assert [entry.event.data for entry in heard[9]] == [entry.event.data for entry in expected[9]]
    assert len({len(one) for one in expected}) > 5
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def commits():
    """Of this database so far, those included that sessions have not yet told."""
    opened = [await pool().acquire() for _ in range(pool().get_size())]
    for connection in opened:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT 1")
    for connection in opened:
        await pool().release(connection)
    return await fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")


async def test_looks_once_however_many_wait(actor, happen, streams, monkeypatch):
    looks = []
    looked = asyncio.Event()

    async def counted(customer_id):
        looks.append(customer_id)
        if len(looks) >= LOOKS:
            watch._backup_poll_seconds = 3600  # What happens from now on is looked for when it is announced.
            looked.set()
        return await feed_end(customer_id)

    feed_end = feed_watch.feed_end
    opened = [await streams(actor, poll=0.02) for _ in range(MANY)]
    coming = [asyncio.create_task(take(events, 2)) for events in opened]
    await waiting(actor, MANY)
    watch = feed_watch._watches[actor.customer_id]
    before = await commits()
    monkeypatch.setattr(feed_watch, "feed_end", counted)
    await asyncio.wait_for(looked.wait(), 120)
    assert LOOKS // 2 <= await commits() - before < LOOKS + 100 < MANY
    ids = [await happen(), await happen()]
    for task in coming:
        assert [entry.event.id for entry in await task] == ids
    assert await commits() - before < 8 * len(looks) + 100 < MANY
    assert len(looks) < LOOKS + 10


async def test_goes_on_after_the_database_was_away(actor, happen, streams, monkeypatch):
    monkeypatch.setattr(feed_watch, "AWAY_PAUSE_SECONDS", 0.01)
    events = await streams(actor)
    coming = asyncio.create_task(take(events, 1))
    await waiting(actor, 1)
    failures = [ConnectionRefusedError("away"), TimeoutError()]
    feed_end = feed_watch.feed_end

    async def away(customer_id):
        if failures:
            raise failures.pop()
        return await feed_end(customer_id)

    monkeypatch.setattr(feed_watch, "feed_end", away)
    event_id = await happen()
    assert [entry.event.id for entry in await coming] == [event_id]
    assert not failures


async def test_ends_with_what_is_not_the_databases_fault(actor, streams, happen, monkeypatch):
    events = await streams(actor)
    coming = asyncio.create_task(take(events, 1))
    await waiting(actor, 1)

    async def broken(_customer_id):
        raise ZeroDivisionError

    monkeypatch.setattr(feed_watch, "feed_end", broken)
    await happen()
    with pytest.raises(ZeroDivisionError):
        await coming
    monkeypatch.undo()
    again = asyncio.create_task(take(await streams(actor, after=0), 1))
    assert [entry.position for entry in await again] == [1]


@pytest.mark.parametrize("change", ["last_position = 1", "epoch = 'another'"])
async def test_ends_when_the_database_was_restored(actor, streams, happen, change):
    for _ in range(3):
        await happen()
    events = await streams(actor, poll=0.05)
    coming = asyncio.create_task(take(events, 1))
    await waiting(actor, 1)
    await pool().execute(f"UPDATE feeds SET {change}")
    with pytest.raises(CursorExpired):
        await coming


async def test_refuses_to_begin_where_the_feed_never_was(actor, streams, happen):
    await happen()
    for start in (FeedPlace(2), FeedPlace(1, "another")):
        events = watch_events.watch_events(actor, after=start, types=None, backup_poll_seconds=3600)
        with pytest.raises(CursorExpired) as refusal:
            await anext(events)
        assert refusal.value.path == ("after",)
    assert not feed_watch._watches


async def test_tells_nothing_of_no_types(actor, streams, happen):
    events = await streams(actor, types=())
    coming = asyncio.create_task(take(events, 1))
    await waiting(actor, 1)
    await happen()
    follower = next(iter(feed_watch._watches[actor.customer_id].feed("events", None)._followers))
    async with asyncio.timeout(120):
        while follower.position < 1:
            await asyncio.sleep(0.01)
    assert not coming.done()
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)


async def test_stops_looking_when_nobody_is_left(actor, streams):
    opened = [await streams(actor) for _ in range(2)]
    coming = [asyncio.create_task(take(events, 1)) for events in opened]
    await waiting(actor, 2)
    watch = feed_watch._watches[actor.customer_id]
    for task in coming:
        task.cancel()
    await asyncio.gather(*coming, return_exceptions=True)
    for events in opened:
        await events.aclose()
    assert feed_watch._watches == {}
    await asyncio.wait({watch._task})
    assert watch._task.cancelled()
    assert feed_watch.notifications()._waiters == {}


async def test_reads_again_where_another_transaction_was_in_the_way(actor, happen, streams, monkeypatch, caplog):
    look, collisions = feed_watch.FeedWatch._look, [asyncpg.LockNotAvailableError("in the way")]

    async def collide(watch):
        if collisions:
            raise collisions.pop()
        await look(watch)

    monkeypatch.setattr(feed_watch.FeedWatch, "_look", collide)
    monkeypatch.setattr(database_outage, "_told_at", None)
    event_id = await happen()
    [entry] = await take(await streams(actor, after=0), 1)
    assert entry.event.id == event_id
    assert collisions == []
    assert [record for record in caplog.records if record.levelname != "INFO"] == []
