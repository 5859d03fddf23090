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
        return isinstance(whole, list) and all(any(contains(item, wanted) for item in whole) for wanted in part)
    # In Python 1 is True.
    return isinstance(whole, bool) is isinstance(part, bool) and bool(whole == part)


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
