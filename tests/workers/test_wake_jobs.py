"""Jobs of arq start lanes, and nothing depends on them."""

import asyncio
import os
import signal

import pytest
from redis.asyncio.client import Pipeline

from app.kernel.part import Drain
from workers.lane import Lane
from workers.wake_jobs import QUEUE, WakeJobs, redis_settings


class Nothing(Drain):
    """There is never anything to do."""

    async def drain(self, *, budget_seconds):
        await asyncio.sleep(0)

    def look_again(self):
        pass


@pytest.fixture
async def lane():
    async with Lane("deliveries", Nothing(), grace_seconds=0) as made:
        yield made


@pytest.fixture
def _patient(monkeypatch):
    """A Redis that answers late is not taken for one that hangs."""
    monkeypatch.setattr("workers.wake_jobs.ENQUEUE_TIMEOUT_SECONDS", 60)


@pytest.fixture
async def jobs(redis, lane):
    made = WakeJobs(redis.url, {lane.name: lane})
    running = asyncio.create_task(made.run())
    await until(lambda: made._redis is not None)
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("_patient")
async def test_starts_a_lane_by_a_job(jobs, lane):
    assert await jobs.enqueue(lane)
    await until(lambda: lane.runs == 1)


@pytest.mark.usefixtures("_patient")
async def test_is_not_cancelled_while_it_looks_whether_a_job_is_taken(redis, lane, monkeypatch):
    monkeypatch.setattr("workers.wake_jobs.CLOSE_TIMEOUT_SECONDS", 60)
    reset, looking = Pipeline.reset, []

    async def slowly(pipeline):
        if pipeline.watching:
            looking.append(pipeline)
            await asyncio.sleep(0.1)  # Cancelled here, the pipeline would keep its connection.
        await reset(pipeline)

    made = WakeJobs(redis.url, {lane.name: lane})
    running = asyncio.create_task(made.run())
    await until(lambda: made._redis is not None)
    await made.enqueue(lane)
    monkeypatch.setattr(Pipeline, "reset", slowly)
    await until(lambda: looking)  # While a job runs, arq asks each time it looks for others.
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [pipeline.connection for pipeline in looking] == [None] * len(looking)


@pytest.mark.usefixtures("_patient")
async def test_leaves_nothing_behind_in_redis(jobs, lane):
    for _ in range(5):
        await jobs.enqueue(lane)
    await lane.stop(grace_seconds=60)
    redis = jobs._redis
    async with asyncio.timeout(60):
        while await redis.zcard(QUEUE):
            await asyncio.sleep(0.01)
        assert await redis.keys("arq:job:*") == []
        assert await redis.keys("arq:result:*") == []


@pytest.mark.usefixtures("_patient")
async def test_ignores_a_job_for_a_lane_that_is_not_here(jobs, lane):
    other = Lane("another version's", lane._drain)
    assert await jobs.enqueue(other)
    assert await jobs.enqueue(lane)
    await until(lambda: lane.runs == 1)
    assert other.runs == 0


@pytest.mark.usefixtures("_patient")
async def test_goes_on_after_redis_was_flushed(jobs, lane):
    await jobs._redis.flushall()
    assert await jobs.enqueue(lane)
    await until(lambda: lane.runs == 1)


async def test_says_at_once_that_redis_hangs(jobs, lane, redis):
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(60):
            assert not await jobs.enqueue(lane)
    finally:
        os.kill(redis.pid, signal.SIGCONT)


@pytest.mark.usefixtures("_patient")
async def test_comes_back_after_redis_does(jobs, lane, redis, caplog):
    redis.stop()
    await until(lambda: jobs.is_away)
    assert not await jobs.enqueue(lane)
    redis.start()
    await until(lambda: not jobs.is_away)
    assert await jobs.enqueue(lane)
    await until(lambda: lane.runs >= 1)
    assert [record for record in caplog.records if record.exc_info] == []


def test_reads_a_socket_with_a_blank_in_its_path():
    assert redis_settings("unix:///a%20b/redis.sock").unix_socket_path == "/a b/redis.sock"


def test_reads_an_address():
    settings = redis_settings("rediss://user:secret@example.com:6380/2")
    assert (settings.host, settings.port, settings.database, settings.ssl) == ("example.com", 6380, 2, True)
    assert (settings.username, settings.password) == ("user", "secret")


def test_reads_a_user_and_a_password_as_addresses_write_them():
    settings = redis_settings("redis://an%40user:p%2Fs%25s@example.com/0")
    assert (settings.username, settings.password) == ("an@user", "p/s%s")


@pytest.mark.parametrize(("url", "database"), [("redis://h/", 0), ("redis://h", 0), ("redis://h/?db=3", 3)])
def test_reads_an_address_without_a_path(url, database):
    assert (redis_settings(url).host, redis_settings(url).database) == ("h", database)
