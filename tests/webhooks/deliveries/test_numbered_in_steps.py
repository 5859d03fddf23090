"""Busy events are numbered in larger steps, and delivered all the same: each once, none forgotten."""

import asyncio

import pytest

from app.db.connection import fetch, fetchval
from app.events import numbering_steps
from app.events.number_events import number_events, number_waiting
from app.webhooks.deliveries.attempt_deliveries import DeliveryPipeline
from tests.webhooks.deliveries.steps import drain

EVENTS = 60


@pytest.fixture
def steps(monkeypatch):
    """How many events each step numbered. Here few are many, so that slow machines are busy too."""
    monkeypatch.setattr(numbering_steps, "LIGHT_PER_SECOND", 3.0)
    monkeypatch.setattr(numbering_steps, "HEAVY_PER_SECOND", 6.0)
    monkeypatch.setattr(numbering_steps, "PAUSE_SECONDS_MAX", 1.0)
    taken = []

    async def number(customer_id):
        taken.append(await number_waiting(customer_id))
        return taken[-1]

    monkeypatch.setattr(numbering_steps, "number_waiting", number)
    return taken


async def work(pipeline, until):
    """Drain again and again, as a worker does."""
    while not until():
        await DeliveryPipeline.drain(pipeline, budget_seconds=60)
        await asyncio.sleep(0.001)


async def test_delivers_each_once_though_numbered_in_steps(actor, subscribe, happen, receiver, pipeline, steps):
    await subscribe(receiver.url)
    await drain(pipeline)
    steps.clear()
    is_over = False
    working = asyncio.create_task(work(pipeline, lambda: is_over and len(receiver.received) == EVENTS))
    wanted = []
    for _ in range(EVENTS):
        wanted.append(str(await happen()))
        pipeline.look_again()
        await asyncio.sleep(0.01)
    is_over = True
    async with asyncio.timeout(90):
        await working
    assert sorted(received.headers["webhook-id"] for received in receiver.received) == sorted(wanted)
    rows = await fetch(
        "SELECT event_id FROM feed_entries WHERE customer_id = $1 AND type = 'ledger.updated' ORDER BY position",
        actor.customer_id,
    )
    assert [str(row["event_id"]) for row in rows] == wanted
    numbered = [count for count in steps if count]
    assert sum(numbered) == EVENTS
    assert len(numbered) < EVENTS / 2


async def test_what_waits_for_its_step_is_there_for_who_reads_the_feed(actor, happen, pipeline, steps):
    await drain(pipeline)
    pipeline._steps.note(actor.customer_id, 1_000)
    await happen()
    assert not await pipeline._steps.number(actor.customer_id)
    assert await number_events(actor.customer_id, wait=True) == 1


async def test_a_worker_that_ends_in_a_pause_leaves_the_events_to_another(
    actor, subscribe, happen, receiver, pipelines, steps, monkeypatch
):
    await subscribe(receiver.url)
    ending, other = pipelines(), pipelines()
    await drain(ending)
    monkeypatch.setattr(numbering_steps, "PAUSE_SECONDS_MAX", 600.0)
    ending._steps.note(actor.customer_id, 10_000)
    event_id = await happen()
    working = asyncio.create_task(work(ending, lambda: ending._is_closing))
    while not ending._taking:
        await asyncio.sleep(0.001)
    async with asyncio.timeout(60):
        ending.take_no_more()
        await working
        await ending.stop(grace_seconds=0)
    assert await fetchval("SELECT count(*) FROM unnumbered_events WHERE customer_id = $1", actor.customer_id) == 1
    assert receiver.received == []
    await drain(other)
    assert [received.headers["webhook-id"] for received in receiver.received] == [str(event_id)]
