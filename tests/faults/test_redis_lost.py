"""Redis only says "look now": whatever becomes of it, nothing is lost and work goes on."""

import asyncio
import contextlib

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.faults.processes import product
from tests.faults.story import story

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
            async with told.issuing():
                await asyncio.sleep(3)
            await told.prove_all_done()
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
                # One that never saw Redis, and one that was told of none at all.
                running.start_worker()
                running.start_worker(REDIS_URL="")
            await told.prove_all_done()


async def _flush_again_and_again(url):
    async with Redis.from_url(url) as redis:
        while True:
            with contextlib.suppress(RedisError):
                await redis.flushall()
            await asyncio.sleep(0.005)
