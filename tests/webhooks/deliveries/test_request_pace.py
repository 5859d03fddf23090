"""A few requests begin in each turn of the event loop."""

import asyncio

import pytest

from app.db.connection import fetch
from app.db.identifiers import new_id
from app.webhooks.deliveries import attempt_deliveries, give_back, request_pace
from app.webhooks.deliveries.request_pace import BEGUN_MAX, BEGUN_MIN, SECONDS_EACH, STEP_GAP_SECONDS, RequestPace
from tests.webhooks.deliveries.steps import drain

ONE, OTHER = new_id(), new_id()


class Turns:
    """Counts the turns of the event loop."""

    def __init__(self):
        self.count = 0
        self._next()

    def _next(self):
        self.count += 1
        self._handle = asyncio.get_running_loop().call_soon(self._next)

    def stop(self):
        self._handle.cancel()


@pytest.fixture
async def turns():
    turns = Turns()
    yield turns
    turns.stop()


class Clock:
    """Says how late it is, and how long each turn of the event loop takes."""

    def __init__(self):
        self.now = 0.0
        self.turn_seconds = 0.0

    def __call__(self):
        self.now += self.turn_seconds
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(request_pace, "monotonic", clock)
    return clock


def most_in_a_turn(begun):
    return max(begun.count(turn) for turn in begun)


async def test_lets_a_few_begin_in_each_turn_in_their_order(turns, clock):
    pace, begun, order = RequestPace(), [], []

    async def one(number):
        await pace.begin(ONE)
        begun.append(turns.count)
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(5 * BEGUN_MIN)))
    assert order == list(range(5 * BEGUN_MIN))
    assert most_in_a_turn(begun) == BEGUN_MIN
    assert len(set(begun)) == 5


async def test_holds_back_one_that_would_begin_many_in_one_turn(turns, clock):
    pace, begun = RequestPace(), []
    for _ in range(3 * BEGUN_MIN):
        await pace.begin(ONE)
        begun.append(turns.count)
    assert most_in_a_turn(begun) == BEGUN_MIN


async def test_leaves_no_place_to_one_that_is_cancelled(clock):
    pace, begun = RequestPace(), []

    async def one(number):
        await pace.begin(ONE)
        begun.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(3 * BEGUN_MIN)]
    await asyncio.sleep(0)
    for task in tasks[BEGUN_MIN : 2 * BEGUN_MIN]:
        task.cancel()
    await asyncio.wait(tasks)
    assert begun == [*range(BEGUN_MIN), *range(2 * BEGUN_MIN, 3 * BEGUN_MIN)]


@pytest.mark.parametrize(
    ("turn_seconds", "count"), [(0, BEGUN_MIN), (20 * SECONDS_EACH, 20), (1_000 * SECONDS_EACH, BEGUN_MAX)]
)
async def test_lets_more_begin_the_longer_a_turn_takes(turns, clock, turn_seconds, count):
    pace, begun = RequestPace(), []

    async def one():
        await pace.begin(ONE)
        begun.append(turns.count)

    clock.turn_seconds = turn_seconds * 1.001
    await asyncio.gather(*(one() for _ in range(BEGUN_MIN + 3 * count)))
    assert [begun.count(turn) for turn in sorted(set(begun))] == [BEGUN_MIN, count, count, count]


async def test_lets_customers_take_turns(clock):
    pace, order = RequestPace(), []

    async def one(customer_id):
        await pace.begin(customer_id)
        order.append(customer_id)

    await asyncio.gather(*(one(customer_id) for customer_id in [*[ONE] * 5 * BEGUN_MIN, *[OTHER] * 3]))
    assert order[BEGUN_MIN : BEGUN_MIN + 6] == [ONE, OTHER] * 3
    assert order.count(ONE) == 5 * BEGUN_MIN


async def test_holds_nobody_back_once_it_is_over(turns):
    pace, begun = RequestPace(), []

    async def one():
        await pace.begin(ONE)
        begun.append(turns.count)

    tasks = [asyncio.create_task(one()) for _ in range(5 * BEGUN_MAX)]
    await asyncio.sleep(0)
    pace.end()
    await asyncio.wait(tasks)
    assert len(set(begun)) == 2
    await one()
    assert len(begun) == 5 * BEGUN_MAX + 1


