"""Each payment happens once and is settled, at the bank as in the books, whatever dies meanwhile, and however often."""

import asyncio
import signal

import pytest

from tests.faults.money import kill_backend
from tests.faults.payments import payments
from tests.faults.processes import product

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SLOW_BANK = {"QUAESTOR_SIMULATOR_DELAY_SECONDS": "0.5"}
"""So that whoever dies has certainly asked it something, and a slow answer takes longer than the lease."""
FROZEN_SECONDS = 4
"""Longer than the lease: its work passes to another, and then it goes on with it."""


async def test_pays_once_whatever_is_killed_meanwhile(tmp_path, seed):
    async with product(tmp_path) as running:
        apis = [running.start_api(), running.start_api()]
        workers = [running.start_worker(**SLOW_BANK), running.start_worker(**SLOW_BANK)]
        await running.until_ready()
        async with payments(running.database_url, running.addresses, seed=seed) as told:
            kills = [
                lambda: _restart(told.random.choice(apis)),
                lambda: _restart(workers[0]),
                lambda: _restart(workers[1]),
                lambda: kill_backend(running.database_url, "quaestor-api", signal.SIGKILL),
                lambda: kill_backend(running.database_url, "quaestor-worker", signal.SIGKILL),
            ]
            faults = [*kills, *kills, lambda: _freeze(told.random.choice(workers))]
            async with told.moving():
                for cause in told.random.sample(faults, len(faults)):
                    await asyncio.sleep(told.random.uniform(0.2, 1))
                    await cause()
                while not await told.was_bank_asked_twice():
                    await asyncio.sleep(1)
                    await _restart(told.random.choice(workers))
            assert told.client.failures, "no request was under way when an API was killed"
            await told.prove_all_true()
        assert "AssertionError" not in running.logs()


async def _restart(process):
    process.kill()
    process.start()


async def _freeze(worker):
    worker.freeze()
    await asyncio.sleep(FROZEN_SECONDS)
    worker.thaw()
