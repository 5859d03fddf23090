"""Records made of rows."""

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from app.db.connection import Record

Kind = TypeVar("Kind")


def record_of(kind: type[Kind], row: Record, **made: Any) -> Kind:
    """A dataclass of this kind: its fields are the row's columns of the same names, except those that are `made`."""
    names = _names(kind)  # type: ignore[arg-type]  # a class is hashable
    return kind(**{name: row[name] for name in names if name not in made}, **made)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
