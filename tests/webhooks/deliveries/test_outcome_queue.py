"""Results are recorded soon, and those of endpoints that fail with few commits."""

import asyncio
from types import SimpleNamespace
from uuid import UUID

import pytest

from app.webhooks.deliveries import outcome_queue
from app.webhooks.deliveries.note_failures import Turned
from app.webhooks.deliveries.outcome_queue import OutcomeQueue
from app.webhooks.deliveries.send_request import Answer

ONE, OTHER = UUID(int=1), UUID(int=2)
OK, FAILED = Answer(1, status=200, body=""), Answer(1, error="connect: refused")


class Recorded:
    """The queue with a recorder that keeps each batch, by customer, as successes and failures."""

    def __init__(self):
        self.batches = []
        self.tasks = set()
        self.queue = OutcomeQueue(schedule=None, breaker=None, spawn=self._spawn, on_stopped=None, on_due=None)

    async def record(self, customer_id, outcomes, *, schedule, breaker):
        await asyncio.sleep(0)
        self.batches.append((customer_id.int, "".join("+" if one.answer.is_success else "-" for one in outcomes)))
        return Turned()

    def add(self, customer_id, answer, count=1, **delivery):
        delivery = SimpleNamespace(**{"customer_id": customer_id, "is_ordered": False, "is_probe": False, **delivery})
        for _ in range(count):
            self.queue.add(SimpleNamespace(delivery=delivery, answer=answer))

    async def all(self):
        async with asyncio.timeout(60):
            while self.tasks:
                await asyncio.wait(self.tasks)
        return self.batches

    def _spawn(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


@pytest.fixture
def recorded(monkeypatch):
    recorded = Recorded()
    monkeypatch.setattr(outcome_queue, "record_or_put_off", recorded.record)
    return recorded


async def test_records_failures_together(recorded):
    recorded.add(ONE, FAILED)
    for _ in range(20):
        await asyncio.sleep(0)  # Time enough for a commit, if one were begun at once.
    recorded.add(ONE, FAILED, 30)
    assert await recorded.all() == [(1, "-" * 31)]


async def test_lets_no_success_wait_for_failures(recorded, monkeypatch):
    monkeypatch.setattr(outcome_queue, "FAILURES_GATHERED_SECONDS", 3_600)
    recorded.add(ONE, FAILED, 3)
    recorded.add(OTHER, OK)
    recorded.add(ONE, OK)
    async with asyncio.timeout(60):
        while len(recorded.batches) < 2:
            await asyncio.sleep(0.001)
    assert sorted(recorded.batches) == [(1, "---+"), (2, "+")]
    for task in recorded.tasks:
        task.cancel()
    await recorded.all()


async def test_records_successes_of_a_moment_together(recorded):
    recorded.add(ONE, OK)
    for _ in range(20):
        await asyncio.sleep(0)  # Time enough for a commit, if one were begun at once.
    recorded.add(ONE, OK, 3)
    assert await recorded.all() == [(1, "++++")]


@pytest.mark.parametrize("awaited", ["is_ordered", "is_probe"])
async def test_lets_nobody_wait_for_a_success_that_others_follow(recorded, monkeypatch, awaited):
    monkeypatch.setattr(outcome_queue, "SUCCESSES_GATHERED_SECONDS", 3_600)
    recorded.add(ONE, OK, 2)
    recorded.add(ONE, OK, **{awaited: True})
    for _ in range(20):
        await asyncio.sleep(0)
    assert recorded.batches == [(1, "+++")]
    for task in recorded.tasks:
        task.cancel()
    await recorded.all()


async def test_records_at_once_when_a_batch_is_full(recorded, monkeypatch):
    monkeypatch.setattr(outcome_queue, "SUCCESSES_GATHERED_SECONDS", 3_600)
    monkeypatch.setattr(outcome_queue, "BATCH_SIZE_MAX", 3)
    recorded.add(ONE, OK, 3)
    for _ in range(20):
        await asyncio.sleep(0)
    assert recorded.batches == [(1, "+++")]
    for task in recorded.tasks:
        task.cancel()
    await recorded.all()


async def test_records_what_gathers_when_the_process_ends(recorded, monkeypatch):
    monkeypatch.setattr(outcome_queue, "FAILURES_GATHERED_SECONDS", 3_600)
    recorded.add(ONE, FAILED, 3)
    await asyncio.sleep(0)
    for task in recorded.tasks:
        task.cancel()
    assert await recorded.all() == [(1, "---")]


async def test_records_failures_that_come_while_others_are_recorded(recorded, monkeypatch):
    monkeypatch.setattr(outcome_queue, "FAILURES_GATHERED_SECONDS", 0.001)
    for _ in range(5):
        recorded.add(ONE, FAILED)
        recorded.add(ONE, OK)
        await asyncio.sleep(0)
        recorded.add(ONE, FAILED)
    batches = await recorded.all()
    assert sum(signs.count("-") for _, signs in batches) == 10
    assert sum(signs.count("+") for _, signs in batches) == 5


class Turning:
    """A queue that notes which endpoints are paused, when, and which are disabled. Where `is_paused` is false, pausing
    finds that the endpoint has recovered.
    """

    def __init__(self, monkeypatch, gap_seconds):
        self.paused, self.disabled, self.stopped, self.tasks = [], [], [], set()
        self.is_paused = True
        monkeypatch.setattr(outcome_queue, "PAUSES_GAP_SECONDS", gap_seconds)
        monkeypatch.setattr(outcome_queue, "PAUSE_WAIT_SECONDS_MAX", 3600)
        monkeypatch.setattr(outcome_queue, "pause_failing", self._pause)
        monkeypatch.setattr(outcome_queue, "disable_gone", self._disable)
        self.queue = OutcomeQueue(
            schedule=None, breaker=None, spawn=self._spawn, on_stopped=self.stopped.append, on_due=None
        )

    def fail(self, count):
        """Let so many endpoints have failed too long."""
        self.queue._turn_all(Turned(to_pause=frozenset((ONE, UUID(int=number)) for number in range(count))))

    async def until(self, condition):
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.001)

    async def all(self):
        await self.until(lambda: all(task.done() for task in self.tasks))
        for task in self.tasks:
            task.result()

    async def _pause(self, _customer_id, endpoint_id, *, breaker):
        assert breaker is None
        self.paused.append((endpoint_id.int, asyncio.get_running_loop().time()))
        return self.is_paused

    async def _disable(self, _customer_id, endpoint_id):
        self.disabled.append(endpoint_id.int)
        return True

    def _spawn(self, work):
        self.tasks.add(asyncio.create_task(work))


