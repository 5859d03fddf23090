"""Events gather while all endpoints of their customer are paused or keep failing; nobody else waits for that."""

import asyncio
import itertools
import time

import pytest

from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.webhooks.deliveries import gathering
from app.webhooks.deliveries.endpoint_share import FAILURES_MAX
from app.webhooks.deliveries.fan_out import FanOut, fan_out
from app.webhooks.deliveries.gathering import Gathering
from tests.webhooks.deliveries.steps import deliveries, drain, until

TYPES = ["ledger.updated"]
CUSTOMER, ONE, OTHER = new_id(), (new_id(), new_id()), (new_id(), new_id())


@pytest.fixture
def passes(monkeypatch):
    """When each pass that found something began, how many deliveries it made, and of which customer."""
    made = []

    async def noting(customer_id, **named):
        began = time.monotonic()
        done = await fan_out(customer_id, **named)
        if done.endpoint_count:
            made.append((began, done.deliveries, customer_id))
        return done

    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.fan_out", noting)
    return made


@pytest.fixture
def gather(monkeypatch):
    """A function that says how long events gather."""

    def for_seconds(seconds):
        monkeypatch.setattr(gathering, "SECONDS_EACH", seconds)
        monkeypatch.setattr(gathering, "SECONDS_MAX", seconds)

    return for_seconds


async def pause(*endpoints):
    await pool().execute(
        "UPDATE webhook_endpoints SET status = 'PAUSED' WHERE id = ANY($1)", [one.id for one in endpoints]
    )


async def keep_draining(pipeline):
    """As a worker does: a drain may wait for what has just been seen and taken."""
    while not pipeline._is_closing:
        await pipeline.drain(budget_seconds=60)
        await asyncio.sleep(0.001)


async def test_takes_what_has_gathered_in_one_pass(actor, subscribe, happen, receiver, pipeline, passes, gather):
    gather(0.5)
    await pause(*[(await subscribe(receiver.url, event_types=TYPES))[0] for _ in range(3)])
    await happen()
    await drain(pipeline)
    passes.clear()
    await happen()
    draining = asyncio.create_task(keep_draining(pipeline))
    for _ in range(20):
        await asyncio.sleep(0.002)
        await happen()
        pipeline.look_again()
    async with asyncio.timeout(60):
        await until(lambda: sum(count for _, count, _ in passes) == 21 * 3)
    pipeline.take_no_more()
    await draining
    assert len(passes) < 21 / 2
    assert all(later - earlier >= 0.5 for (earlier, *_), (later, *_) in itertools.pairwise(passes))
    assert len(await deliveries(actor)) == 22 * 3
    assert receiver.received == []


async def test_keeps_no_event_from_an_endpoint_that_is_sent_to(subscribe, happen, receiver, pipeline, gather):
    gather(3600)
    [paused, _] = [(await subscribe(receiver.url, event_types=TYPES))[0] for _ in range(2)]
    await pause(paused)
    for count in range(1, 4):
        await happen()
        await drain(pipeline)
        assert len(receiver.received) == count


async def test_keeps_no_other_customers_event(
    actor, other_actor, subscribe, happen, receiver, pipeline, passes, gather
):
    gather(3600)
    pipeline._takers = asyncio.Semaphore(1)
    await pause((await subscribe(receiver.url, event_types=TYPES))[0])
    await subscribe(receiver.url, by=other_actor, event_types=TYPES)
    await happen()
    draining = asyncio.create_task(keep_draining(pipeline))
    async with asyncio.timeout(60):
        await until(lambda: actor.customer_id in {customer_id for *_, customer_id in passes})
        await happen()
        pipeline.look_again()
        await until(lambda: actor.customer_id in pipeline._taking)
        await happen(by=other_actor)
        pipeline.look_again()
        await until(lambda: receiver.received)
    pipeline.take_no_more()
    await draining


async def test_ends_in_the_middle_and_leaves_the_events_to_another_worker(
    actor, subscribe, happen, receiver, pipelines, passes, gather
):
    gather(3600)
    await pause((await subscribe(receiver.url, event_types=TYPES))[0])
    ending, other = pipelines(), pipelines()
    await happen()
    draining = asyncio.create_task(keep_draining(ending))
    async with asyncio.timeout(60):
        await until(lambda: passes)
        passes.clear()
        await happen()
        ending.look_again()
        await until(lambda: actor.customer_id in ending._taking)
        ending.take_no_more()
        await draining
        await ending.finish(grace_seconds=3600)
    assert passes == []
    assert len(await fetch("SELECT FROM unnumbered_events WHERE customer_id = $1", actor.customer_id)) == 1
    gather(0)
    await drain(other)
    assert [count for _, count, _ in passes] == [1]


