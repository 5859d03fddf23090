"""The clock. Only doors and workers read it; logic takes `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """`2026-11-20T12:00:00.123456Z`: always UTC, always six digits."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
