"""Notes of many keys share a statement. One that collides with another transaction is no outage of the database."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from app.access import note_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetch, fetchval
from app.db.identifiers import new_id
from app.db.outage import database_outage
from app.kernel.clock import utc_now


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (asyncpg.DeadlockDetectedError("in the way"), []),
        (asyncpg.LockNotAvailableError("in the way"), []),
        (ConnectionRefusedError("away"), ["WARNING"]),
    ],
)
async def test_tells_of_an_outage_only(monkeypatch, caplog, error, told):
    async def fail(*_arguments):
        raise error

    monkeypatch.setattr(note_last_use, "fetch", fail)
    monkeypatch.setattr(database_outage, "_told_at", None)
    note_last_use.note_last_use(new_id(), new_id(), utc_now())
    await note_last_use.finish_noting_last_use()
    assert [record.levelname for record in caplog.records] == told


def test_waits_for_no_note_of_an_event_loop_that_has_ended(monkeypatch):
    written = []

    async def hang(*_arguments):
        await asyncio.Event().wait()

    async def write(_sql, *arguments):
        written.append(arguments)

    async def note():
        note_last_use.note_last_use(new_id(), new_id(), utc_now())
        await asyncio.sleep(0)

    async def note_and_finish():
        async with asyncio.timeout(60):
            await note()
            await note_last_use.finish_noting_last_use()

    monkeypatch.setattr(note_last_use, "fetch", hang)
    ended = asyncio.new_event_loop()
    ended.run_until_complete(note())
    monkeypatch.setattr(note_last_use, "fetch", write)
    asyncio.run(note_and_finish())
    assert len(written) == 1

    left = asyncio.all_tasks(ended)
    for task in left:
        task.cancel()
    ended.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    ended.close()


@pytest.fixture
async def keys(database):
    """The customers and ids of three keys."""
    for number in range(3):
        await open_customer(f"Customer {number}")
    return [tuple(row) for row in await fetch("SELECT customer_id, id FROM api_keys ORDER BY id")]


@pytest.fixture
def sent(monkeypatch):
    """The statements that are sent."""
    statements, send = [], note_last_use.fetch

    async def noting(sql, *arguments):
        statements.append(sql)
        return await send(sql, *arguments)

    monkeypatch.setattr(note_last_use, "fetch", noting)
    return statements


async def last_uses():
    return [used_at for (used_at,) in await fetch("SELECT last_used_at FROM api_keys ORDER BY id")]


async def test_writes_notes_that_wait_in_one_statement(keys, sent):
    note_last_use.open_notes(together_max=note_last_use.TOGETHER_MAX)
    now = utc_now()
    times = [now + timedelta(seconds=number) for number in range(3)]
    for key, used_at in zip(keys, times, strict=True):
        note_last_use.note_last_use(*key, used_at)
        note_last_use.note_last_use(*key, used_at + timedelta(seconds=9))  # Skipped: one waits.
    await note_last_use.finish_noting_last_use()
    assert await last_uses() == times
    assert sent == [note_last_use._TOGETHER_SQL]


async def test_never_puts_a_last_use_back(keys):
    now = utc_now()
    await fetch("UPDATE api_keys SET last_used_at = $1", now)
    for key in keys:
        note_last_use.note_last_use(*key, now - timedelta(seconds=1))
    await note_last_use.finish_noting_last_use()
    assert await last_uses() == [now] * 3


async def test_waits_for_no_key_that_somebody_changes(keys, database):
    now = utc_now()
    other = await asyncpg.connect(database)
    async with other.transaction():
        await other.execute("UPDATE api_keys SET name = 'Other' WHERE id = $1", keys[1][1])
        for key in keys:
            note_last_use.note_last_use(*key, now)
        await note_last_use.finish_noting_last_use()
    await other.close()
    assert await last_uses() == [now, None, now]


async def test_notes_each_by_itself_where_customers_share_no_statement(keys, sent):
    note_last_use.open_notes(together_max=1)
    for key in keys:
        note_last_use.note_last_use(*key, utc_now())
    await note_last_use.finish_noting_last_use()
    note_last_use.open_notes(together_max=note_last_use.TOGETHER_MAX)
    assert sent == [note_last_use._ONE_SQL] * 3
    assert await fetchval("SELECT count(last_used_at) FROM api_keys") == 3
