"""Old deliveries and attempts go, in small batches; what is young, open or still wanted stays."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.pages import Page
from app.kernel.clock import utc_now
from app.proof.prove_books import prove_books
from app.webhooks.queries import (
    DeliveryFilter,
    attempts_of_deliveries,
    read_webhook_deliveries,
    request_bodies,
    stats_of_endpoints,
)
from app.webhooks.replays.redeliver_webhook import redeliver_webhook
from app.webhooks.retention import remove_batch, remove_old
from app.webhooks.retention.removal_counts import RemovalCounts
from app.webhooks.retention.remove_old import Sweeps
from app.webhooks.retention.retention import Retention

DAY = timedelta(days=1)
KEPT = {"DELIVERED": 10 * DAY, "CANCELLED": 10 * DAY, "EXHAUSTED": 90 * DAY}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(remove_batch, "BATCH_SIZE_MAX", 3)


def sweeps(*, delivered=10 * DAY, exhausted=90 * DAY, attempts=None):
    return Sweeps(Retention(delivered, exhausted, attempts))


async def sweep(**kept):
    await sweeps(**kept).drain(budget_seconds=60)


async def age(ids, days):
    """As if these had been made, and had ended, so many days ago."""
    await pool().execute(
        """
        UPDATE webhook_deliveries
        SET created_at = now() - $2 * interval '1 day', updated_at = now() - $2 * interval '1 day'
        WHERE id = ANY($1)
        """,
        ids,
        days,
    )


@pytest.fixture
async def endpoint(subscribe, receiver):
    made, _ = await subscribe(receiver.url)
    return made


@pytest.fixture
def old(endpoint, fill):
    async def make(count, *, status="DELIVERED", days):
        ids = await fill(endpoint, count, status=status)
        await age(ids, days)
        for delivery_id in ids:
            await pool().execute(
                """
                INSERT INTO webhook_attempts (customer_id, delivery_id, number, started_at, duration_ms)
                VALUES ($1, $2, 1, now() - $3 * interval '1 day', 7)
                """,
                endpoint.customer_id,
                delivery_id,
                days,
            )
        return set(ids)

    return make


async def left():
    return {row["id"] for row in await fetch("SELECT id FROM webhook_deliveries")}


async def test_removes_what_is_older_than_it_is_kept(old):
    kept = set()
    for status, span in KEPT.items():
        await old(7, status=status, days=span.days + 1)
        kept |= await old(4, status=status, days=span.days - 1)
    kept |= await old(5, status="PENDING", days=400) | await old(5, status="RETRYING", days=400)
    await sweep()
    assert await left() == kept
    attempted = {row["delivery_id"] for row in await fetch("SELECT delivery_id FROM webhook_attempts")}
    assert attempted == kept


@pytest.fixture
def batches(monkeypatch):
    """What each batch removed: deliveries and attempts."""
    removed = []
    for part in (remove_batch.OldDeliveries, remove_batch.OldAttempts):
        original = part.remove_batch

        async def noted(self, original=original):
            batch = await original(self)
            removed.append((batch.deliveries, batch.attempts))
            return batch

        monkeypatch.setattr(part, "remove_batch", noted)
    return removed


async def test_removes_a_few_deliveries_at_a_time(old, batches):
    await old(8, days=11)
    await sweep(exhausted=None)
    assert [batch for batch in batches if batch != (0, 0)] == [(3, 3), (3, 3), (2, 2)]


@pytest.mark.usefixtures("endpoint", "receiver")
async def test_removes_a_few_attempts_at_a_time(happen, pipeline, batches):
    for _ in range(8):
        await happen()
    await pipeline.drain(budget_seconds=60)
    await asyncio.sleep(0.01)
    await sweep(delivered=None, exhausted=None, attempts=timedelta(milliseconds=1))
    assert [batch for batch in batches if batch != (0, 0)] == [(0, 3), (0, 3), (0, 2)]


async def test_rests_after_each_batch_for_as_long_as_it_took(old, monkeypatch):
    await old(8, days=11)
    rests = []

    async def rest(seconds):
        rests.append(seconds)

    clock = itertools.count()
    monkeypatch.setattr(remove_old, "monotonic", lambda: next(clock))  # Each look at it is a second later.
    monkeypatch.setattr(remove_old.asyncio, "sleep", rest)
    await sweeps(exhausted=None).drain(budget_seconds=1_000)
    assert await left() == set()
    assert len(rests) >= 3
    assert set(rests) == {1}


async def test_keeps_everything_for_good_unless_it_is_told(old):
    kept = await old(4, days=3000) | await old(4, status="EXHAUSTED", days=3000)
    await sweep(delivered=None, exhausted=None)
    assert await left() == kept


async def test_keeps_what_ended_lately_however_old_it_is(old):
    kept = await old(4, days=100)
    await pool().execute("UPDATE webhook_deliveries SET updated_at = now()")
    await sweep()
    assert await left() == kept


async def test_removes_attempts_before_their_deliveries(actor, endpoint, happen, receiver, pipeline):
    for _ in range(8):
        await happen()
    await pipeline.drain(budget_seconds=10)
    deliveries = await read_webhook_deliveries(actor, DeliveryFilter(), Page(100))
    await asyncio.sleep(0.01)
    await sweep(attempts=timedelta(milliseconds=1))
    assert await fetchval("SELECT count(*) FROM webhook_attempts") == 0
    found = await attempts_of_deliveries(actor, [one.id for one in deliveries])
    assert found == {one.id: [] for one in deliveries}
    assert await read_webhook_deliveries(actor, DeliveryFilter(), Page(100)) == deliveries
    assert len(await request_bodies(actor, deliveries)) == 8  # The events stay.
    assert (await prove_books()).is_proven


async def test_a_delivery_whose_attempts_are_gone_counts_on(actor, endpoint, happen, receiver, pipeline):
    await happen()
    await pipeline.drain(budget_seconds=10)
    await asyncio.sleep(0.01)
    await sweep(attempts=timedelta(milliseconds=1))
    [delivery] = await read_webhook_deliveries(actor, DeliveryFilter(), Page(100))
    await redeliver_webhook(actor, str(delivery.id))
    await pipeline.drain(budget_seconds=10)
    rows = await fetch("SELECT number FROM webhook_attempts")
    assert [row["number"] for row in rows] == [2]


async def test_leaves_one_that_is_being_sent_again(actor, endpoint, old, happen):
    ids = await old(2, days=100)
    await pool().execute("UPDATE webhook_deliveries SET event_id = (SELECT id FROM events LIMIT 1)")
    again, gone = sorted(ids)
    await redeliver_webhook(actor, str(again))
    await sweep()
    assert await left() == {again}
    assert await fetchval("SELECT count(*) FROM webhook_attempts WHERE delivery_id = $1", gone) == 0


async def test_passes_over_what_somebody_has_locked(old):
    ids = await old(7, days=100)
    async with pool().acquire() as connection, connection.transaction():
        locked = await connection.fetchval("SELECT id FROM webhook_deliveries ORDER BY id LIMIT 1 FOR UPDATE")
        await sweep()
        assert await left() == {locked}
    await sweep()
    assert await left() == set()
    assert len(ids) == 7


async def test_two_workers_remove_each_once(old):
    await old(40, days=100)
    kept = await old(5, days=1)
    await asyncio.gather(*(sweep() for _ in range(4)))
    assert await left() == kept


async def test_goes_on_where_its_time_was_up(old, monkeypatch):
    await old(12, days=100)
    sweeping = sweeps()
    for _ in range(100):
        await sweeping.drain(budget_seconds=0.000001)
        if not await left():
            break
    assert await left() == set()


async def test_counts_what_it_removes_and_how_often_it_looks(old, monkeypatch):
    monkeypatch.setattr(remove_old, "PAUSE_SECONDS_MIN", 0)
    monkeypatch.setattr(remove_old, "REST", 0)
    counts = RemovalCounts()
    sweeping = Sweeps(Retention(timedelta(seconds=1), None, None), counts)
    await old(5, days=100)
    attempts = await fetchval("SELECT count(*) FROM webhook_attempts")
    await sweeping.drain(budget_seconds=60)
    assert (counts.deliveries, counts.attempts, counts.sweeps) == (5, attempts, 1)
    assert counts.worked_seconds > 0
    await asyncio.sleep(0.2)
    await sweeping.drain(budget_seconds=60)
    assert (counts.deliveries, counts.sweeps) == (5, 2)


async def test_does_not_begin_again_before_its_time(old, monkeypatch):
    monkeypatch.setattr(remove_old, "PAUSE_SECONDS_MIN", 3600)
    sweeping = sweeps(delivered=timedelta(seconds=1))
    await sweeping.drain(budget_seconds=60)
    kept = await old(3, days=100)
    await sweeping.drain(budget_seconds=60)
    assert await left() == kept


async def test_reads_what_it_passes_over_once_in_a_sweep(old, monkeypatch):
    """Exhausted ones stay longer, and lie among those that go."""
    kept = await old(9, status="EXHAUSTED", days=20)
    await old(9, days=20)
    batches = []
    original = remove_batch.OldDeliveries.remove_batch

    async def counted(part):
        batches.append(part.status)
        return await original(part)

    monkeypatch.setattr(remove_batch.OldDeliveries, "remove_batch", counted)
    await sweep()
    assert await left() == kept
    assert batches.count("DELIVERED") <= 18 // 3 + 1


async def test_keeps_the_counts_of_what_is_gone(actor, endpoint, happen, receiver, pipeline):
    for _ in range(3):
        await happen()
    await pipeline.drain(budget_seconds=10)
    rows = await fetch("SELECT id FROM webhook_deliveries")
    await age([row["id"] for row in rows], 11)
    await sweep()
    assert await left() == set()
    stats = await stats_of_endpoints(actor, [endpoint.id], now=utc_now())
    assert stats[endpoint.id].delivered == 3
    await pool().execute("UPDATE webhook_outcomes SET hour = hour - interval '9 days'")
    await sweep()
    assert await fetchval("SELECT count(*) FROM webhook_outcomes") == 0
