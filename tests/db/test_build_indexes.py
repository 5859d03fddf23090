"""Indexes of tables that are in use: others write meanwhile, and a build that was interrupted is made good."""

import asyncio

import asyncpg
import pytest

from app.db import migrate as module
from app.db.build_indexes import is_repeatable, statements_of
from app.db.migrate import Migration, migrate, migrations, pending

pytestmark = pytest.mark.postgres15

BUILDING = """-- Safe from: 0006
-- Concurrently
-- One; two.
CREATE INDEX CONCURRENTLY IF NOT EXISTS later_name
    ON customers (name);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS later_both ON customers (name, customer_id);
DROP INDEX CONCURRENTLY IF EXISTS later_gone;
"""
STATE = """
    SELECT c.relname, i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE c.relname LIKE 'later%' ORDER BY 1
"""
WAITS = "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%')"
INSERT = "INSERT INTO customers VALUES (gen_random_uuid(), 'Example', now())"


@pytest.fixture
async def connection(fresh_url, monkeypatch):
    """A database in which an index is to be built next."""
    await migrate(fresh_url)
    known = [*migrations(), Migration("9999_later", BUILDING)]
    monkeypatch.setattr(module, "migrations", lambda: known)
    opened = await asyncpg.connect(fresh_url)
    await opened.execute("CREATE INDEX later_gone ON customers (created_at)")
    yield opened
    await opened.close()


async def state(connection):
    return [tuple(row) for row in await connection.fetch(STATE)]


async def until(connection, question, task):
    while not await connection.fetchval(question):
        assert not task.done(), task
        await asyncio.sleep(0.01)


async def test_builds_while_others_write(fresh_url, connection):
    writing = connection.transaction()
    await writing.start()
    await connection.execute(INSERT)
    migrating = asyncio.create_task(migrate(fresh_url))
    other = await asyncpg.connect(fresh_url)
    await until(other, WAITS, migrating)

    await other.execute(f"SET lock_timeout = '1s'; {INSERT}")

    assert not migrating.done()
    await writing.commit()
    assert await migrating == ["9999_later"]
    assert await state(other) == [("later_both", True), ("later_name", True)]
    assert await other.fetchval("SELECT safe_from FROM schema_migrations WHERE name = '9999_later'") == "0006"
    assert await migrate(fresh_url) == []
    await other.close()


async def test_makes_good_what_was_interrupted(fresh_url, connection):
    writing = connection.transaction()
    await writing.start()
    await connection.execute(INSERT)
    migrating = asyncio.create_task(migrate(fresh_url))
    other = await asyncpg.connect(fresh_url)
    await until(other, WAITS, migrating)
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'quaestor-migrate'"
    )
    with pytest.raises(asyncpg.PostgresError):
        await migrating
    await writing.commit()
    assert await state(other) == [("later_gone", True), ("later_name", False)]
    assert await pending(fresh_url) == ["9999_later"]

    assert await migrate(fresh_url) == ["9999_later"]

    assert await state(other) == [("later_both", True), ("later_name", True)]
    await other.close()


async def test_goes_on_where_others_wait_for_their_turn(fresh_url, connection):
    writing = connection.transaction()
    await writing.start()
    await connection.execute(INSERT)
    all_migrating = asyncio.gather(*(migrate(fresh_url) for _ in range(4)))
    other = await asyncpg.connect(fresh_url)
    await until(other, WAITS, all_migrating)
    await writing.commit()

    assert sorted(await all_migrating, key=len) == [[], [], [], ["9999_later"]]
    await other.close()


def test_reads_statements_without_comments():
    assert statements_of(BUILDING) == [
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS later_name ON customers (name)",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS later_both ON customers (name, customer_id)",
        "DROP INDEX CONCURRENTLY IF EXISTS later_gone",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY a ON b (c)",
        "CREATE INDEX IF NOT EXISTS a ON b (c)",
        "DROP INDEX IF EXISTS a",
        "DROP INDEX CONCURRENTLY a",
        "DROP INDEX CONCURRENTLY IF EXISTS a, b",
        "ALTER TABLE a ADD COLUMN b integer",
    ],
)
def test_knows_what_may_run_again(statement):
    assert not is_repeatable(statement)
    assert all(map(is_repeatable, statements_of(BUILDING)))