async def test_pauses_endpoints_one_by_one(monkeypatch):
    turning, began = Turning(monkeypatch, 0.02), asyncio.get_running_loop().time()
    turning.fail(4)
    turning.fail(4)  # They wait for it already.
    await turning.all()
    assert sorted(number for number, _ in turning.paused) == [0, 1, 2, 3]
    assert all(at - began >= place * 0.02 - 0.001 for place, (_, at) in enumerate(turning.paused))
    assert len(turning.stopped) == 4


async def test_pauses_none_any_more_when_the_process_ends(monkeypatch):
    turning = Turning(monkeypatch, 3600)
    turning.fail(4)
    await turning.until(lambda: turning.paused)
    turning.queue.pause_no_more()
    await turning.all()
    assert (len(turning.paused), len(turning.stopped)) == (1, 1)


async def test_disables_one_at_once_that_waits_to_be_paused(monkeypatch, recorded):
    turning = Turning(monkeypatch, 3600)
    turning.fail(2)
    await turning.until(lambda: turning.stopped)
    [waiting] = {0, 1} - {number for number, _ in turning.paused}
    gone = SimpleNamespace(endpoint=(ONE, UUID(int=waiting)), customer_id=ONE, is_ordered=False, is_probe=False)
    turning.queue.add(SimpleNamespace(delivery=gone, answer=Answer(1, status=410, error="status: 410", body="")))
    await turning.until(lambda: turning.disabled)
    assert turning.disabled == [waiting]
    turning.queue.pause_no_more()
    await turning.all()


async def test_goes_on_with_one_that_recovered_while_it_waited(monkeypatch):
    turning = Turning(monkeypatch, 0.001)
    turning.is_paused = False
    turning.fail(2)
    await turning.all()
    assert (len(turning.paused), turning.stopped) == (2, [])


async def test_a_worker_that_ends_waits_for_no_pause(pipeline, monkeypatch):
    ended = []
    monkeypatch.setattr(pipeline._results, "pause_no_more", lambda: ended.append(True))
    pipeline.take_no_more()
    assert ended == [True]
