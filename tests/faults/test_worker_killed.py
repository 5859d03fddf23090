"""Work goes on, and is done once in effect, however often workers are killed."""

import asyncio

import pytest

from tests.faults.processes import product
from tests.faults.story import story, times_asked, until_asked_again

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SLOW_BANK = {"QUAESTOR_SIMULATOR_DELAY_SECONDS": "1"}
"""So that whoever dies has certainly asked it something."""
SLOW_ANSWER_SECONDS = 0.2
"""So that whoever dies has certainly sent something, and not heard that it arrived."""


async def test_loses_nothing_when_workers_are_killed_again_and_again(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        worker = running.start_worker(**SLOW_BANK)
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            told.inbox.answer_seconds = SLOW_ANSWER_SECONDS
            async with told.issuing():
                for _ in range(5):
                    await until_asked_again(running.database_url)
                    await asyncio.sleep(told.random.uniform(0, 0.8))
                    worker.kill()
                    worker.start()
                await told.inbox.until_next()
                worker.kill()
                worker.start()
            await told.prove_all_done()
            assert told.inbox.repeats > 0
        assert await times_asked(running.database_url) > 1


async def test_has_another_worker_take_over_from_one_that_nobody_restarts(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        doomed, _other = running.start_worker(**SLOW_BANK), running.start_worker(**SLOW_BANK)
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            told.inbox.answer_seconds = SLOW_ANSWER_SECONDS
            async with told.issuing():
                await asyncio.sleep(told.random.uniform(1.5, 3))
                doomed.kill()
            await told.prove_all_done()
        assert await times_asked(running.database_url) > 1
