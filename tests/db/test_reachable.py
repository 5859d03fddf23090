"""A database that cannot be used is named, and why: the variable and the place, never the password."""

import asyncio
import logging
import threading

import asyncpg
import pytest

from app.db.reachable import (
    DatabaseRefused,
    DatabaseUnreachable,
    check_reachable,
    close_connection,
    once_reachable,
    place_of,
    wait_until_reachable,
)
from tests.conftest import superuser_url
from tests.db.losing_relay import Loses, losing_relay
from tests.free_ports import free_port

PASSWORD = "hidden"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://quaestor:hidden@db.example:6543/books", "books at db.example:6543"),
        ("postgres://quaestor:hidden@db.example/books", "books at db.example:5432"),
        ("postgresql://quaestor@[::1]/books", "books at [::1]:5432"),
        ("postgresql://quaestor@[::1]:6543/books", "books at [::1]:6543"),
        ("postgresql://quaestor@/quaestor?host=/run/postgresql", "quaestor at /run/postgresql"),
        ("postgresql://one,two/books", "books at one,two:5432"),
        ("postgresql:///", "of DATABASE_URL"),
        ("postgresql://[hidden/books", "of DATABASE_URL"),
    ],
)
def test_says_where_a_database_is(url, place):
    assert place_of(url) == place


async def test_says_nothing_of_one_that_answers(postgres):
    await check_reachable(postgres.url)
    await wait_until_reachable(postgres.url, seconds=0)


async def test_names_one_that_does_not_listen():
    port = free_port()
    with pytest.raises(DatabaseUnreachable) as told:
        await check_reachable(f"postgresql://quaestor:{PASSWORD}@127.0.0.1:{port}/books")
    assert not isinstance(told.value, DatabaseRefused)
    assert str(told.value).startswith(f"DATABASE_URL: the database books at 127.0.0.1:{port} does not answer: ")
    assert PASSWORD not in str(told.value)


async def test_names_one_that_there_is_not(postgres):
    with pytest.raises(DatabaseRefused, match=r'does not let us in: database "books" does not exist\.'):
        await wait_until_reachable(postgres.url_of("books"), seconds=60)


async def test_names_a_role_that_there_is_not(postgres):
    url = postgres.url.replace("//quaestor@", f"//nobody:{PASSWORD}@")
    with pytest.raises(DatabaseRefused, match=r'does not let us in: role "nobody" does not exist\.') as told:
        await wait_until_reachable(url, seconds=60)
    assert PASSWORD not in str(told.value)


@pytest.mark.parametrize("url", ["postgresql://q:hid/den@127.0.0.1:x/books", "postgresql://q:hidden@127.0.0.1:99x/b"])
async def test_does_not_quote_what_it_cannot_understand(url):
    with pytest.raises(DatabaseRefused, match="DATABASE_URL cannot be understood") as told:
        await check_reachable(url)
    assert "hid" not in str(told.value)


async def test_takes_one_for_reachable_that_goes_away_as_soon_as_it_has_answered(postgres, tmp_path):
    """It has let us in: what comes next meets what has become of it."""
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with losing_relay(postgres.url, folder, lost=1, when=Loses.AFTER_LOGIN) as (url, _relay):
            await check_reachable(url)


def end_sessions(url, name):
    """End the sessions of this application while our event loop stands still, so that nobody notices yet."""

    async def end():
        connection = await asyncpg.connect(url)
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
        await connection.execute(ending, name)
        while await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", name):
            await asyncio.sleep(0.01)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(end()))
    thread.start()
    thread.join()


async def test_closes_what_the_server_has_ended(fresh_url):
    connection = await asyncpg.connect(fresh_url, server_settings={"application_name": "quaestor-to-end"})
    end_sessions(fresh_url, "quaestor-to-end")
    await close_connection(connection)
    assert connection.is_closed()


async def test_waits_for_one_that_is_starting(tmp_path, postgres, caplog):
    """The socket comes into being a while after it was asked for."""
    caplog.set_level(logging.DEBUG)  # What was told a moment ago, in another test, is told at this level only.
    folder = postgres.url.partition("host=")[2]
    later = tmp_path / "later"
    waiting = asyncio.create_task(wait_until_reachable(f"postgresql://quaestor@/quaestor?host={later}", seconds=60))
    while "waiting for the database: DATABASE_URL" not in caplog.text:
        await asyncio.sleep(0.01)
    later.symlink_to(folder)
    await waiting


async def test_waits_no_longer_than_it_was_told(tmp_path):
    with pytest.raises(DatabaseUnreachable, match=f"the database books at {tmp_path} does not answer"):
        await wait_until_reachable(f"postgresql://quaestor@/books?host={tmp_path}", seconds=0)


async def test_names_one_whose_connections_are_all_taken(postgres, fresh_url):
    """It may have some again in a moment, so it is no refusal."""
    name = fresh_url.partition("?")[0].rpartition("/")[2]
    connection = await asyncpg.connect(superuser_url(postgres))
    await connection.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await connection.close()
    with pytest.raises(DatabaseUnreachable, match="too many connections") as told:
        await check_reachable(fresh_url)
    assert not isinstance(told.value, DatabaseRefused)


def losing(*losses):
    """Work that loses its connection once for each of `losses`, and then is done."""
    left = [*losses]

    async def begin():
        if left:
            raise left.pop(0)
        return "done"

    return begin


async def test_begins_again_when_the_connection_is_lost(postgres, caplog):
    caplog.set_level(logging.DEBUG)
    starting = asyncpg.CannotConnectNowError("the database system is in recovery mode")
    assert await once_reachable(postgres.url, losing(ConnectionResetError("lost"), starting)) == "done"
    assert "the database was lost, waiting for it: lost" in caplog.text


async def test_gives_up_after_a_while(postgres):
    begin = losing(ConnectionResetError("lost"))
    with pytest.raises(ConnectionResetError):
        await once_reachable(postgres.url, begin, seconds=-1)
    assert await begin() == "done"


async def test_does_not_begin_again_after_a_fault_of_ours(postgres):
    begin = losing(asyncpg.UndefinedTableError("no such table"))
    with pytest.raises(asyncpg.UndefinedTableError):
        await once_reachable(postgres.url, begin)
    assert await begin() == "done"
