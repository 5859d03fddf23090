"""Empties our tables between tests, which is most of what a short test costs."""

import asyncpg

from app.db.connection import pool

DELETED_BYTES_MAX = 8 * 8_192
"""A table larger than this is truncated: what is deleted stays in its files, and would be read again and again."""

# Patiently, whatever time-out a test has set. Whoever still writes is waited for, so that nothing appears afterwards.
_BEGIN = "SET LOCAL lock_timeout = '25s'; LOCK TABLE {all_tables} IN EXCLUSIVE MODE;"
_WRITTEN = """
    SELECT relname AS name, pg_relation_size(oid) AS bytes FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'
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


async def empty_all_tables() -> None:
    """Delete every row of every table of ours.

    To truncate all of them takes ten times as long: each table, and each of its indexes, would get new files.
    """
    for _ in range(DEADLOCKS_MAX):
        try:
            await _empty_all_tables()
        except asyncpg.DeadlockDetectedError:
            continue
        return
    await _empty_all_tables()


async def _empty_all_tables() -> None:
    async with pool().acquire() as connection, connection.transaction():
        names = [row["name"] for row in await connection.fetch(_WRITTEN)]
        await connection.execute(_BEGIN.format(all_tables=", ".join(names)))
        written = [row for row in await connection.fetch(_WRITTEN) if row["bytes"]]
        small = [row["name"] for row in written if row["bytes"] <= DELETED_BYTES_MAX]
        large = [row["name"] for row in written if row["bytes"] > DELETED_BYTES_MAX]
        statements = ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in small)]
        if large:
            statements.append(f"TRUNCATE {', '.join(large)} CASCADE")
        await connection.execute("; ".join(statements))
