"""What PostgreSQL committed stays, and all of us find back to it, however it is killed."""

import asyncio
import os
import signal

import asyncpg
import pytest

from tests.faults.processes import product
from tests.faults.story import story

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

OURS = ("quaestor-api", "quaestor-api-listen", "quaestor-worker", "quaestor-worker-listen")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_loses_nothing_when_backends_are_killed(tmp_path, seed, number):
    """SIGKILL of one makes PostgreSQL drop all connections and recover; SIGTERM ends that one alone."""
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing():
                # Each of ours once, in any order.
                for application in told.random.sample(OURS, len(OURS)):
                    await asyncio.sleep(told.random.uniform(0.2, 1))
                    await _kill_backend(running.database_url, application, number)
            await told.prove_all_done()


async def test_loses_nothing_when_the_postmaster_is_killed(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing():
                for _ in range(3):
                    await asyncio.sleep(told.random.uniform(0.2, 1.5))
                    await running.servers.kill(running.servers.postgres)
            await told.prove_all_done()


async def _kill_backend(database_url, application, number):
    """Wait until there is such a backend, then kill a random one of them."""
    async with asyncio.timeout(60):
        while (pid := await _backend(database_url, application)) is None:
            await asyncio.sleep(0.05)
    os.kill(pid, number)


async def _backend(database_url, application):
    try:
        connection = await asyncpg.connect(database_url, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return None  # It is recovering.
    try:
        return await connection.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY random() LIMIT 1", application
        )
    finally:
        await connection.close()
