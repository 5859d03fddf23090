"""What an API accepted exists once, however often it is killed before it can say so."""

import asyncio

import pytest

from tests.faults.processes import product
from tests.faults.story import story

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_does_each_accepted_request_once_when_apis_are_killed_again_and_again(tmp_path, seed):
    async with product(tmp_path) as running:
        apis = [running.start_api(), running.start_api()]
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing():
                for _ in range(6):
                    await asyncio.sleep(told.random.uniform(0.2, 1.2))
                    api = told.random.choice(apis)
                    api.kill()
                    api.start()
            assert told.client.failures, "no request was under way when an API was killed"
            await told.prove_all_done()
