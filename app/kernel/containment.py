"""Whether one JSON value contains another, judged as PostgreSQL's `@>` does for objects."""

from decimal import Decimal
from typing import Any


def contains(whole: Any, part: Any) -> bool:
    """Whether `whole` has all that `part` has. An object contains another one if it has each of its keys, with a value
    that contains the other's; a list, if each item of the other is contained in one of its own; anything else, if it is
    equal. Numbers are to be exact (`exact_json`).
    """
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and _contains_items(whole, part)
    return _with_type(whole) == _with_type(part)


def _contains_items(whole: list[Any], part: list[Any]) -> bool:
    nested = [wanted for wanted in part if isinstance(wanted, dict | list)]
    if len(nested) < len(part):
        plain = {_with_type(item) for item in whole if not isinstance(item, dict | list)}
        if not all(isinstance(wanted, dict | list) or _with_type(wanted) in plain for wanted in part):
            return False
    return all(any(contains(item, wanted) for item in whole) for wanted in nested)


def nested_items(value: Any) -> int:
    """How many objects and lists are items of lists in this value: each of them is looked for among all of a list."""
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    here = sum(isinstance(item, dict | list) for item in items) if isinstance(value, list) else 0
    return here + sum(map(nested_items, items))


def _with_type(value: Any) -> tuple[bool, Any]:
    """In Python 1 is True."""
    return isinstance(value, bool), value


def exact_json(value: Any) -> Any:
    """The same value, with each float as the decimal number that it is written as."""
    match value:
        case dict():
            return {key: exact_json(item) for key, item in value.items()}
        case list():
            return [exact_json(item) for item in value]
        case float():
            return Decimal(repr(value))
    return value
