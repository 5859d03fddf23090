"""One statement of many parts, one round trip: each part is written by the package that owns the table.

A package offers `add_…(statement, rows)`, which adds a part that writes all of the rows at once. A part's columns are
sent as its SQL types them: `$?::text::uuid[]` and alike as one text (`as_text`), `$?::text[]` and alike as an array,
which is empty if nobody has a value (`seldom`), and `$?` as it is.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction

_ARGUMENT = re.compile(r"\$\?")
_TYPED_ARGUMENT = re.compile(r"\$\?(::text(?=::\w+\[\]))?(::\w+\[\])?")


class Statement:
    """Named parts that run together: `$1` is the customer, `$2` the time, and each `$?` of a part one of its own
    arguments. A part sees the rows that other parts return, but nothing that they write.
    """

    def __init__(self, customer_id: UUID, now: datetime) -> None:
        self.customer_id = customer_id
        self.topics: set[str] = set()
        self._parts: list[tuple[str, str]] = []
        self._arguments: list[Any] = [customer_id, now]

    def add(self, name: str, sql: str, *columns: Any) -> None:
        """Add a part, with the columns, or values, for its `$?` in order."""
        self._parts.append((name, sql))
        self._arguments += sent(sql, columns)

    async def run(self, tx: Transaction) -> None:
        """Run all parts, and announce their topics once the transaction is committed."""
        await tx.execute(assembled(tuple(self._parts)), *self._arguments)
        tx.wake(self.topics)


@functools.cache
def assembled(parts: tuple[tuple[str, str], ...]) -> str:
    """The statement of these parts. There are only a few dozen different texts, since a part is there or not."""
    return f"WITH {named_parts(parts, first_number=3)} SELECT $1::uuid, $2::timestamptz"


def named_parts(parts: Iterable[tuple[str, str]], *, first_number: int) -> str:
    """These parts as they follow WITH, each `$?` numbered from `first_number` on."""
    numbers = itertools.count(first_number)
    return ", ".join(f"{name} AS ({_ARGUMENT.sub(lambda _: f'${next(numbers)}', sql)})" for name, sql in parts)


def sent(sql: str, columns: Sequence[Any]) -> list[Any]:
    """A part's columns as they are sent for its `$?`."""
    return [send(column) for send, column in zip(_senders(sql), columns, strict=True)]


@functools.cache
def _senders(sql: str) -> tuple[Callable[[Any], Any], ...]:
    return tuple(
        as_text if as_one_text else seldom if is_array else _as_it_is
        for as_one_text, is_array in _TYPED_ARGUMENT.findall(sql)
    )


def _as_it_is(value: Any) -> Any:
    return value


def rows_sql(types: str, columns: str) -> str:
    """Arrays as rows `n` of these columns and the customer. One that is sent as text has a type such as `text::uuid`.

    OFFSET 0 hides from the planner that all rows have the same customer, so it looks each row up by its whole key. On a
    table that it believes small, it would otherwise read all rows of that customer and compare.
    """
    arrays = ", ".join(f"$?::{one}[]" for one in types.split())
    return f"(SELECT $1::uuid AS customer_id, * FROM unnest({arrays}) AS n ({columns}) OFFSET 0) AS n"


def as_text(column: Iterable[object]) -> str:
    """A column as the text of an array, for `$?::text::uuid[]` and alike. None becomes NULL.

    Only for ids, numbers, truth values and names of ours, which need no quotes (an asset may be called `NULL`). The
    driver takes three times as long for an array, since it looks at each value for arrays in arrays.
    """
    return "{" + ",".join(["NULL" if value is None else str(value) for value in column]) + "}"


def seldom(column: list[Any]) -> list[Any]:
    """The column; empty if all of it is None: `unnest` fills short columns with NULL, and sending values costs time."""
    return [] if column.count(None) == len(column) else column
