"""Work goes on, and is done once in effect, however often workers are killed."""

import asyncio

import pytest

from tests.faults.processes import product
from tests.faults.story import story

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_loses_nothing_when_workers_are_killed_again_and_again(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        worker = running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing(50):
                for _ in range(5):
                    await asyncio.sleep(told.random.uniform(0.5, 2.5))
                    worker.kill()
                    worker.start()
            await told.prove_all_done()


async def test_has_another_worker_take_over_from_one_that_nobody_restarts(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        doomed, _other = running.start_worker(), running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing(40):
                await asyncio.sleep(told.random.uniform(0.3, 1.5))
                doomed.kill()
            await told.prove_all_done()
