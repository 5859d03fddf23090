"""The sequencer: positions without gaps or repeats, whoever else numbers or commits at the same time; and what it
notes of credits and debits.
"""

import asyncio
import contextlib
import random
import re
from contextvars import Context

import asyncpg
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events import number_events as module
from app.events.feed import read_feed
from app.events.number_events import number_events
from app.events.record import Resource, record_event
from tests.events.conftest import LONG_AGO

pytestmark = pytest.mark.postgres15

WRITERS = 6
CHANGES_OF_EACH_WRITER = 25
RESOURCES = 4


async def entries(actor):
    rows = await fetch(
        "SELECT position, event_id FROM feed_entries WHERE customer_id = $1 ORDER BY position", actor.customer_id
    )
    return [(row["position"], row["event_id"]) for row in rows]


async def test_numbers_in_the_order_of_insertion(actor, happen):
    happened = [await happen() for _ in range(5)]

    assert await number_events(actor.customer_id) == 5
    assert await entries(actor) == list(enumerate(happened, start=1))
    assert await fetchval("SELECT last_position FROM feeds") == 5
    assert await fetchval("SELECT count(*) FROM unnumbered_events") == 0


async def test_goes_on_where_it_ended(actor, happen):
    first = await happen()
    assert await number_events(actor.customer_id) == 1
    assert await number_events(actor.customer_id) == 0
    second = await happen()
    assert await number_events(actor.customer_id) == 1
    assert await entries(actor) == [(1, first), (2, second)]


async def test_reads_no_more_than_it_numbers(database):
    async with transaction(by_key=True) as tx:
        await tx.execute(f"PREPARE planned AS {module._NUMBER_SQL}")
        plan = "\n".join(row[0] for row in await tx.fetch("EXPLAIN EXECUTE planned(NULL, NULL)"))
        await tx.execute("DEALLOCATE planned")
    conditions = re.findall(r"Scan using unnumbered_events_pkey on \w+(?: event)? .*\n\s+Index Cond: (.*)", plan)
    assert plan.count("on unnumbered_events") == 4  # Whether any is due, which are, those deleted, the deletion itself.
    assert len(conditions) == 3
    assert any("insertion <=" in condition for condition in conditions)


async def test_numbers_more_than_one_batch(actor, happen, monkeypatch):
    monkeypatch.setattr(module, "BATCH_SIZE_MAX", 10)
    happened = [await happen() for _ in range(25)]

    assert await number_events(actor.customer_id) == 25
    assert await entries(actor) == list(enumerate(happened, start=1))


async def test_leaves_other_customers_alone(actor, make_actor, happen):
    other = await make_actor()
    ours, theirs = await happen(), await happen(of=other)

    assert await number_events(actor.customer_id) == 1
    assert await fetchval("SELECT customer_id FROM unnumbered_events") == other.customer_id
    assert await number_events(other.customer_id) == 1
    assert await entries(actor) == [(1, ours)]
    assert await entries(other) == [(1, theirs)]


async def test_gives_what_commits_late_a_later_position(actor, happen):
    async with transaction() as tx:
        late = await record_event(tx, actor, "ledger.created", Resource("ledger", new_id(), 1), {})
        # As another process would: outside of the transaction that is open here.
        early = await asyncio.create_task(happen(), context=Context())
        assert await asyncio.create_task(number_events(actor.customer_id), context=Context()) == 1

    assert await number_events(actor.customer_id) == 1
    assert await entries(actor) == [(1, early), (2, late)]


async def test_never_numbers_what_was_rolled_back(actor, happen):
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await record_event(tx, actor, "ledger.created", Resource("ledger", new_id(), 1), {})
            raise ZeroDivisionError
    kept = await happen()

    assert await number_events(actor.customer_id) == 1
    assert await entries(actor) == [(1, kept)]
    assert await fetchval("SELECT count(*) FROM events") == 1


async def test_notes_the_latest_instant_so_far(actor, happen):
    for _ in range(4):
        await happen()
    minutes = [10, 30, 20, 40]
    await pool().execute(
        "UPDATE unnumbered_events AS waiting SET occurred_at = $1::timestamptz + given.minutes * interval '1 minute'"
        " FROM (SELECT insertion, ($2::integer[])[row_number() OVER (ORDER BY insertion)] AS minutes"
        "       FROM unnumbered_events) AS given WHERE given.insertion = waiting.insertion",
        LONG_AGO,
        minutes,
    )
    await number_events(actor.customer_id)
    latest = "SELECT extract(epoch FROM latest_at - $1)::integer / 60 AS at FROM feed_entries ORDER BY position"
    rows = await fetch(latest, LONG_AGO)
    assert [row["at"] for row in rows] == [10, 30, 30, 40]
    # And goes on from there.
    await happen()
    await pool().execute("UPDATE unnumbered_events SET occurred_at = $1", LONG_AGO)
    await number_events(actor.customer_id)
    last = await fetchrow("SELECT latest_at, occurred_at FROM feed_entries WHERE position = 5")
    assert last["latest_at"] == (await fetchval("SELECT latest_at FROM feeds")) > last["occurred_at"]


