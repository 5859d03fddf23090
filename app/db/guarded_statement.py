"""One statement that commits by itself, and decides by itself whether it may: one round trip."""

import functools
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.db.connection import by_key_pool
from app.db.not_written import naming_refused_writes
from app.db.notifications import announce
from app.db.statement import Statement, named_parts

NOT_YET = datetime(9998, 12, 31, tzinfo=UTC)
"""Stands for the time until the statement has taken it."""
INSTANT_LATER = "\x01"
"""Stands for the time within a JSON text, which contains no such character by itself. See `INSTANT_SQL`."""
INSTANT_SQL = "replace({}, chr(1), instant)"
"""A text of a part with the time in its place."""
_BEHIND_GUARD = (
    (re.compile(r"\$2(?!\d)"), "(SELECT at FROM guard)"),
    (re.compile(r"FROM unnest\("), "FROM guard CROSS JOIN unnest("),
)


class GuardedStatement(Statement):
    """Parts that stand behind a guard: a part named `guard`, which answers one row, or raises and so undoes everything.

    Its row has the time (`at`), and the same as RFC 3339 (`instant`). Each row that another part takes from its
    arguments is joined with it, so nothing is written before the guard has let it through.
    """

    def __init__(self, customer_id: UUID) -> None:
        super().__init__(customer_id, NOT_YET)
        del self._arguments[1]
        self._first: list[tuple[str, str]] = []

    def add_first(self, name: str, sql: str, *arguments: Any) -> None:
        """Add a part that the guard reads, or the guard itself; before all others."""
        assert not self._parts, "what the guard reads comes before what stands behind it"
        self._first.append((name, sql))
        self._arguments += arguments

    async def run_alone(self) -> datetime:
        """Run all parts, announce their topics, and answer the time.

        :raises NotWritten: the database takes no writes now.
        """
        sql = assembled_behind_guard(tuple(self._first), tuple(self._parts))
        with naming_refused_writes():
            at: datetime = await by_key_pool().fetchval(sql, *self._arguments)
        announce(self.topics)
        return at


@functools.cache
def assembled_behind_guard(first: tuple[tuple[str, str], ...], parts: tuple[tuple[str, str], ...]) -> str:
    """The statement of these parts. There are only a few different texts."""
    behind = [(name, _behind_guard(sql)) for name, sql in parts]
    return f"WITH {named_parts([*first, *behind], first_number=2)} SELECT at FROM guard"


def _behind_guard(sql: str) -> str:
    for pattern, replacement in _BEHIND_GUARD:
        sql = pattern.sub(replacement, sql)
    return sql
