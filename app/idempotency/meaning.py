"""The meaning of content, however it is written: `1.0` is the number 1."""

from collections.abc import Mapping, Sequence
from typing import Any

INTEGERS_BELOW = 2**63


_PLAIN = frozenset({str, int, bool, type(None)})
"""What most content is made of. Other types are looked at one by one, which costs ten times as much."""


def has_whole_floats(value: Any) -> bool:
    """Whether a JSON value contains a whole number written with a point or an exponent."""
    match value:
        case float():
            return _is_whole(value)
        case str():
            return False
        case Mapping():
            return any(has_whole_floats(item) for item in value.values() if type(item) not in _PLAIN)
        case Sequence():
            return any(has_whole_floats(item) for item in value if type(item) not in _PLAIN)
    return False


def meaning_of(value: Any) -> Any:
    """The same JSON value with such numbers as plain integers."""
    match value:
        case float() if _is_whole(value):
            return int(value)
        case str():
            return value
        case Mapping():
            return {key: meaning_of(item) for key, item in value.items()}
        case Sequence():
            return [meaning_of(item) for item in value]
    return value


def _is_whole(number: float) -> bool:
    """Whether it is a whole number of at most 64 bits: only those can be hashed as integers."""
    return number.is_integer() and abs(number) < INTEGERS_BELOW
