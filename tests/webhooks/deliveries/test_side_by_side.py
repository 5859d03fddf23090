"""Deliveries side by side: nobody delays anybody, and a worker that stops leaves everything to others."""

import asyncio
import itertools
import time
from collections import defaultdict
from datetime import timedelta

import pytest
from aiohttp import web

from app.db.connection import fetch, fetchrow, pool
from app.events.number_events import number_events
from app.webhooks.deliveries import attempt_deliveries, claim_deliveries
from app.webhooks.deliveries.attempt_deliveries import TAKERS_MAX
from app.webhooks.deliveries.claim_deliveries import due_lanes
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.status import DeliveryStatus
from tests.webhooks.deliveries.steps import deliveries, drain, make_due, until

pytestmark = pytest.mark.postgres15

LEASE = Lease(timedelta(seconds=60), timedelta(seconds=17))


async def test_delivers_each_once_with_two_drains_at_once(actor, subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url)
    for _ in range(60):
        await happen()
    await asyncio.gather(*(drain(pipelines()) for _ in range(3)))
    assert len(receiver.received) == 60
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 60
    assert {delivery.status for delivery in await deliveries(actor)} == {DeliveryStatus.DELIVERED}
    counted = await fetchrow("SELECT count(*) AS n FROM webhook_attempts")
    assert counted["n"] == 60


async def test_takes_turns_with_another_worker_at_a_burst_of_one_customer(
    actor, subscribe, happen, receiver, pipelines, monkeypatch
):
    hold, turns = asyncio.Event(), defaultdict(list)

    async def hang(_request):
        await hold.wait()
        return web.Response()

    async def noting(*arguments, lease, **named):
        began = time.monotonic()
        done = await fan_out(*arguments, lease=lease, **named)
        if done.deliveries and not hold.is_set():
            turns[id(lease)].append((began, time.monotonic()))
        return done

    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.fan_out", noting)
    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.TURN_LEFT_SECONDS", 0.2)
    monkeypatch.setattr("app.webhooks.deliveries.fan_out.FEW_MAX", 0)
    monkeypatch.setattr("app.webhooks.deliveries.fan_out.BATCH_SIZE_MAX", 10)
    monkeypatch.setattr("app.webhooks.deliveries.worker_capacity.ENOUGH", 1)
    await subscribe(receiver.url)
    receiver.answer = hang  # So both have enough to send.
    for _ in range(200):
        await happen()
    await number_events(actor.customer_id)
    draining = [asyncio.create_task(drain(pipeline)) for pipeline in (pipelines(), pipelines())]
    async with asyncio.timeout(60):
        await until(lambda: len(turns) == 2 and min(map(len, turns.values())) >= 2)
    hold.set()
    await asyncio.gather(*draining)
    assert len({received.headers["webhook-id"] for received in receiver.received}) == len(receiver.received) == 200
    for of_worker in turns.values():
        left = [began - ended for (_, ended), (began, _) in itertools.pairwise(of_worker)]
        assert min(left) >= 0.2 - 0.02  # Meanwhile it was the other's turn.


async def test_asks_now_and_then_for_its_turn_while_another_worker_has_it(
    subscribe, happen, receiver, pipeline, monkeypatch
):
    asked = []

    async def asking(*arguments, **named):
        asked.append(arguments)
        return await fan_out(*arguments, **named)

    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.fan_out", asking)
    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.TURN_LEFT_SECONDS", 0.5)
    await subscribe(receiver.url)
    await happen()
    async with pool().acquire() as connection:
        another = connection.transaction()
        await another.start()
        await connection.execute("SELECT FROM webhook_fan_outs FOR UPDATE")
        draining = asyncio.create_task(drain(pipeline))
        await asyncio.wait([draining], timeout=1.2)
        assert not draining.done()
        assert 1 <= len(asked) <= 3
        await another.rollback()
    await draining
    assert len(receiver.received) == 1


