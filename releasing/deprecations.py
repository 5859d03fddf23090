"""What is deprecated: since when, what to use instead, and until when it stays."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

MONTHS_KEPT = 12
"""For how long what is deprecated stays. `docs/versions.md` says the same."""
WORDING = re.compile(r"\b[Ss]ince (?P<since>\d{4}-\d{2}-\d{2}): use `(?P<replacement>[^`]+)`")
HOW_TO_SAY_IT = "say since when and what to use instead: Since 2026-12-01: use `replacement`."

Node: TypeAlias = dict[str, Any]
"""A part of a JSON document."""


@dataclass(frozen=True)
class Deprecation:
    """What a deprecation says."""

    since: date
    replacement: str

    def is_over(self, today: date) -> bool:
        """Whether what it is about may be taken away."""
        years, month = divmod(self.since.month - 1 + MONTHS_KEPT, 12)
        # The first of the next month where the day does not exist, so nothing goes a day early.
        day = self.since.replace(day=1, year=self.since.year + years, month=month + 1)
        return today.toordinal() >= day.toordinal() + self.since.day - 1


def read_deprecation(text: str | None) -> Deprecation | None:
    """The deprecation that a reason or a description tells of; None if it tells of none that is well said."""
    found = WORDING.search(text or "")
    if found is None:
        return None
    try:
        return Deprecation(date.fromisoformat(found["since"]), found["replacement"])
    except ValueError:
        return None


def without_ended(document: Node, today: date) -> Node:
    """A JSON document without the parts whose deprecation is over: operations, parameters, properties and messages."""
    kept: Node = _without_ended(document, today)
    return kept


def _without_ended(value: Any, today: date) -> Any:
    if isinstance(value, list):
        return [_without_ended(one, today) for one in value if not _has_ended(one, today)]
    if not isinstance(value, dict):
        return value
    gone = {name for name, one in value.items() if _has_ended(one, today)}
    for name in value.get("properties", {}):
        if _has_ended(value["properties"][name], today):
            value = {**value, "required": [one for one in value.get("required", ()) if one != name]}
    return {name: _without_ended(one, today) for name, one in value.items() if name not in gone}


def _has_ended(value: Any, today: date) -> bool:
    if not isinstance(value, dict) or value.get("deprecated") is not True:
        return False
    told = read_deprecation(value.get("description"))
    return told is not None and told.is_over(today)


def deprecated_parts(document: Node) -> Iterator[tuple[str, Node]]:
    """Each part of a JSON document that is marked as deprecated, with its place: `paths./v1/x.get`."""
    yield from _deprecated_parts(document, "")


def _deprecated_parts(value: Any, place: str) -> Iterator[tuple[str, Node]]:
    if isinstance(value, dict):
        if value.get("deprecated") is True:
            yield place.lstrip("."), value
        for name, one in value.items():
            yield from _deprecated_parts(one, f"{place}.{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _deprecated_parts(one, f"{place}.{_name_in_list(one, number)}")


def _name_in_list(one: Any, number: int) -> str:
    return one["name"] if isinstance(one, dict) and isinstance(one.get("name"), str) else str(number)
