"""Migrations: each once, in order, whole or not at all, whoever else is migrating."""

import asyncio

import asyncpg
import pytest

from app.db import migrate as module
from app.db.migrate import Migration, SchemaMismatch, ServerTooOld, migrate, migrations, pending

pytestmark = pytest.mark.postgres15

NAMES = [migration.name for migration in migrations()]


@pytest.fixture
async def connection(fresh_url):
    opened = await asyncpg.connect(fresh_url)
    yield opened
    await opened.close()


async def applied_names(connection):
    return [
        row["name"] for row in await connection.fetch("SELECT name FROM schema_migrations ORDER BY applied_at, name")
    ]


def test_numbers_its_files_without_gaps():
    assert NAMES[:3] == ["0001_foundation", "0002_webhooks", "0003_simulator"]
    assert [int(name[:4]) for name in NAMES] == list(range(1, len(NAMES) + 1))


async def test_applies_every_migration_to_an_empty_database(fresh_url, connection):
    assert await pending(fresh_url) == NAMES
    assert await migrate(fresh_url) == NAMES
    assert await pending(fresh_url) == []
    assert await migrate(fresh_url) == []
    assert await applied_names(connection) == NAMES


async def test_looking_changes_nothing(fresh_url, connection):
    await pending(fresh_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


async def test_applies_each_once_when_eight_migrate_at_the_same_time(fresh_url, connection):
    answers = await asyncio.gather(*(migrate(fresh_url) for _ in range(8)))

    assert sorted(answers, key=len) == [[]] * 7 + [NAMES]
    assert await applied_names(connection) == NAMES


async def test_applies_only_what_is_new(fresh_url, connection, monkeypatch):
    await migrate(fresh_url)
    later = [*migrations(), Migration("9999_later", "CREATE TABLE later (id integer)")]
    monkeypatch.setattr(module, "migrations", lambda: later)

    assert await pending(fresh_url) == ["9999_later"]
    assert await migrate(fresh_url) == ["9999_later"]
    assert await connection.fetchval("SELECT to_regclass('later') IS NOT NULL")


async def test_leaves_nothing_of_a_migration_that_fails(fresh_url, connection, monkeypatch):
    broken = Migration("9999_broken", "CREATE TABLE half (id integer); CREATE TABLE half (id integer)")
    monkeypatch.setattr(module, "migrations", lambda: [Migration("0001_fine", "CREATE TABLE fine ()"), broken])

    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(fresh_url)

    assert await applied_names(connection) == ["0001_fine"]
    assert await connection.fetchval("SELECT to_regclass('half') IS NULL")
    assert await pending(fresh_url) == ["9999_broken"]


@pytest.mark.parametrize("look", [migrate, pending])
async def test_refuses_a_database_made_with_an_edited_migration(fresh_url, connection, look):
    await migrate(fresh_url)
    await connection.execute("UPDATE schema_migrations SET checksum = 'other' WHERE name = '0002_webhooks'")

    with pytest.raises(SchemaMismatch, match="0002_webhooks is not the one"):
        await look(fresh_url)


@pytest.mark.parametrize("look", [migrate, pending])
async def test_refuses_a_database_of_a_newer_version(fresh_url, connection, look):
    await migrate(fresh_url)
    await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')")

    with pytest.raises(SchemaMismatch, match="9999_future, which this version of Quaestor does not know"):
        await look(fresh_url)


@pytest.mark.parametrize("look", [migrate, pending])
async def test_refuses_a_server_that_is_too_old(fresh_url, connection, monkeypatch, look):
    monkeypatch.setattr(module, "SERVER_VERSION_MIN", 990_000)

    with pytest.raises(ServerTooOld, match=r"PostgreSQL \d+ is too old: Quaestor needs 15 or later"):
        await look(fresh_url)
    assert await connection.fetchval("SELECT to_regclass('schema_migrations') IS NULL")


async def test_runs_on_the_server_that_was_asked_for(connection, request):
    expected = 15 if request.config.getoption("--postgres-15") else 18
    assert connection.get_server_version().major == expected