async def test_a_fan_out_rests_only_while_a_place_is_free_for_others(
    subscribe, happen, receiver, pipeline, monkeypatch
):
    noted = []

    async def noting(*arguments, may_rest, **named):
        answers = [may_rest()]
        for _ in range(TAKERS_MAX - 1):
            await pipeline._takers.acquire()
            answers.append(may_rest())
        for _ in range(TAKERS_MAX - 1):
            pipeline._takers.release()
        noted.append(answers)
        return await fan_out(*arguments, may_rest=may_rest, **named)

    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.fan_out", noting)
    await subscribe(receiver.url)
    await happen()
    await drain(pipeline)
    # It has one place itself. Once another three are taken too, the next customer would wait.
    assert noted[0] == [True] * (TAKERS_MAX - 1) + [False]
    assert len(receiver.received) == 1


async def test_is_not_delayed_by_a_slow_endpoint(actor, subscribe, happen, receivers, pipeline):
    slow, fast = await receivers(), await receivers()
    hold = asyncio.Event()

    async def hang(request):
        await hold.wait()
        return web.Response()

    slow.answer = hang
    await subscribe(slow.url, event_types=["ledger.*"])
    await subscribe(fast.url, event_types=["ledger.*"])
    for _ in range(40):
        await happen()
    draining = asyncio.create_task(drain(pipeline))
    async with asyncio.timeout(45):
        await until(lambda: len(fast.received) == 40)
        await happen()  # Also what comes only now.
        pipeline.look_again()
        await until(lambda: len(fast.received) == 41 and len(slow.received) >= 8)
    assert len(slow.received) == 8
    hold.set()
    await draining
    assert len(slow.received) == 41


async def test_records_results_while_others_are_awaited(actor, subscribe, happen, receivers, pipeline):
    slow, fast = await receivers(), await receivers()
    hold = asyncio.Event()

    async def hang(request):
        await hold.wait()
        return web.Response()

    slow.answer = hang
    slow_endpoint, _ = await subscribe(slow.url, event_types=["ledger.*"])
    fast_endpoint, _ = await subscribe(fast.url, event_types=["ledger.*"])
    await happen()
    draining = asyncio.create_task(drain(pipeline))
    async with asyncio.timeout(45):
        while not await deliveries(actor, endpoint_id=fast_endpoint.id, status=(DeliveryStatus.DELIVERED,)):
            await asyncio.sleep(0.01)
    [waiting] = await deliveries(actor, endpoint_id=slow_endpoint.id)
    assert waiting.status is DeliveryStatus.PENDING
    hold.set()
    await draining


@pytest.mark.thorough
async def test_lets_first_attempts_pass_a_crowd_of_retries(actor, subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url)
    receiver.answer = 500
    for _ in range(50):
        await happen()
    await drain(pipelines(waits=(1000.0,)))
    receiver.received.clear()
    await make_due()
    new = {str(await happen()) for _ in range(4)}
    # They are due as well when the worker looks: on a slow machine the retries would be over before.
    await number_events(actor.customer_id)
    await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 0)
    receiver.answer = 200
    await drain(pipelines())
    places = [place for place, got in enumerate(receiver.received) if got.headers["webhook-id"] in new]
    assert len(receiver.received) == 54
    assert max(places) < 20


@pytest.mark.thorough
async def test_goes_on_where_the_next_turn_of_a_failing_endpoint_begins_while_it_looks(
    subscribe, happen, receiver, pipelines, monkeypatch
):
    pipeline = pipelines(waits=(1000.0,))

    async def slow_look(*, but, in_turn):
        lanes = await due_lanes(but=but, in_turn=in_turn)
        if but:
            await asyncio.sleep(pipeline._capacity._turn_at - time.monotonic() + 0.001)
        return lanes

    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.due_lanes", slow_look)
    await subscribe(receiver.url)
    receiver.answer = 500
    for _ in range(40):
        await happen()
    await drain(pipeline)
    assert len(receiver.received) == 40


async def test_takes_the_turns_of_failing_endpoints_in_steps(subscribe, happen, receiver, pipelines, monkeypatch):
    pipeline, steps, in_turns = pipelines(waits=(1000.0,)), [], set()

    async def noting():
        steps.append(len(receiver.received))

    async def noting_look(*, but, in_turn):
        in_turns.update(in_turn)
        return await due_lanes(but=but, in_turn=in_turn)

    monkeypatch.setattr(pipeline._pace, "take_step_of_turn", noting)
    monkeypatch.setattr(attempt_deliveries, "due_lanes", noting_look)
    endpoint, _ = await subscribe(receiver.url)
    await happen()
    await drain(pipeline)
    assert steps == []
    receiver.answer = 500
    for _ in range(30):
        await happen()
    await drain(pipeline)
    assert len(receiver.received) == 31
    assert len(steps) >= 2 * 3  # Each turn looks for what is due, and claims it: a few of the thirty.
    assert {endpoint_id for _, endpoint_id in in_turns} == {endpoint.id}


