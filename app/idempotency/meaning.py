"""What content means, whatever way it is written: `1.0` is the number 1."""

from collections.abc import Mapping, Sequence
from typing import Any


def has_whole_floats(value: Any) -> bool:
    """Whether a JSON value holds a whole number that is written with a point or an exponent."""
    match value:
        case float():
            return value.is_integer()
        case str():
            return False
        case Mapping():
            return any(has_whole_floats(item) for item in value.values())
        case Sequence():
            return any(has_whole_floats(item) for item in value)
    return False


def meaning_of(value: Any) -> Any:
    """The same JSON value with such numbers as plain integers."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case str():
            return value
        case Mapping():
            return {key: meaning_of(item) for key, item in value.items()}
        case Sequence():
            return [meaning_of(item) for item in value]
    return value
