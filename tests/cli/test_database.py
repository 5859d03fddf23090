import asyncio

import asyncpg
import pytest

from app.cli.database import operator_database
from app.db.reachable import DatabaseUnreachable
from app.embedded.data_folder import lock, running_servers
from app.embedded.postgres import EmbeddedPostgres
from app.kernel.errors import NotReachable
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
    with pytest.raises(DatabaseUnreachable, match=f"DATABASE_URL: the database quaestor at {tmp_path} does not answer"):
        async with operator_database(given):
            pass


@pytest.mark.parametrize("made", [False, True], ids=["no folder", "a folder with other files"])
async def test_makes_no_database_where_there_is_none(tmp_path, made):
    given = settings(tmp_path)
    if made:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "api-key").write_text("of elsewhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NotReachable) as refusal:
        async with operator_database(given):
            pass
    assert str(refusal.value).startswith(
        f"There is no database: DATABASE_URL is not set, and there is none in the data folder {tmp_path / 'data'}. "
    )
    assert sorted(tmp_path.rglob("*")) == before


async def test_uses_the_servers_of_a_running_dev(tmp_path):
    with lock(tmp_path / "data", command="dev") as folder:
        folder.announce(database_url="postgresql:///one", redis_url=None)
        async with operator_database(settings(tmp_path)) as url:
            assert url == "postgresql:///one"


@pytest.fixture
def left_behind(tmp_path):
    """The data folder of a `dev` that does not run any more."""
    given = settings(tmp_path)
    EmbeddedPostgres(given.data_dir).prepare()
    return given


async def test_starts_what_a_dev_left_for_the_time_being_and_changes_nothing(left_behind):
    async with operator_database(left_behind, command="verify") as url:
        assert running_servers(left_behind.data_dir).command == "verify"
        assert await applied(url) == []
    assert running_servers(left_behind.data_dir) is None
    with pytest.raises(FileNotFoundError):
        await asyncpg.connect(url)


@pytest.mark.thorough
async def test_takes_turns_with_another_command(left_behind):
    order = []

    async def use(name):
        async with operator_database(left_behind, command=name):
            order.append(f"{name} in")
            await asyncio.sleep(0.3)
            order.append(f"{name} out")

    await asyncio.gather(use("first"), use("second"))
    assert order in (
        ["first in", "first out", "second in", "second out"],
        ["second in", "second out", "first in", "first out"],
    )


async def test_gives_up_when_the_first_dev_ends_before_it_made_a_database(tmp_path):
    given = settings(tmp_path)
    with lock(given.data_dir, command="dev"):
        waiting = asyncio.create_task(_use(given))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    with pytest.raises(NotReachable, match="There is no database"):
        await waiting


async def _use(given):
    async with operator_database(given):
        pass