@pytest.mark.parametrize("number", [0, 1])
async def test_one_that_is_not_sent_to_keeps_no_place_in_a_turn(
    subscribe, happen, receivers, pipelines, monkeypatch, number
):
    monkeypatch.setattr(claim_deliveries, "TURN_CLAIMS_OF_CUSTOMER_MAX", 1)
    pipeline, failing = pipelines(waits=(1000.0,)), [await receivers(), await receivers()]
    endpoints = []
    for one in failing:
        one.answer = 500
        endpoints.append((await subscribe(one.url, event_types=["ledger.*"]))[0])
    await happen()
    await drain(pipeline)
    for _ in range(3):
        await happen()
    # Disabled, but what is due for it is not suspended yet.
    await pool().execute("UPDATE webhook_endpoints SET status = 'DISABLED' WHERE id = $1", endpoints[number].id)
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'RETRYING'")
    await drain(pipeline)
    counts = [len(one.received) for one in failing]
    assert counts[number] == 1
    assert counts[1 - number] == 1 + 1 + 3


async def test_stops_at_the_end_of_its_budget(actor, subscribe, happen, receiver, pipeline):
    hold = asyncio.Event()

    async def hang(request):
        await hold.wait()
        return web.Response()

    receiver.answer = hang
    await subscribe(receiver.url)
    await happen()
    async with asyncio.timeout(45):
        while not receiver.arrived.is_set():  # A slow machine has used up the first budget before the request.
            await pipeline.drain(budget_seconds=0.1)
    hold.set()
    await drain(pipeline)  # What was under way goes on, and is recorded.
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 1)
    assert len(receiver.received) == 1


async def test_takes_over_when_a_lease_ends(actor, subscribe, happen, receiver, pipelines):
    hold = asyncio.Event()

    async def hang_once(request):
        if len(receiver.received) == 1:
            await hold.wait()
        return web.Response(status=500 if len(receiver.received) == 1 else 200)

    receiver.answer = hang_once
    await subscribe(receiver.url)
    await happen()
    first, second = pipelines(lease_seconds=1.0), pipelines()
    draining = asyncio.create_task(drain(first))
    await receiver.arrived.wait()
    async with asyncio.timeout(45):
        while len(receiver.received) < 2:
            await drain(second)
            await asyncio.sleep(0.05)
    hold.set()
    await draining
    [delivery] = await deliveries(actor)
    # The first one's result came too late and counts for nothing.
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 1)


async def test_gives_back_what_it_holds_when_closed(actor, subscribe, happen, receiver, pipelines, monkeypatch):
    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.GIVE_BACK_SECONDS", 45)
    hold = asyncio.Event()

    async def hang(request):
        await hold.wait()
        return web.Response()

    receiver.answer = hang
    await subscribe(receiver.url)
    for _ in range(20):
        await happen()
    closing = pipelines()
    draining = asyncio.create_task(drain(closing))
    await until(lambda: len(receiver.received) == 8)  # As many as one endpoint gets at once: no other is on its way.
    await closing.stop(grace_seconds=0.1)
    await draining
    rows = await fetch("SELECT lease_token, attempt_count, next_attempt_at <= now() AS due FROM webhook_deliveries")
    assert len(rows) == 20
    assert {(row["lease_token"], row["attempt_count"], row["due"]) for row in rows} == {(None, 0, True)}
    hold.set()
    receiver.received.clear()
    await drain(pipelines())
    assert len(receiver.received) == 20


async def test_lets_requests_under_way_end_when_closed(actor, subscribe, happen, receiver, pipelines):
    hold = asyncio.Event()

    async def hang(request):
        await hold.wait()
        return web.Response()

    receiver.answer = hang
    await subscribe(receiver.url)
    await happen()
    closing = pipelines()
    draining = asyncio.create_task(drain(closing))
    await receiver.arrived.wait()
    asyncio.get_running_loop().call_later(0.1, hold.set)
    await closing.stop(grace_seconds=45)
    await draining
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 1)
