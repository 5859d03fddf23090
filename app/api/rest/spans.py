"""Spans of time as REST asks for them: by dates or instants, both ends included."""

from datetime import UTC, datetime, time, timedelta

from app.kernel.checks import INSTANT_MAX, INSTANT_MIN, parse_date, parse_instant, refuse
from app.kernel.errors import Path

INSTANT_STEP = timedelta(microseconds=1)
DATE_CHARACTERS = 10


def begin_of(text: str | None, path: Path) -> datetime | None:
    """The instant itself, or the first one of a date in UTC, but none before 1970.

    :raises Invalid: neither a date nor an instant.
    """
    if text is None:
        return None
    if len(text) == DATE_CHARACTERS:
        return max(datetime.combine(parse_date(text, path), time(), UTC), INSTANT_MIN)  # Nothing is older.
    return parse_instant(text, path)


def span_of(
    since: str | None, until: str | None, since_path: Path, until_path: Path
) -> tuple[datetime | None, datetime | None]:
    """From the first instant to the one after the last, of dates or instants that both belong to it.

    :raises Invalid: one is neither a date nor an instant, or it ends before it begins.
    """
    begin, end = begin_of(since, since_path), end_of(until, until_path)
    if begin is not None and end is not None and end <= begin:
        refuse(f"This is before `{since_path[0]}`: nothing is between them.", until_path)
    return begin, end


def end_of(text: str | None, path: Path) -> datetime | None:
    """The first instant after this one, or after a date in UTC.

    :raises Invalid: neither a date nor an instant.
    """
    begin = begin_of(text, path)
    if text is None or begin is None:
        return None
    step = timedelta(days=1) if len(text) == DATE_CHARACTERS else INSTANT_STEP
    return min(begin, INSTANT_MAX - step) + step
