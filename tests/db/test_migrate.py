"""Migrations: each once, in order, whole or not at all, whoever else is migrating."""

import asyncio

import asyncpg
import pytest

from app.db import migrate as module
from app.db.identifiers import new_id
from app.db.migrate import (
    Migration,
    MigrationBlocked,
    SchemaMismatch,
    ServerTooOld,
    held,
    migrate,
    migrations,
    pending,
)

pytestmark = pytest.mark.postgres15

NAMES = [migration.name for migration in migrations()]
NEEDED = [migration.name for migration in migrations() if not migration.is_held]


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


NEWEST = NAMES[-1][:4]


@pytest.mark.parametrize("look", [migrate, pending])
@pytest.mark.parametrize("safe_from", [None, f"{int(NEWEST) + 1:04}", "9999"])
async def test_refuses_a_newer_version_that_is_not_safe_for_this_one(fresh_url, connection, look, safe_from):
    await migrate(fresh_url)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ('9999_future', 'x', $1)", safe_from
    )

    with pytest.raises(SchemaMismatch, match="9999_future, which this version of Quaestor does not know"):
        await look(fresh_url)


@pytest.mark.parametrize("look", [migrate, pending])
@pytest.mark.parametrize("safe_from", [NEWEST, "0001"])
async def test_goes_on_with_a_newer_version_that_is_safe_for_this_one(fresh_url, connection, look, safe_from):
    await migrate(fresh_url)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ('9999_future', 'x', $1)", safe_from
    )

    assert await look(fresh_url) == []


async def test_refuses_a_migration_that_is_unknown_and_not_newer(fresh_url, connection):
    await migrate(fresh_url)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ('0001_other', 'x', '0001')"
    )

    with pytest.raises(SchemaMismatch, match="0001_other, which this version of Quaestor does not know"):
        await pending(fresh_url)


@pytest.mark.parametrize("look", [migrate, pending])
async def test_refuses_a_newer_version_whose_database_lacks_one_of_ours(fresh_url, connection, look):
    await migrate(fresh_url)
    await connection.execute("DELETE FROM schema_migrations WHERE name = $1", NEEDED[-1])
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ('9999_future', 'x', '0001')"
    )

    with pytest.raises(SchemaMismatch, match=f"9999_future of a newer version of Quaestor, but not {NEEDED[-1]}"):
        await look(fresh_url)


async def test_stores_what_each_migration_says_of_its_safety(fresh_url, connection, monkeypatch):
    later = [
        *migrations(),
        Migration("9998_safe", "-- Safe from: 0006\nCREATE TABLE later (id integer)"),
        Migration("9999_not", "SELECT 1 -- Safe from: 0006\n"),
    ]
    monkeypatch.setattr(module, "migrations", lambda: later)
    await migrate(fresh_url)

    rows = await connection.fetch("SELECT name, safe_from FROM schema_migrations WHERE name > '9' ORDER BY name")
    assert [tuple(row) for row in rows] == [("9998_safe", "0006"), ("9999_not", None)]


async def test_adds_the_column_of_safety_to_an_earlier_history(fresh_url, connection):
    await migrate(fresh_url)
    await connection.execute("ALTER TABLE schema_migrations DROP COLUMN safe_from")
    await connection.execute("DELETE FROM schema_migrations WHERE name = $1", NEEDED[-1])
    assert await pending(fresh_url) == [NEEDED[-1]]

    await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')")
    with pytest.raises(SchemaMismatch, match="9999_future"):  # And the column is read as empty meanwhile.
        await pending(fresh_url)
    with pytest.raises(SchemaMismatch, match="9999_future"):
        await migrate(fresh_url)
    assert await connection.fetchval("SELECT count(safe_from) FROM schema_migrations") == 0


async def test_lets_others_pass_while_it_waits_for_a_lock(fresh_url, connection, monkeypatch):
    """A reader in a long transaction holds up the migration; what others ask of the table goes on in between."""
    await migrate(fresh_url)
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(module, "LOCK_PAUSE_SECONDS", 0.01)
    changing = Migration("9999_later", "ALTER TABLE customers ADD COLUMN later integer")
    monkeypatch.setattr(module, "migrations", lambda: [*migrations(), changing])
    reading = connection.transaction()
    await reading.start()
    await connection.execute("SELECT FROM customers")
    migrating = asyncio.create_task(migrate(fresh_url))

    other = await asyncpg.connect(fresh_url)
    while not await other.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
        assert not migrating.done()
    await other.execute("SET lock_timeout = '60s'; INSERT INTO customers VALUES (gen_random_uuid(), 'Example', now())")
    assert not migrating.done()
    await reading.rollback()
    assert await migrating == ["9999_later"]
    assert await other.fetchval("SELECT later IS NULL FROM customers")
    await other.close()


