"""What a setting must be, in plain words, where pydantic's own would show a pattern."""

_PATTERN = "string_pattern_mismatch"
_TOO_SHORT = "string_too_short"
_WANTED = {
    ("DATABASE_URL", _PATTERN): "it must begin with postgresql://",
    ("REDIS_URL", _PATTERN): "it must begin with redis://, rediss:// or unix://",
    ("QUAESTOR_SECRET_KEY", _TOO_SHORT): "it must have at least 32 characters",
    ("QUAESTOR_METRICS_KEY", _TOO_SHORT): "it must have at least 16 characters",
    ("QUAESTOR_METRICS_KEY", _PATTERN): "it must be of visible ASCII characters, without spaces",
    ("QUAESTOR_ALLOWED_REQUEST_HEADERS", _PATTERN): "a header's name has letters, digits and hyphens",
}


def what_is_wanted(setting: str, fault: str) -> str | None:
    """Plain words for a setting and pydantic's name of the fault; None if we have none."""
    return _WANTED.get((setting, fault))
