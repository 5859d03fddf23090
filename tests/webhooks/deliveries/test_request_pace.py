"""A few requests begin in each turn of the event loop."""

import asyncio

import pytest

from app.webhooks.deliveries import attempt_deliveries
from app.webhooks.deliveries.request_pace import BEGUN_MAX, RequestPace
from tests.webhooks.deliveries.steps import drain


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


def most_in_a_turn(begun):
    return max(begun.count(turn) for turn in begun)


async def test_lets_a_few_begin_in_each_turn_in_their_order(turns):
    pace, begun, order = RequestPace(), [], []

    async def one(number):
        await pace.begin()
        begun.append(turns.count)
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(5 * BEGUN_MAX)))
    assert order == list(range(5 * BEGUN_MAX))
    assert most_in_a_turn(begun) == BEGUN_MAX
    assert len(set(begun)) == 5


async def test_holds_back_one_that_would_begin_many_in_one_turn(turns):
    pace, begun = RequestPace(), []
    for _ in range(3 * BEGUN_MAX):
        await pace.begin()
        begun.append(turns.count)
    assert most_in_a_turn(begun) == BEGUN_MAX


async def test_leaves_no_place_to_one_that_is_cancelled():
    pace, begun = RequestPace(), []

    async def one(number):
        await pace.begin()
        begun.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(3 * BEGUN_MAX)]
    await asyncio.sleep(0)
    for task in tasks[BEGUN_MAX : 2 * BEGUN_MAX]:
        task.cancel()
    await asyncio.wait(tasks)
    assert begun == [*range(BEGUN_MAX), *range(2 * BEGUN_MAX, 3 * BEGUN_MAX)]


async def test_begins_a_few_deliveries_in_each_turn(turns, subscribe, happen, receivers, pipeline, monkeypatch):
    begun, attempt = [], attempt_deliveries.attempt_delivery

    async def noting(delivery, **named):
        begun.append(turns.count)
        return await attempt(delivery, **named)

    monkeypatch.setattr(attempt_deliveries, "attempt_delivery", noting)
    for _ in range(BEGUN_MAX):
        await subscribe((await receivers()).url, event_types=["ledger.*"])
    for _ in range(10):
        await happen()
    await drain(pipeline)
    assert len(begun) == 10 * BEGUN_MAX
    assert most_in_a_turn(begun) <= BEGUN_MAX
