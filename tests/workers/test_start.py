"""What a worker does before it is ready, in this process."""

import asyncio

import asyncpg
import pytest

from app.settings import WrongSetting, load_settings
from workers import process


@pytest.fixture
def settings(migrated_url):
    return load_settings(database_url=migrated_url, secret_key="a key of the settings for the tests")


async def test_looks_again_where_its_connection_is_lost_while_it_looks(settings, monkeypatch):
    faults = [asyncpg.ConnectionDoesNotExistError("connection was closed"), None]
    looks = []

    async def check(_connection, key):
        looks.append(key)
        if (fault := faults.pop(0)) is not None:
            raise fault

    monkeypatch.setattr(process, "check_secret_key", check)
    async with process.database_until(asyncio.Event(), settings, application_name="quaestor-tests") as is_open:
        assert is_open
    assert looks == [settings.secret_key] * 2


async def test_ends_at_once_where_it_may_not_start(settings, monkeypatch):
    async def refuse(_connection, _key):
        raise WrongSetting("QUAESTOR_SECRET_KEY is another one.")

    monkeypatch.setattr(process, "check_secret_key", refuse)
    with pytest.raises(WrongSetting):
        async with process.database_until(asyncio.Event(), settings, application_name="quaestor-tests"):
            pass
