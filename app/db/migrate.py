"""Apply the numbered SQL files of `app/migrations`, one transaction each, one migrator at a time.

Why not Tortoise's migrations: see docs/decisions/0002-hand-written-sql-migrations.md. From 0007 on, the first line of
each file says which versions it is safe for: see docs/decisions/0012-migrations-say-whom-they-are-safe-for.md. Lines
behind it may say `-- Concurrently` (see `build_indexes`), `-- Formerly: ` with the checksum of an earlier form of the
file, which had the same effect, and `-- Held`: it is for when no process of an earlier version runs any more.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import asyncpg

from app.db.build_indexes import build_indexes

if TYPE_CHECKING:  # Only a type is needed, and `quaestor dev` must not load the ORM for it.
    from app.db.connection import Connection

CONCURRENTLY = re.compile(r"^-- Concurrently$", re.MULTILINE)
HELD = re.compile(r"^-- Held$", re.MULTILINE)
FORMERLY = re.compile(r"^-- Formerly: ([0-9a-f]{64})$", re.MULTILINE)
LOCK_KEY = 0x51_7561_6573  # "Quaes": one migrator at a time in one database.
SERVER_VERSION_MIN = 150_000
NUMBER_DIGITS = 4
SAFE_FROM = re.compile(rf"-- Safe from: (\d{{{NUMBER_DIGITS}}})\n", re.ASCII)
# A migration that waits for a table's lock blocks all later requests for it. So it gives up soon, and tries again.
LOCK_TIMEOUT = "2s"
LOCK_PAUSE_SECONDS = 0.5
# How often another migrator's end is looked for. Whoever waits in a statement holds up builds of indexes.
TURN_PAUSE_SECONDS = 0.1
LOCK_TRIES_SECONDS_MAX = 300.0

HISTORY_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    safe_from text
)
"""
HAS_SAFE_FROM = """
SELECT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = 'schema_migrations'::regclass AND attname = 'safe_from'
)
"""
HAS_CUSTOMERS = "SELECT EXISTS (SELECT FROM customers)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, so that an edited one is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def checksums(self) -> frozenset[str]:
        """Its checksum, and those of its earlier forms."""
        return frozenset({self.checksum, *FORMERLY.findall(self.sql)})

    @property
    def is_concurrent(self) -> bool:
        """Whether it runs beside others, outside a transaction."""
        return CONCURRENTLY.search(self.sql) is not None

    @property
    def is_held(self) -> bool:
        """Whether it waits until the operator says that no process of an earlier version runs any more."""
        return HELD.search(self.sql) is not None

    @property
    def number(self) -> str:
        """Its four digits."""
        return self.name[:NUMBER_DIGITS]

    @property
    def safe_from(self) -> str | None:
        """The migration that a version must know to serve with this one applied; None: this one itself."""
        found = SAFE_FROM.match(self.sql)
        return found[1] if found else None


class SchemaMismatch(Exception):
    """The database's history is not ours: a migration was edited after it ran, or a newer version's migration changes
    what this version relies on.
    """


class MigrationBlocked(Exception):
    """A migration did not get the locks that it needs; it changed nothing."""


class ServerTooOld(Exception):
    """PostgreSQL is older than the oldest we support."""


def migrations() -> list[Migration]:
    """Every migration, in order."""
    folder = resources.files("app.migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


async def migrate(url: str, *, finish: bool = False) -> list[str]:
    """Bring the schema up to date, and answer the names of the migrations applied now. Many processes may run it at
    once, and while others serve.

    Held ones are applied only to `finish`, when no process of an earlier version runs any more, or where there is no
    customer yet: then there is nothing that such a process could misread.

    :raises SchemaMismatch, ServerTooOld: nothing was changed.
    :raises MigrationBlocked: the migrations before the blocked one were applied.
    """
    applied: list[str] = []
    async with _migrator(url) as connection:
        await _wait_for_turn(connection)
        await connection.execute(HISTORY_TABLE)
        if not await connection.fetchval(HAS_SAFE_FROM):
            await connection.execute("ALTER TABLE schema_migrations ADD COLUMN safe_from text")
        for migration in await _pending(connection):
            if migration.is_held and not finish and await connection.fetchval(HAS_CUSTOMERS):
                continue
            await _apply_patiently(connection, migration)
            applied.append(migration.name)
    return applied


async def _wait_for_turn(connection: "Connection") -> None:
    # It is another process's end that is waited for.
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):
        await _pause()