async def test_does_not_wait_while_there_is_more(
    actor, subscribe, happen, receiver, pipeline, passes, gather, monkeypatch
):
    gather(3600)
    monkeypatch.setattr("app.webhooks.deliveries.fan_out.FEW_MAX", 0)
    monkeypatch.setattr("app.webhooks.deliveries.fan_out.BATCH_SIZE_MAX", 5)
    await pause((await subscribe(receiver.url, event_types=TYPES))[0])
    for _ in range(30):
        await happen()
    draining = asyncio.create_task(keep_draining(pipeline))
    async with asyncio.timeout(60):
        await until(lambda: sum(count for _, count, _ in passes) == 30)
    pipeline.take_no_more()
    await draining
    assert len(passes) >= 6
    assert len(await deliveries(actor)) == 30


async def is_waiting(made):
    waiting = asyncio.create_task(made.wait(CUSTOMER))
    for _ in range(3):
        await asyncio.sleep(0)
    is_done = waiting.done()
    made.end()
    await waiting
    return not is_done


async def test_lets_events_gather_for_an_endpoint_that_keeps_failing(
    subscribe, happen, receiver, pipelines, passes, gather
):
    gather(0.3)
    pipeline = pipelines(waits=(3600.0,))
    receiver.answer = 500
    await subscribe(receiver.url, event_types=TYPES)
    for _ in range(FAILURES_MAX):
        await happen()
    await drain(pipeline)
    await until(lambda: len(receiver.received) == FAILURES_MAX)
    draining = asyncio.create_task(keep_draining(pipeline))
    passes.clear()
    for count in range(1, 4):
        await happen()
        pipeline.look_again()
        async with asyncio.timeout(60):
            await until(lambda count=count: len(passes) >= count)
    pipeline.take_no_more()
    await draining
    assert all(later - earlier >= 0.3 for (earlier, *_), (later, *_) in itertools.pairwise(passes[:3]))


@pytest.mark.parametrize(
    ("done", "waits"),
    [
        (FanOut(1, 2, [], endpoint_count=2), True),
        (FanOut(1, 2, [], endpoint_count=2, enabled=[ONE]), True),
        (FanOut(1, 2, [], endpoint_count=2, enabled=[ONE, OTHER]), False),
        (FanOut(1, 2, [], endpoint_count=2, has_more=True), False),
        (FanOut(0, 0, []), False),
    ],
)
async def test_waits_only_while_all_endpoints_keep_failing(done, waits, gather):
    gather(3600)
    made = Gathering(lambda endpoint: endpoint == ONE)
    made.note_pass(CUSTOMER, done)
    assert await is_waiting(made) is waits


async def test_waits_longer_for_more_endpoints_and_never_longer_than_the_maximum():
    made = Gathering(lambda _endpoint: True)
    for count, seconds in ((1, 0.01), (50, 0.5), (100, 1.0), (5_000, 1.0)):
        before = time.monotonic()
        made.note_pass(CUSTOMER, FanOut(0, 0, [], endpoint_count=count))
        assert before + seconds <= made._until[CUSTOMER] <= time.monotonic() + seconds


async def test_goes_on_by_itself_and_only_once_for_each_pass():
    made = Gathering(lambda _endpoint: True)
    before = time.monotonic()
    made.note_pass(CUSTOMER, FanOut(0, 0, [], endpoint_count=5))
    assert await made.wait(CUSTOMER)
    assert time.monotonic() - before >= 0.05
    assert made._until == {}


async def test_forgets_customers_whose_time_is_over(monkeypatch):
    monkeypatch.setattr(gathering, "CUSTOMERS_MAX", 3)
    made = Gathering(lambda _endpoint: True)
    for count in (1, 1, 100):
        made.note_pass(new_id(), FanOut(0, 0, [], endpoint_count=count))
    await asyncio.sleep(0.02)
    made.note_pass(CUSTOMER, FanOut(0, 0, [], endpoint_count=100))
    assert len(made._until) == 2


async def test_makes_no_more_passes_once_it_is_over():
    made = Gathering(lambda _endpoint: True)
    assert await made.wait(CUSTOMER)
    made.end()
    assert not await made.wait(CUSTOMER)
