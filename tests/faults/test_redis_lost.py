"""Redis only wakes the workers: whatever becomes of it, nothing is lost and work goes on."""

import asyncio
import contextlib

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.faults.processes import product
from tests.faults.story import story
from workers.lane import LINGER_SECONDS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_loses_nothing_when_redis_is_killed_again_and_again(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing():
                for _ in range(3):
                    await asyncio.sleep(told.random.uniform(0.2, 1))
                    await running.servers.kill(running.servers.redis)
            await told.prove_all_done()


async def test_loses_nothing_when_redis_is_flushed_all_the_time(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            flushing = asyncio.create_task(_flush_again_and_again(running.servers.redis.url))
            for _ in range(2):
                await _issue_from_standstill(told)
            flushing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await flushing


async def test_goes_on_when_redis_stops_for_good(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing():
                await asyncio.sleep(told.random.uniform(0.2, 1))
                await running.servers.stop(running.servers.redis)
                await asyncio.sleep(told.random.uniform(0.2, 1))
            await told.prove_all_done()
            await _issue_from_standstill(told)


@pytest.mark.parametrize("redis_url", ["", "unix:///nowhere/redis.sock"])
async def test_needs_no_redis_at_all(tmp_path, seed, redis_url):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker(REDIS_URL=redis_url)
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            await _issue_from_standstill(told)


async def _issue_from_standstill(told):
    """Nothing is under way, so that only a wake-up, or the sweep, can begin anything."""
    await asyncio.sleep(LINGER_SECONDS + 0.5)
    async with told.issuing():
        pass
    await told.prove_all_done()


async def _flush_again_and_again(url):
    async with Redis.from_url(url) as redis:
        while True:
            with contextlib.suppress(RedisError):
                await redis.flushall()
            await asyncio.sleep(0.005)
