"""What a worker does before it is ready, in this process."""

import asyncio
import os
import sys

import asyncpg
import pytest

from app.db.migrate import SchemaMismatch, migrate
from app.settings import WrongSetting, load_settings
from tests.workers.conftest import SECRET_KEY, WorkerUnderTest
from workers import process


@pytest.fixture
async def start_module():
    """A function that starts a process of this package on a database, without waiting for it."""
    started = []

    async def start(module, url):
        known = {name: value for name, value in os.environ.items() if not name.startswith(("QUAESTOR_", "REDIS_URL"))}
        known |= {
            "DATABASE_URL": url,
            "QUAESTOR_SECRET_KEY": SECRET_KEY,
            "QUAESTOR_LOG_FORMAT": "console",
            "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",  # Nobody listens there; it is not asked.
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, env=known, stderr=asyncio.subprocess.PIPE
        )
        started.append(WorkerUnderTest(process))
        return started[-1]

    yield start
    for one in started:
        await one.end()


@pytest.fixture
def settings(migrated_url):
    return load_settings(
        database_url=migrated_url,
        secret_key="a key of the settings for the tests",
        secret_key_old="the key before this one, of 32 or more",
    )


async def test_looks_again_where_its_connection_is_lost_while_it_looks(settings, monkeypatch):
    faults = [asyncpg.ConnectionDoesNotExistError("connection was closed"), None]
    looks = []

    async def check(_connection, key, old_key):
        looks.append((key, old_key))
        if (fault := faults.pop(0)) is not None:
            raise fault

    monkeypatch.setattr(process, "check_secret_key", check)
    async with process.database_until(asyncio.Event(), settings, application_name="quaestor-tests") as is_open:
        assert is_open
    assert looks == [(settings.secret_key, "the key before this one, of 32 or more")] * 2


async def test_ends_at_once_where_it_may_not_start(settings, monkeypatch):
    async def refuse(_connection, _key, _old_key):
        raise WrongSetting("QUAESTOR_SECRET_KEY is another one.")

    monkeypatch.setattr(process, "check_secret_key", refuse)
    with pytest.raises(WrongSetting):
        async with process.database_until(asyncio.Event(), settings, application_name="quaestor-tests"):
            pass


@pytest.mark.thorough
@pytest.mark.parametrize("module", ["workers.main", "workers.kafka"])
async def test_waits_until_the_database_has_its_migrations(fresh_url, module, start_module):
    process = await start_module(module, fresh_url)
    await process.says("migrations are missing: 0001_foundation, ")
    assert not any("is ready" in line or "no customer yet" in line for line in process.lines)
    await migrate(fresh_url)
    await process.says("the worker is ready" if module == "workers.main" else "There is no customer yet")


@pytest.mark.thorough
@pytest.mark.parametrize("module", ["workers.main", "workers.kafka"])
async def test_ends_where_a_newer_version_has_migrated_the_database(fresh_url, module, start_module):
    await migrate(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ('9999_newer', 'of a newer one')")
    await connection.close()
    process = await start_module(module, fresh_url)
    assert await asyncio.wait_for(process.process.wait(), 90) == 1
    await process.says("The database has the migration 9999_newer, which this version of Quaestor does not know")


async def test_ends_in_order_while_it_waits_for_migrations(fresh_url):
    settings = load_settings(database_url=fresh_url, secret_key="a key of the settings for the tests")
    stopped = asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, stopped.set)
    async with process.database_until(stopped, settings, application_name="quaestor-tests") as is_open:
        assert not is_open


async def test_refuses_a_database_of_another_history(migrated_url, settings, monkeypatch):
    async def refuse(_connection):
        raise SchemaMismatch("another history")

    monkeypatch.setattr(process, "pending_on", refuse)
    with pytest.raises(SchemaMismatch):
        async with process.database_until(asyncio.Event(), settings, application_name="quaestor-tests"):
            pass