async def test_leaves_a_gap_before_a_request_that_will_fail(monkeypatch):
    monkeypatch.setattr(request_pace, "DOUBTED_GAP_SECONDS", 0.02)
    pace, begun, now = RequestPace(), [], asyncio.get_running_loop().time

    async def one(customer_id):
        await pace.begin_doubted(customer_id)
        begun.append(now())

    began = now()
    tasks = [asyncio.create_task(one(customer_id)) for customer_id in [ONE, ONE, OTHER, OTHER]]
    await asyncio.sleep(0)
    await pace.begin(ONE)  # This waits for none of them.
    assert sum(task.done() for task in tasks) <= 1
    await asyncio.gather(*tasks)
    assert all(at - began >= place * 0.02 - 0.001 for place, at in enumerate(begun))


async def test_keeps_none_that_will_fail_waiting_once_it_is_over(monkeypatch):
    monkeypatch.setattr(request_pace, "DOUBTED_GAP_SECONDS", 3600)
    monkeypatch.setattr(request_pace, "DOUBTED_WAIT_SECONDS_MAX", 3600)
    pace = RequestPace()
    tasks = [asyncio.create_task(pace.begin_doubted(ONE)) for _ in range(3)]
    await asyncio.sleep(0)
    pace.end()
    await asyncio.gather(*tasks)
    await pace.begin_doubted(ONE)


async def test_leaves_the_gap_for_endpoints_that_keep_failing(subscribe, happen, receivers, pipeline, monkeypatch):
    doubted, begin = [], pipeline._pace.begin_doubted

    async def noting(customer_id):
        doubted.append(customer_id)
        await begin(customer_id)

    monkeypatch.setattr(pipeline._pace, "begin_doubted", noting)
    good, bad = await receivers(), await receivers()
    bad.answer = 500
    for inbox in (good, bad):
        await subscribe(inbox.url, event_types=["ledger.*"])
    for _ in range(2):
        await happen()
        await drain(pipeline)
    assert len(good.received) == 2
    assert len(doubted) == len(bad.received) - 1 > 0  # Before its first answer nobody knew.


async def test_begins_none_that_waits_once_the_process_ends(subscribe, happen, receivers, pipeline, monkeypatch):
    given_back, back = [], give_back.put_back

    async def noting(deliveries, **named):
        given_back.append(len(deliveries))
        await back(deliveries, **named)

    monkeypatch.setattr(give_back, "put_back", noting)
    began, attempt = [], attempt_deliveries.attempt_delivery

    async def attempting(delivery, **named):
        began.append(delivery.id)
        if len(began) == 1:
            pipeline.take_no_more()
        return await attempt(delivery, **named)

    monkeypatch.setattr(attempt_deliveries, "attempt_delivery", attempting)
    for _ in range(4 * BEGUN_MIN):
        await subscribe((await receivers()).url, event_types=["ledger.*"])
    await happen()
    await drain(pipeline)
    await pipeline.finish(10)
    assert len(began) <= BEGUN_MIN
    assert sum(given_back) == 4 * BEGUN_MIN - len(began)
    assert len(given_back) <= 3
    open_ = await fetch("SELECT lease_token FROM webhook_deliveries WHERE status = 'PENDING'")
    assert {row["lease_token"] for row in open_} == {None}


async def test_lets_no_delivery_with_a_rate_limit_wait_for_others(subscribe, happen, receiver, pipeline, monkeypatch):
    asked = []

    async def noting(customer_id):
        asked.append(customer_id)

    monkeypatch.setattr(pipeline._pace, "begin", noting)
    await subscribe(receiver.url, event_types=["ledger.*"], max_per_second=50)
    await happen()
    await drain(pipeline)
    assert len(receiver.received) == 1
    assert asked == []


async def test_begins_a_few_deliveries_in_each_turn(turns, clock, subscribe, happen, receivers, pipeline, monkeypatch):
    begun, attempt = [], attempt_deliveries.attempt_delivery

    async def noting(delivery, **named):
        begun.append(turns.count)
        return await attempt(delivery, **named)

    monkeypatch.setattr(attempt_deliveries, "attempt_delivery", noting)
    for _ in range(BEGUN_MIN):
        await subscribe((await receivers()).url, event_types=["ledger.*"])
    for _ in range(10):
        await happen()
    await drain(pipeline)
    assert len(begun) == 10 * BEGUN_MIN
    assert most_in_a_turn(begun) <= BEGUN_MIN


async def test_leaves_a_time_between_the_steps_of_a_turn():
    pace, now = RequestPace(), asyncio.get_running_loop().time
    first = now()
    for _ in range(3):
        await pace.take_step_of_turn()
    assert now() - first >= 2 * STEP_GAP_SECONDS - 0.001
    pace.end()
    async with asyncio.timeout(60):
        for _ in range(10_000):
            await pace.take_step_of_turn()
