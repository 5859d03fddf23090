"""Instants as options of commands take them."""

import re
from datetime import UTC, datetime, timedelta

from app.cli.exits import WrongUsage
from app.kernel.checks import INSTANT_MIN, check_instant, parse_date, parse_instant
from app.kernel.errors import Invalid

EARLIEST = INSTANT_MIN + timedelta(microseconds=1)
"""The earliest instant that has one before it, whose balance is asked for."""
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def instant_of(text: str, name: str) -> datetime:
    """The instant of an option, or the beginning in UTC of a date.

    :raises WrongUsage: it is neither; `name` is the option's.
    """
    try:
        if DATE.fullmatch(text):
            day = parse_date(text, ())
            instant = check_instant(datetime(day.year, day.month, day.day, tzinfo=UTC), ())
        else:
            instant = parse_instant(text, ())
    except Invalid as refusal:
        raise WrongUsage(
            f"{name} is {text!r}: give a date like 2026-11-01, or an instant like 2026-11-01T12:00:00Z, "
            "of the years 1970 to 9998."
        ) from refusal
    return max(instant, EARLIEST)
