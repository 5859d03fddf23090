"""Money that an API said it moved is moved once, however often APIs are killed before they can say so."""

import asyncio

import pytest

from tests.faults.money import money
from tests.faults.processes import product

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_moves_money_once_when_apis_are_killed_again_and_again(tmp_path, seed):
    async with product(tmp_path) as running:
        apis = [running.start_api(), running.start_api()]
        running.start_worker()
        await running.until_ready()
        async with money(running.database_url, running.addresses, seed=seed) as told:
            async with told.moving():
                for _ in range(6):
                    await asyncio.sleep(told.random.uniform(0.3, 1.5))
                    api = told.random.choice(apis)
                    api.kill()
                    api.start()
            assert told.client.failures, "no request was under way when an API was killed"
            await told.prove_all_true()
