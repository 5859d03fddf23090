"""Empties our tables between tests, which is most of what a short test costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.db.connection import pool

DELETED_BYTES_MAX = 8 * 8_192
"""A table larger than this is truncated: what is deleted stays in its files, and would be read again and again."""

# Patiently, whatever time-out a test has set. Whoever still writes is waited for, so that nothing appears afterwards.
_BEGIN = "SET LOCAL lock_timeout = '25s'; LOCK TABLE {all_tables} IN EXCLUSIVE MODE;"
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'
"""
_FILLED = """
    SELECT '{name}' AS name, bytes FROM pg_relation_size('{name}') AS bytes
    WHERE bytes > 0 AND (bytes > {deleted_bytes_max} OR EXISTS (SELECT FROM {name}))
"""
DEADLOCKS_MAX = 4


async def prepare_server(superuser_url: str) -> None:
    """Let the role of the tests put triggers and foreign keys aside: deletions would be refused, or slow.

    And nothing vacuums by itself: it would hold up whoever truncates, and change plans in the midst of a test.
    """
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute("GRANT SET ON PARAMETER session_replication_role TO quaestor")
        await connection.execute("ALTER SYSTEM SET autovacuum = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


class _Emptier:
    """A connection for nothing else, with the triggers always aside: whenever that is changed, PostgreSQL forgets all
    plans of a connection, and those of the pool are used again by the next test.
    """

    def __init__(self, url: str) -> None:
        self.loop = asyncio.get_running_loop()
        self._url = url
        self._connection: asyncpg.Connection | None = None

    async def connection(self) -> asyncpg.Connection:
        """The connection, or another one if a test has ended it."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
            await self._connection.execute("SET session_replication_role = replica")
        return self._connection

    async def close(self) -> None:
        """Close it."""
        if self._connection is not None:
            await self._connection.close()


_emptiers: dict[str, _Emptier] = {}


@asynccontextmanager
async def emptied_over_one_connection(url: str) -> AsyncIterator[None]:
    """During the block, the tables of this database are emptied over one connection."""
    _emptiers[url] = emptier = _Emptier(url)
    yield
    del _emptiers[url]
    await emptier.close()


async def empty_all_tables() -> None:
    """Delete every row of every table of ours in the database of the process's pool.

    To truncate all of them takes many times as long: each table, and each of its indexes, would get new files. Even to
    delete from all that were ever written takes longer than to ask which of them have rows.
    """
    (url,) = pool()._connect_args
    for _ in range(DEADLOCKS_MAX):
        try:
            await _empty_all_tables(url)
        except (asyncpg.DeadlockDetectedError, asyncpg.PostgresConnectionError):
            continue
        return
    await _empty_all_tables(url)


async def empty_tables_of(url: str) -> None:
    """The same for any database of ours, over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await _empty_over(connection)
    finally:
        await connection.close()


async def _empty_all_tables(url: str) -> None:
    emptier = _emptiers.get(url)
    if emptier is not None and emptier.loop is asyncio.get_running_loop():
        await _empty_over(await emptier.connection())
    else:
        async with pool().acquire() as connection:
            await _empty_over(connection)


async def _empty_over(connection: Any) -> None:
    async with connection.transaction():
        names = sorted(row["relname"] for row in await connection.fetch(_TABLES))
        await connection.execute(_BEGIN.format(all_tables=", ".join(names)))
        asked = (_FILLED.format(name=name, deleted_bytes_max=DELETED_BYTES_MAX) for name in names)
        filled = await connection.fetch(" UNION ALL ".join(asked))
        small = [row["name"] for row in filled if row["bytes"] <= DELETED_BYTES_MAX]
        large = [row["name"] for row in filled if row["bytes"] > DELETED_BYTES_MAX]
        statements = ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in small)]
        if large:
            statements.append(f"TRUNCATE {', '.join(large)} CASCADE")
        await connection.execute("; ".join(statements))
