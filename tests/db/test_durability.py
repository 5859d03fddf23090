"""In LIVE a database that forgets commits is refused."""

import asyncpg
import pytest

from app.db.connection import close_database, fetch, fetchval, open_database
from app.db.durability import check_durability
from app.embedded.postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Environment, WrongSetting, load_settings

OFF_FOR_THE_DATABASE = r"synchronous_commit is off \(set by: database\): after a crash"


@pytest.fixture(scope="module")
def durable_postgres(tmp_path_factory):
    server = EmbeddedPostgres(tmp_path_factory.mktemp("durable"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def open_with(durable_postgres):
    """A function that opens the pool on a durable server whose database sets this."""

    async def open_it(setting=""):
        connection = await asyncpg.connect(durable_postgres.url)
        await connection.execute("ALTER DATABASE quaestor RESET ALL")
        if setting:
            await connection.execute(f"ALTER DATABASE quaestor SET {setting}")
        await connection.close()
        await open_database(durable_postgres.url, pool_size=1)

    yield open_it
    await close_database()


@pytest.mark.thorough
@pytest.mark.parametrize("setting", ["", "synchronous_commit = local", "synchronous_commit = remote_apply"])
async def test_takes_what_outlasts_a_crash(open_with, setting):
    await open_with(setting)
    await check_durability(Environment.LIVE, fetch)


async def test_refuses_commits_that_do_not_wait_for_the_disk(open_with):
    await open_with("synchronous_commit = off")
    with pytest.raises(WrongSetting, match=OFF_FOR_THE_DATABASE):
        await check_durability(Environment.LIVE, fetch)


async def test_refuses_a_server_that_never_waits_for_the_disk(database):
    with pytest.raises(WrongSetting, match=r"^DATABASE_URL is of a PostgreSQL whose fsync is off \(set by: command"):
        await check_durability(Environment.LIVE, fetch)


@pytest.mark.parametrize("environment", [Environment.PLAY, Environment.PLAYLIVE])
async def test_is_not_asked_for_outside_live(database, environment):
    await check_durability(environment, fetch)
    assert await fetchval("SHOW fsync") == "off"


async def test_keeps_the_api_from_starting(migrated_url, caplog):
    settings = load_settings(database_url=migrated_url, secret_key="0123456789abcdef" * 2, environment="LIVE")
    sent = []

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        sent.append(message)

    with pytest.raises(WrongSetting, match="fsync is off"):
        await create_app(settings)({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    [said] = [record.message for record in caplog.records if record.name == "app.main"]
    assert said.startswith("DATABASE_URL is of a PostgreSQL whose fsync is off")