class TestWhileAnotherSequencerWorks:
    """`busy` is its transaction, which holds the lock until the test lets go."""

    @pytest.fixture
    async def busy(self, actor, happen, database):
        await happen()
        other = await asyncpg.connect(database)
        transaction_of_other = other.transaction()
        await transaction_of_other.start()
        await other.execute("SELECT * FROM feeds WHERE customer_id = $1 FOR UPDATE", actor.customer_id)
        yield transaction_of_other
        await other.close()

    async def test_steps_aside(self, actor, busy):
        assert await number_events(actor.customer_id) == 0

    async def test_waits_if_asked_to(self, actor, busy):
        waiting = asyncio.create_task(number_events(actor.customer_id, wait=True))
        await until_blocked(1)
        assert not waiting.done()

        await busy.commit()
        assert await waiting == 1


async def test_has_numbered_what_was_committed_before_the_call_when_it_waited(actor, happen):
    async def write_then_look(_):
        mine = await happen()
        await number_events(actor.customer_id, wait=True)
        assert mine in {event_id for _, event_id in await entries(actor)}

    await asyncio.gather(*(write_then_look(number) for number in range(60)))
    assert [position for position, _ in await entries(actor)] == list(range(1, 61))


async def test_numbers_nothing_twice_with_a_snapshot_older_than_its_lock(actor, happen, database):
    happened = [await happen() for _ in range(10)]
    outsider = await asyncpg.connect(database)
    holding_up = outsider.transaction()
    await holding_up.start()
    await outsider.execute("LOCK TABLE feed_entries IN SHARE MODE")

    # The first has the lock and is held up in the middle of its numbering, the others queue for the lock.
    sequencers = [asyncio.create_task(number_events(actor.customer_id, wait=True)) for _ in range(4)]
    await until_blocked(4)
    await holding_up.commit()
    await outsider.close()

    assert sorted(await asyncio.gather(*sequencers)) == [0, 0, 0, 10]
    assert await entries(actor) == list(enumerate(happened, start=1))
    assert await fetchval("SELECT last_position FROM feeds") == 10


async def until_blocked(count):
    """Wait until so many connections wait for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'quaestor-tests'"
    )
    while await fetchval(waiting) < count:
        await asyncio.sleep(0.005)


@pytest.mark.thorough
@pytest.mark.parametrize("sequencers", [2, 10])
async def test_keeps_the_feed_whole_among_concurrent_writers_sequencers_and_a_reader(actor, sequencers):
    dice = random.Random(sequencers)
    resources = [await a_versioned_thing(actor) for _ in range(RESOURCES)]
    committed, read = [], []
    writing = asyncio.Event()

    async def write():
        for _ in range(CHANGES_OF_EACH_WRITER):
            with contextlib.suppress(ZeroDivisionError):
                committed.append(await change(actor, dice.choice(resources), dice))

    async def sequence():
        while not writing.is_set():
            await number_events(actor.customer_id, wait=dice.random() < 0.5)
            await asyncio.sleep(dice.uniform(0, 0.003))

    async def follow():
        position = 0
        while True:
            is_last_look = writing.is_set()
            page = await read_feed(actor, after=position, limit=7)
            read.extend(page)
            position = page[-1].position if page else position
            if is_last_look and not page:
                return

    async def write_all():
        await asyncio.gather(*(write() for _ in range(WRITERS)))
        writing.set()

    await asyncio.gather(write_all(), follow(), *(sequence() for _ in range(sequencers)))

    assert [entry.position for entry in read] == list(range(1, len(committed) + 1))
    assert sorted(entry.event.id for entry in read) == sorted(committed)
    for resource_id in resources:
        versions = [entry.event.resource_version for entry in read if entry.event.resource_id == resource_id]
        assert versions == list(range(1, len(versions) + 1))
    assert len(committed) > WRITERS * CHANGES_OF_EACH_WRITER // 2


async def change(actor, thing_id, dice):
    """Count its version up and tell of it; some commit late, some never."""
    async with transaction() as tx:
        version = await tx.fetchval(
            "UPDATE posting_accounts SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence", thing_id
        )
        resource = Resource("ledger", thing_id, version)
        event_id = await record_event(tx, actor, "ledger.updated", resource, {"version": version})
        await asyncio.sleep(dice.choice([0, 0, 0.002, 0.02]))
        if dice.random() < 0.25:
            raise ZeroDivisionError
    return event_id


async def a_versioned_thing(actor):
    thing_id = new_id()
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative)"
            " VALUES ($1, $2, 'BANK', 'GBP', 2, 'CREDIT', true, false)",
            actor.customer_id,
            thing_id,
        )
    return thing_id
