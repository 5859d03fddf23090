"""What a setting must be, in plain words instead of pydantic's, which speak of inputs and parsing."""

from collections.abc import Mapping
from typing import Any

_PATTERN = "string_pattern_mismatch"
_TOO_SHORT = "string_too_short"
_WANTED = {
    ("DATABASE_URL", _PATTERN): "it must begin with postgresql://",
    ("REDIS_URL", _PATTERN): "it must begin with redis://, rediss:// or unix://",
    ("QUAESTOR_SECRET_KEY", _TOO_SHORT): "it must have at least 32 characters",
    ("QUAESTOR_METRICS_KEY", _TOO_SHORT): "it must have at least 16 characters",
    ("QUAESTOR_METRICS_KEY", _PATTERN): "it must be of visible ASCII characters, without spaces",
    ("QUAESTOR_KAFKA_BOOTSTRAP_SERVERS", _PATTERN): "it must be written host:9092,host:9092, without spaces",
    ("QUAESTOR_ALLOWED_REQUEST_HEADERS", _PATTERN): "a header's name has letters, digits and hyphens",
}
_WANTED_OF_ANY = {
    "int_parsing": "it must be a whole number",
    "int_parsing_size": "it must be a shorter number",
    "float_parsing": "it must be a number",
    "finite_number": "it must be a number",
    "bool_parsing": "it must be true or false",
    "enum": "it must be {expected}",
    "literal_error": "it must be {expected}",
    "greater_than_equal": "it must be at least {ge}",
    "greater_than": "it must be more than {gt}",
    "less_than_equal": "it must be at most {le}",
    "less_than": "it must be less than {lt}",
    _TOO_SHORT: "it must have at least {min_length} characters",
    "string_too_long": "it must have at most {max_length} characters",
    "too_long": "it must have at most {max_length} values",
}


def what_is_wanted(setting: str, fault: str, limits: Mapping[str, Any]) -> str | None:
    """Plain words for a setting and pydantic's name of the fault with its limits; None if we have none."""
    own = _WANTED.get((setting, fault))
    if own is not None or fault not in _WANTED_OF_ANY:
        return own
    if fault == _TOO_SHORT and limits["min_length"] == 1:
        return "it must not be empty"
    return _WANTED_OF_ANY[fault].format_map({name: _as_written(limit) for name, limit in limits.items()})


def _as_written(limit: Any) -> Any:
    """7.0 as 7."""
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit
