"""What commands print on standard output: text for people, or JSON for scripts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from app.kernel.clock import rfc3339

COLUMN_GAP = "  "


def print_data(data: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print one answer: `data` as JSON on one line, or `text`."""
    print(_json(data) if as_json else text)


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, if_none: str) -> None:
    """Print a list: a JSON array of all fields, or a table of `columns`, or `if_none` when there are no rows."""
    if as_json:
        print(_json(list(rows)))
        return
    if not rows:
        print(if_none)
        return
    table = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in table) for index in range(len(columns))]
    for line in table:
        print(COLUMN_GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def instant_text(value: datetime | None) -> str | None:
    """An instant as rows show it; None where there is none."""
    return None if value is None else rfc3339(value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case list() | tuple() | set():
            return ", ".join(str(part) for part in value)
    return str(value)


def _json(data: Any) -> str:
    return orjson.dumps(data, default=str).decode()
