"""Lists that are ordered by an instant and an id: the part that is wanted, its SQL, its cursors, and how many rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from app.db.connection import fetch
from app.db.identifiers import parse_id
from app.db.where import Where
from app.kernel.checks import parse_instant
from app.kernel.cursor import decode_cursor, encode_cursors
from app.kernel.errors import Path

COUNT_MAX = 10_000
AFTER_PATH, BEFORE_PATH = ("after",), ("before",)
OLDEST_FIRST = "oldest first"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: `limit` items after one cursor or before another; `backward` takes the last ones."""

    limit: int
    after: str | None = None
    before: str | None = None
    backward: bool = False
    descending: bool = True

    @property
    def with_one_more(self) -> "Page":
        """The same page with one more item, which shows whether there are more."""
        return replace(self, limit=self.limit + 1)

    @property
    def is_resumed(self) -> bool:
        """Whether it goes on from a cursor."""
        return (self.before if self.backward else self.after) is not None

    @property
    def way(self) -> str:
        """In which order its rows are read, as SQL says it."""
        return "DESC" if self.descending is not self.backward else "ASC"

    @property
    def cursor(self) -> tuple[str | None, Path]:
        """The cursor that it goes on from, if any, and the argument that it came in."""
        return (self.before, BEFORE_PATH) if self.backward else (self.after, AFTER_PATH)

    def in_order(self, found: list[Found]) -> list[Found]:
        """What was read by `page_sql`, in the order of the list, whichever way it was paged."""
        return found[::-1] if self.backward else found


def page_sql(where: Where, page: Page, made_for: Any, *, instant: str = "created_at", row_id: str = "id") -> str:
    """Add the conditions of a page; the SQL for its order, by the columns `instant` and `row_id`, and its limit.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    for cursor, forward, path in ((page.after, True, AFTER_PATH), (page.before, False, BEFORE_PATH)):
        if cursor is not None:
            comparison = ">" if forward is not page.descending else "<"
            where.add(f"({instant}, {row_id}) {comparison} ({{}}, {{}})", *place_of(made_for, cursor, path))
    return f"{order_sql(page, instant=instant, row_id=row_id)} LIMIT {where.place(page.limit)}"


def order_sql(page: Page, *, instant: str = "created_at", row_id: str = "id") -> str:
    """The SQL for the order in which a page is read."""
    return f"ORDER BY {instant} {page.way}, {row_id} {page.way}"


def place_of(made_for: Any, cursor: str, path: Sequence[str] = AFTER_PATH) -> tuple[datetime, UUID]:
    """The instant and the id in a cursor of such a list.

    :raises Invalid: the cursor belongs to another list, order or filter.
    """
    instant, row_id = decode_cursor(made_for, cursor, [str, str], path=path)
    return parse_instant(instant, path), parse_id(row_id, path)


def cursors_of(made_for: Any, found: Iterable[Any], *, instant: str = "created_at") -> list[str]:
    """The cursors of these records, by their attribute `instant` and their ids."""
    return encode_cursors(made_for, ([getattr(one, instant).isoformat(), str(one.id)] for one in found))


def made_for(name: str, wanted: Any, *order: Any) -> list[Any]:
    """What the cursors of a list are bound to: its name, its order where there are several, and its filter."""
    given = {field: getattr(wanted, field) for field in type(wanted).__slots__}
    return [name, *order, {field: repr(value) for field, value in given.items() if value is not None}]


def made_for_either(name: str, wanted: Any, *, descending: bool) -> list[Any]:
    """What the cursors of a list are bound to that goes newest first, unless it is asked for the other way."""
    return made_for(name, wanted) if descending else made_for(name, wanted, OLDEST_FIRST)


async def count_rows(tables: str, where: Where) -> int | None:
    """How many rows meet the conditions, exact up to 10,000; None beyond."""
    rows = await fetch(
        f"SELECT count(*) AS n FROM (SELECT 1 FROM {tables} WHERE {where.sql} LIMIT {COUNT_MAX + 1}) AS counted",
        *where.arguments,
    )
    counted = int(rows[0]["n"])
    return counted if counted <= COUNT_MAX else None
