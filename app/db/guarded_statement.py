"""One statement that commits by itself, and decides by itself whether it may: one round trip, for several customers."""

import functools
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.db.connection import by_key_pool
from app.db.not_written import naming_refused_writes
from app.db.notifications import announce
from app.db.statement import Statement, named_parts, sent

NOT_YET = datetime(9998, 12, 31, tzinfo=UTC)
"""Stands for the time until the statement has taken it."""
INSTANT_LATER = "\x01"
"""Stands for the time within a JSON text, which contains no such character by itself. See `INSTANT_SQL`."""
INSTANT_SQL = "replace({}, chr(1), instant)"
"""A text of a part with the time in its place."""
_BEHIND_GUARD = (
    (re.compile(r"\$2(?!\d)"), "(SELECT at FROM guard)"),
    (re.compile(r"\$1::uuid AS customer_id, \*"), "*"),
    (re.compile(r"\$1(?!\d)"), "customer_id"),
    (re.compile(r"FROM unnest\("), "FROM guard CROSS JOIN unnest($?::text::uuid[], "),
    (re.compile(r" AS n \("), " AS n (customer_id, "),
)


class _Part:
    """A part, and its columns as far as they are known: the first is the customer of each row."""

    __slots__ = ("columns", "sql")

    def __init__(self, sql: str, columns: list[list[Any]]) -> None:
        self.sql = sql
        self.columns = columns


class GuardedStatement(Statement):
    """Parts that stand behind a guard: a part named `guard`, which answers one row, or raises and so undoes everything.

    Its row has the time (`at`), and the same as RFC 3339 (`instant`). Each row that another part takes from its columns
    is joined with it, so nothing is written before the guard has let it through.

    Rows are added customer by customer: `customer_id` says whose the next ones are. A part takes its rows `n` from
    `unnest`, and its `$1` is the customer of the row.
    """

    def __init__(self) -> None:
        self.topics = set()
        self._first: dict[str, _Part] = {}
        self._behind: dict[str, _Part] = {}

    def of(self, customer_id: UUID) -> None:
        """What is added next is this customer's."""
        self.customer_id = customer_id
        self._customer = str(customer_id)

    def add(self, name: str, sql: str, *columns: Any) -> None:
        """Add a part, or more rows of it."""
        self._extend(self._behind, name, sql, columns)

    def add_first(self, name: str, sql: str, *columns: Any) -> None:
        """Add a part that the guard reads, or the guard itself, or more rows of it. Its first `$?` is the customers."""
        self._extend(self._first, name, sql, columns)

    def _extend(self, parts: dict[str, _Part], name: str, sql: str, columns: tuple[Any, ...]) -> None:
        if columns:
            columns = ([self._customer] * len(columns[0]), *columns)
        part = parts.get(name)
        if part is None:
            parts[name] = _Part(sql, [list(column) for column in columns])
            return
        assert part.sql == sql, "all rows of a part are written alike"
        for column, more in zip(part.columns, columns, strict=True):
            column.extend(more)

    async def run_alone(self) -> datetime:
        """Run all parts, announce their topics, and answer the time.

        :raises NotWritten: the database takes no writes now.
        """
        sql = assembled_behind_guard(
            tuple((name, part.sql) for name, part in self._first.items()),
            tuple((name, part.sql) for name, part in self._behind.items()),
        )
        arguments = [one for part in self._first.values() for one in sent(part.sql, part.columns)]
        arguments += [one for part in self._behind.values() for one in sent(_behind_guard(part.sql), part.columns)]
        with naming_refused_writes():
            at: datetime = await by_key_pool().fetchval(sql, *arguments)
        announce(self.topics)
        return at


@functools.cache
def assembled_behind_guard(first: tuple[tuple[str, str], ...], parts: tuple[tuple[str, str], ...]) -> str:
    """The statement of these parts. There are only a few different texts."""
    behind = [(name, _behind_guard(sql)) for name, sql in parts]
    return f"WITH {named_parts([*first, *behind], first_number=1)} SELECT at FROM guard"


@functools.cache
def _behind_guard(sql: str) -> str:
    for pattern, replacement in _BEHIND_GUARD:
        sql = pattern.sub(replacement, sql)
    return sql
