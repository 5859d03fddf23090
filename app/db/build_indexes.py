"""Migrations that build and drop indexes of large tables while others read and write them.

Such a file says `-- Concurrently` in its first lines. It is no transaction: each statement runs on its own, and takes
only a form that may run again. So a migration that was interrupted is started again from its beginning.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Only a type is needed, and `quaestor dev` must not load the ORM for it.
    from app.db.connection import Connection

BUILD = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS (\w+) ON ", re.ASCII)
DROP = re.compile(r"DROP INDEX CONCURRENTLY IF EXISTS \w+", re.ASCII)
_IS_BROKEN_SQL = "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"


async def build_indexes(connection: "Connection", sql: str) -> None:
    """Run each statement of such a file. It waits for transactions that are open, however long, and nobody waits for
    it. What a build that was interrupted left behind, an index that is not valid, is dropped first.
    """
    await connection.execute("SET lock_timeout = 0")
    await connection.execute("SET statement_timeout = 0")
    for statement in statements_of(sql):
        built = BUILD.match(statement)
        if built is not None and await connection.fetchval(_IS_BROKEN_SQL, built[1]):
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {built[1]}")
        await connection.execute(statement)


def statements_of(sql: str) -> list[str]:
    """The statements of a file, each on one line."""
    code = re.sub(r"--[^\n]*", "", sql)
    statements = [" ".join(statement.split()) for statement in code.split(";")]
    return [statement for statement in statements if statement]


def is_repeatable(statement: str) -> bool:
    """Whether a statement has a form that may run again, and beside others."""
    return BUILD.match(statement) is not None or DROP.fullmatch(statement) is not None
