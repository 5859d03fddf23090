"""A lane drains at most once at a time, and again when asked meanwhile."""

import asyncio

import asyncpg
import pytest

from app.kernel.back_off import BackOff
from app.kernel.part import Drain
from workers.lane import Lane


class Drains(Drain):
    """A drain that a test lets go of, one at a time."""

    def __init__(self):
        self.begun = 0
        self.under_way = 0
        self.most_under_way = 0
        self.pokes = 0
        self.go_on = asyncio.Semaphore(0)
        self.failures = []

    async def drain(self, *, budget_seconds):
        self.begun += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.go_on.acquire()
            if self.failures:
                raise self.failures.pop(0)
        finally:
            self.under_way -= 1

    async def ended(self, count):
        while self.begun < count or self.under_way:
            await asyncio.sleep(0)

    def look_again(self):
        self.pokes += 1


@pytest.fixture
async def drains():
    return Drains()


@pytest.fixture
async def lane(drains):
    made = Lane("a lane", drains)
    yield made
    await made.stop(grace_seconds=0)


async def test_drains_once_when_started_once(lane, drains):
    run = lane.wake()
    drains.go_on.release()
    await run
    assert drains.begun == 1
    assert not lane.is_running


async def test_drains_again_after_being_started_meanwhile_but_never_twice_at_once(lane, drains):
    run = lane.wake()
    await asyncio.sleep(0)
    assert [lane.wake() for _ in range(5)] == [run] * 5
    assert drains.pokes == 5
    for _ in range(2):
        drains.go_on.release()
    await run
    assert (drains.begun, drains.most_under_way) == (2, 1)


async def test_lingers_for_what_comes_next(lane, drains, monkeypatch):
    monkeypatch.setattr("workers.lane.LINGER_SECONDS", 60)
    run = lane.wake(linger=True)
    drains.go_on.release()
    await drains.ended(1)
    assert lane.wake(linger=True) is run
    drains.go_on.release()
    await drains.ended(2)
    assert lane.is_running
    await lane.stop(grace_seconds=10)
    assert drains.begun == 2


async def test_waits_out_a_database_that_is_away(lane, drains, caplog):
    lane._back_off = BackOff(0.001, 0.002)
    drains.failures = [ConnectionRefusedError("refused")] * 3
    run = lane.wake()
    for _ in range(4):
        drains.go_on.release()
    with caplog.at_level("INFO"):
        await run
    assert drains.begun == 4
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert all(record.exc_info is None for record in caplog.records)


async def test_waits_for_a_database_that_was_back_meanwhile_as_if_it_was_the_first_time(
    lane, drains, monkeypatch, caplog
):
    monkeypatch.setattr("workers.lane.PAUSE_SECONDS_MAX", 0.0)  # Each drain is one that worked for long enough.
    drains.failures = [ConnectionRefusedError("refused")] * 2
    run = lane.wake()
    for _ in range(3):
        drains.go_on.release()
    with caplog.at_level("INFO"):
        await run
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO"]


COLLISIONS = [asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError]


@pytest.mark.parametrize("collision", COLLISIONS)
async def test_runs_again_at_once_where_another_transaction_was_in_its_way(
    lane, drains, monkeypatch, caplog, collision
):
    monkeypatch.setattr(lane._back_off, "pause", None)  # Of an outage.
    drains.failures = [collision("in the way")] * 3
    run = lane.wake()
    for _ in range(4):
        drains.go_on.release()
    with caplog.at_level("INFO"):
        await run
    assert drains.begun == 4
    assert {record.levelname for record in caplog.records} == {"INFO"}
    assert "database" not in caplog.text


async def test_leaves_to_the_next_sweep_what_collides_again_and_again(lane, drains, monkeypatch, caplog):
    monkeypatch.setattr("workers.lane.COLLISIONS_MAX", 2)
    drains.failures = [asyncpg.DeadlockDetectedError("in the way")] * 4
    for _ in range(5):
        drains.go_on.release()
    await lane.wake()
    assert drains.begun == 3
    await lane.wake()
    assert drains.begun == 5
    [told] = caplog.records
    assert "other transactions are in the way" in told.getMessage()


@pytest.mark.parametrize("fault", [AssertionError("ours"), asyncpg.UndefinedColumnError("ours"), asyncpg.DataError("")])
async def test_survives_a_fault_of_ours_and_logs_it(lane, drains, monkeypatch, caplog, fault):
    monkeypatch.setattr("workers.lane.PAUSE_SECONDS_MAX", 0.001)
    drains.failures = [fault]
    run = lane.wake()
    for _ in range(2):
        drains.go_on.release()
    await run
    assert drains.begun == 2
    assert "should not happen" in caplog.text


async def test_lets_a_drain_under_way_end_when_stopped_and_begins_no_other(lane, drains):
    run = lane.wake()
    await asyncio.sleep(0)
    stopping = asyncio.create_task(lane.stop(grace_seconds=10))
    await asyncio.sleep(0)
    assert lane.wake() is None
    drains.go_on.release()
    await stopping
    assert run.done()
    assert not run.cancelled()
    assert drains.begun == 1


async def test_cancels_a_drain_that_does_not_end(lane, drains):
    run = lane.wake()
    await asyncio.sleep(0)
    await lane.stop(grace_seconds=0.01)
    assert run.cancelled()
    assert drains.under_way == 0
