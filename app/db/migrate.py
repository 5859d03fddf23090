"""Apply the numbered SQL files of `app/migrations`, one transaction each, one migrator at a time.

Why not Tortoise's migrations: see docs/decisions/0002-hand-written-sql-migrations.md.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:  # Only a type is wanted of it, and `quaestor dev` need not load the ORM.
    from app.db.connection import Connection

LOCK_KEY = 0x51_7561_6573  # "Quaes": one migrator at a time in one database.
SERVER_VERSION_MIN = 150_000

HISTORY_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, so that an edited one is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class SchemaMismatch(Exception):
    """The database's history is not ours: a migration was edited after it ran, or is unknown here (a newer version)."""


class ServerTooOld(Exception):
    """PostgreSQL is older than the oldest we support."""


def migrations() -> list[Migration]:
    """Every migration, in order."""
    folder = resources.files("app.migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


async def migrate(url: str) -> list[str]:
    """Bring the schema up to date; safe to run from many processes at once.

    Answers the names of the migrations applied now.

    :raises SchemaMismatch, ServerTooOld: nothing was changed.
    """
    applied: list[str] = []
    async with _migrator(url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        await connection.execute(HISTORY_TABLE)
        for migration in await _pending(connection):
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)",
                    migration.name,
                    migration.checksum,
                )
            applied.append(migration.name)
    return applied


async def pending(url: str) -> list[str]:
    """Names of the migrations that this database lacks.

    :raises SchemaMismatch: the database's history is not ours.
    """
    async with _migrator(url) as connection:
        return await pending_on(connection)


async def pending_on(connection: "Connection") -> list[str]:
    """Like `pending`, on a connection that is already open."""
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return [migration.name for migration in migrations()]
    return [migration.name for migration in await _pending(connection)]


@asynccontextmanager
async def _migrator(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    # The lock is the session's, so closing the connection always gives it back.
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
    applied = {row["name"]: row["checksum"] for row in await connection.fetch("SELECT * FROM schema_migrations")}
    for name, checksum in applied.items():
        if name not in known:
            message = f"The database has the migration {name}, which this version of Quaestor does not know."
            raise SchemaMismatch(message)
        if known[name].checksum != checksum:
            message = f"The migration {name} is not the one that this database was made with."
            raise SchemaMismatch(message)
    return [migration for name, migration in known.items() if name not in applied]