async def test_gives_up_where_no_lock_is_to_be_had(fresh_url, connection, monkeypatch):
    await migrate(fresh_url)
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr(module, "LOCK_TRIES_SECONDS_MAX", 0)
    changing = Migration("9999_later", "CREATE TABLE first (); ALTER TABLE customers ADD COLUMN later integer")
    monkeypatch.setattr(module, "migrations", lambda: [*migrations(), changing])

    async with connection.transaction():
        await connection.execute("SELECT FROM customers")
        with pytest.raises(MigrationBlocked, match="9999_later got no lock in 0 s, and nothing of it was done"):
            await migrate(fresh_url)
    assert await connection.fetchval("SELECT to_regclass('first') IS NULL")
    assert await pending(fresh_url) == ["9999_later"]


@pytest.mark.parametrize("look", [migrate, pending])
async def test_refuses_a_server_that_is_too_old(fresh_url, connection, monkeypatch, look):
    monkeypatch.setattr(module, "SERVER_VERSION_MIN", 990_000)

    with pytest.raises(ServerTooOld, match=r"PostgreSQL \d+ is too old: Quaestor needs 15 or later"):
        await look(fresh_url)
    assert await connection.fetchval("SELECT to_regclass('schema_migrations') IS NULL")


async def test_runs_on_the_server_that_was_asked_for(connection, request):
    expected = 15 if request.config.getoption("--postgres-15") else 18
    assert connection.get_server_version().major == expected


HELD = Migration("9997_held", "-- Safe from: 0042\n-- Held\nCREATE TABLE held_back (id integer)")
LATER = Migration("9998_later", "-- Safe from: 0042\nCREATE TABLE later (id integer)")


@pytest.fixture
async def with_held(fresh_url, connection, monkeypatch):
    """A database with a customer, on which `HELD` and one after it are new."""
    await migrate(fresh_url)
    await connection.execute("INSERT INTO customers (customer_id, name, created_at) VALUES ($1, 'X', now())", new_id())
    monkeypatch.setattr(module, "migrations", lambda: [*migrations(), HELD, LATER])
    return fresh_url


async def test_holds_a_migration_back_until_it_is_called_to_finish(with_held, connection):
    assert (await pending(with_held), await held(with_held)) == (["9998_later"], ["9997_held"])
    assert await migrate(with_held) == ["9998_later"]
    assert await migrate(with_held) == []
    assert (await pending(with_held), await held(with_held)) == ([], ["9997_held"])
    assert await connection.fetchval("SELECT to_regclass('held_back') IS NULL")

    assert await migrate(with_held, finish=True) == ["9997_held"]
    assert (await pending(with_held), await held(with_held)) == ([], [])
    assert await connection.fetchval("SELECT to_regclass('held_back') IS NOT NULL")


async def test_holds_nothing_back_where_there_is_no_customer(with_held, connection):
    await connection.execute("DELETE FROM customers")
    assert await migrate(with_held) == ["9997_held", "9998_later"]


async def test_goes_on_with_a_newer_version_though_one_of_ours_is_held(with_held, connection):
    await migrate(with_held)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ('9999_newest', 'x', '0042')"
    )
    assert await pending(with_held) == []


async def test_holds_nothing_back_of_what_is_not_there(fresh_url):
    assert await held(fresh_url) == []


async def test_lets_no_version_serve_that_cannot_read_what_is_written_once_it_is_finished(fresh_url, monkeypatch):
    """The version before does not know 0043, so it is not ready, and refuses to migrate."""
    await migrate(fresh_url)
    earlier = [one for one in migrations() if one.number < "0043"]
    monkeypatch.setattr(module, "migrations", lambda: earlier)
    with pytest.raises(SchemaMismatch, match="0044_events_without_bodies, which this version of Quaestor does not"):
        await pending(fresh_url)