async def _pause() -> None:
    await asyncio.sleep(TURN_PAUSE_SECONDS)


async def _apply_patiently(connection: "Connection", migration: Migration) -> None:
    until = time.monotonic() + LOCK_TRIES_SECONDS_MAX
    while True:
        try:
            await _apply(connection, migration)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as problem:
            if time.monotonic() > until:
                raise MigrationBlocked(
                    f"The migration {migration.name} got no lock in {LOCK_TRIES_SECONDS_MAX:.0f} s, and nothing of it "
                    f"was done ({problem}). A transaction is open for that long: end it (see pg_stat_activity), and "
                    "run `quaestor migrate` again."
                ) from problem
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
        else:
            return


async def _apply(connection: "Connection", migration: Migration) -> None:
    if migration.is_concurrent:
        await build_indexes(connection, migration.sql)
        await _note(connection, migration)
        return
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.execute(migration.sql)
        await _note(connection, migration)


async def _note(connection: "Connection", migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ($1, $2, $3)",
        migration.name,
        migration.checksum,
        migration.safe_from,
    )


async def pending(url: str) -> list[str]:
    """Names of the migrations that this database lacks, without held ones: nobody needs those to serve.

    :raises SchemaMismatch: the database's history is not ours.
    """
    async with _migrator(url) as connection:
        return await pending_on(connection)


async def held(url: str) -> list[str]:
    """Names of the migrations that wait for `migrate` to be called to finish.

    :raises SchemaMismatch: the database's history is not ours.
    """
    async with _migrator(url) as connection:
        if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
            return []
        return [migration.name for migration in await _pending(connection) if migration.is_held]


async def pending_on(connection: "Connection") -> list[str]:
    """Like `pending`, on a connection that is already open."""
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return [migration.name for migration in migrations()]
    return [migration.name for migration in await _pending(connection) if not migration.is_held]


@asynccontextmanager
async def _migrator(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    # The lock belongs to the session, so closing the connection always releases it.
    connection = await asyncpg.connect(url, timeout=10, server_settings={"application_name": "quaestor-migrate"})
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        if version < SERVER_VERSION_MIN:
            message = f"PostgreSQL {version // 10_000} is too old: Quaestor needs 15 or later."
            raise ServerTooOld(message)
        yield connection
    finally:
        await connection.close(timeout=5)


async def _pending(connection: "Connection") -> list[Migration]:
    known = {migration.name: migration for migration in migrations()}
    applied = await connection.fetch("SELECT * FROM schema_migrations ORDER BY name")
    newer = [row for row in applied if row["name"] not in known]
    for row in newer:
        _refuse_unless_safe(row, newest=max(migration.number for migration in known.values()))
    for row in applied:
        if row["name"] in known and row["checksum"] not in known[row["name"]].checksums:
            message = f"The migration {row['name']} is not the one that this database was made with."
            raise SchemaMismatch(message)
    names = {row["name"] for row in applied}
    lacking = [migration for name, migration in known.items() if name not in names]
    needed = [migration for migration in lacking if not migration.is_held]
    if needed and newer:
        raise SchemaMismatch(
            f"The database has {newer[0]['name']} of a newer version of Quaestor, but not {needed[0].name}: "
            "run `quaestor migrate` of the newer one."
        )
    return lacking


def _refuse_unless_safe(row: asyncpg.Record, *, newest: str) -> None:
    """Refuse a migration of a newer version, unless it says that ours may go on."""
    safe_from = row.get("safe_from")  # A table made by an older `migrate` has no such column.
    is_newer = row["name"][:NUMBER_DIGITS] > newest
    if not is_newer or safe_from is None or safe_from > newest:
        raise SchemaMismatch(
            f"The database has the migration {row['name']}, which this version of Quaestor does not know, and with "
            "which it cannot serve: use the version that the database was migrated with, or a newer one."
        )
