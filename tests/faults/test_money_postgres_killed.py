"""Money is moved once, and what was refused not at all, however PostgreSQL is killed meanwhile."""

import asyncio
import signal

import pytest

from tests.faults.money import kill_backend, money
from tests.faults.processes import product

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_moves_money_once_when_backends_are_killed(tmp_path, seed, number):
    """SIGKILL of one makes PostgreSQL drop all connections and recover; SIGTERM ends that one alone."""
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with money(running.database_url, running.addresses, seed=seed) as told:
            async with told.moving():
                for _ in range(5 if number == signal.SIGKILL else 40):
                    await asyncio.sleep(told.random.uniform(0.05, 1 if number == signal.SIGKILL else 0.2))
                    await kill_backend(running.database_url, "quaestor-api", number)
            assert "is posted again" in running.logs(), "no batch was under way when its backend was killed"
            await told.prove_all_true()


async def test_moves_money_once_when_the_postmaster_is_killed(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with money(running.database_url, running.addresses, seed=seed) as told:
            async with told.moving():
                for _ in range(3):
                    await asyncio.sleep(told.random.uniform(0.2, 1.5))
                    await running.servers.kill(running.servers.postgres)
            await told.prove_all_true()
