"""One statement of many parts, each written by the package whose table it is: one round trip, however much it writes.

A package offers `add_…(statement, rows)`, which adds a part that writes all of the rows at once.
"""

import functools
import itertools
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction

_ARGUMENT = re.compile(r"\$\?")


class Statement:
    """Named parts that are carried out together: `$1` is the customer, `$2` the time, and each `$?` of a part an
    argument of its own. Parts see the rows that other parts return, and nothing that they write.
    """

    def __init__(self, customer_id: UUID, now: datetime) -> None:
        self.customer_id = customer_id
        self.topics: set[str] = set()
        self._parts: list[tuple[str, str]] = []
        self._arguments: list[Any] = [customer_id, now]

    def add(self, name: str, sql: str, *arguments: Any) -> None:
        """Add a part, with the arguments of its places in their order."""
        self._parts.append((name, sql))
        self._arguments += arguments

    async def run(self, tx: Transaction) -> None:
        """Carry out all parts, and announce their topics once the transaction is committed."""
        await tx.execute(assembled(tuple(self._parts)), *self._arguments)
        tx.wake(self.topics)


@functools.cache
def assembled(parts: tuple[tuple[str, str], ...]) -> str:
    """The statement of these parts: a few dozen texts in all, since a part is there or not."""
    numbers = itertools.count(3)
    named = ", ".join(f"{name} AS ({_ARGUMENT.sub(lambda _: f'${next(numbers)}', sql)})" for name, sql in parts)
    return f"WITH {named} SELECT $1::uuid, $2::timestamptz"


def rows_sql(types: str, columns: str) -> str:
    """Arrays as rows `n` of these columns and the customer.

    OFFSET 0 keeps the planner from seeing that they all have the same customer, so that it looks each row up by its
    whole key. As long as it knows few rows of a table, it would read all of that customer's and compare.
    """
    arrays = ", ".join(f"$?::{one}[]" for one in types.split())
    return f"(SELECT $1::uuid AS customer_id, * FROM unnest({arrays}) AS n ({columns}) OFFSET 0) AS n"


def seldom(column: list[Any]) -> list[Any]:
    """Nothing, where all of it is None: `unnest` fills short columns with NULL, and each value sent costs."""
    return [] if column.count(None) == len(column) else column
