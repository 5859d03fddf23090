import asyncpg
import pytest

from app.cli import check_start as starting
from app.cli.check_start import check_start
from app.db.connection import pool
from app.settings import Environment, Settings, WrongSetting

KEY = "a key of the settings for the tests"
NEW_KEY = "the key that its secrets are moved to"
PLAY = Settings(environment=Environment.PLAY)


@pytest.fixture
def lost(monkeypatch):
    """Losses of the connection that are still to come, one at each check."""
    losses = []
    check = starting.check_durability

    async def check_or_lose(environment, fetch):
        if losses:
            raise losses.pop()
        return await check(environment, fetch)

    monkeypatch.setattr(starting, "check_durability", check_or_lose)
    return losses


async def test_makes_a_connection_again_that_is_lost_while_it_checks(database, lost):
    lost += [
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        ConnectionResetError(),
        asyncpg.CannotConnectNowError("the database system is in recovery mode"),
    ]
    await check_start(database, PLAY, KEY)
    assert lost == []


async def test_takes_the_old_key_beside_the_new_one_while_secrets_are_moved(database):
    await pool().execute("TRUNCATE secret_key_check")
    await check_start(database, PLAY, KEY)
    with pytest.raises(WrongSetting):
        await check_start(database, PLAY, NEW_KEY)
    await check_start(database, Settings(environment=Environment.PLAY, secret_key_old=KEY), NEW_KEY)
    with pytest.raises(WrongSetting):
        await check_start(database, PLAY, KEY)
    await pool().execute("TRUNCATE secret_key_check")


async def test_does_not_wait_out_a_fault_of_ours(database, lost):
    lost += [asyncpg.UndefinedTableError("no such table")]
    with pytest.raises(asyncpg.UndefinedTableError):
        await check_start(database, PLAY, KEY)
