import asyncio

import asyncpg
import pytest

from app.cli.database import operator_database
from app.cli.exits import NotReachable
from app.db.migrate import migrations
from app.embedded.data_folder import hold, running_servers
from app.settings import Settings


def settings(tmp_path, **given):
    return Settings(**{"QUAESTOR_DATA_DIR": tmp_path / "data", **given})


async def applied(url):
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
            return []
        return [row["name"] for row in await connection.fetch("SELECT name FROM schema_migrations ORDER BY name")]
    finally:
        await connection.close()


async def test_uses_the_database_that_was_named(tmp_path, postgres):
    async with operator_database(settings(tmp_path, DATABASE_URL=postgres.url)) as url:
        assert url == postgres.url
    assert not (tmp_path / "data").exists()


async def test_says_that_a_named_database_does_not_answer(tmp_path):
    given = settings(tmp_path, DATABASE_URL=f"postgresql://quaestor@/quaestor?host={tmp_path}")
    with pytest.raises(NotReachable, match="The database of DATABASE_URL does not answer"):
        async with operator_database(given):
            pass


async def test_uses_the_servers_of_a_running_dev(tmp_path):
    with hold(tmp_path / "data", command="dev") as folder:
        folder.announce(database_url="postgresql:///one", redis_url=None)
        async with operator_database(settings(tmp_path)) as url:
            assert url == "postgresql:///one"


async def test_starts_its_own_for_the_time_being_and_migrates_it(tmp_path):
    given = settings(tmp_path)
    async with operator_database(given, command="migrate", migrates=False) as url:
        assert running_servers(given.data_dir).command == "migrate"
        assert await applied(url) == []
    assert running_servers(given.data_dir) is None
    async with operator_database(given) as url:
        assert await applied(url) == [migration.name for migration in migrations()]
    with pytest.raises(FileNotFoundError):
        await asyncpg.connect(url)


async def test_takes_turns_with_another_command(tmp_path):
    given = settings(tmp_path)
    order = []

    async def use(name):
        async with operator_database(given, command=name, migrates=False):
            order.append(f"{name} in")
            await asyncio.sleep(0.3)
            order.append(f"{name} out")

    await asyncio.gather(use("first"), use("second"))
    assert order in (
        ["first in", "first out", "second in", "second out"],
        ["second in", "second out", "first in", "first out"],
    )
