"""Checks of what callers send. Each refusal names the path and says what to change."""

import contextlib
import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from typing import Any, NoReturn, cast

from app.kernel.countries import COUNTRIES
from app.kernel.errors import Invalid

TEXT_CHARACTERS_MAX = 255
METADATA_BYTES_MAX = 16_384
METADATA_DEPTH_MAX = 10
METADATA_KEYS_MAX = 200
METADATA_NUMBERS_BELOW = 2**63
INSTANT_MIN = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT_MAX = datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
PAGE_SIZE_MAX = 1_000
FILTER_VALUES_MAX = 1_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_FINER_ZEROS = re.compile(r"(\.\d{6})0+(?!\d)", re.ASCII)
MICROSECOND_CHARACTERS = len(".123456")
_FINER = re.compile(r"\.\d{7}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

Metadata = dict[str, Any]


def refuse(message: str, path: Sequence[str]) -> NoReturn:
    """Refuse an argument."""
    raise Invalid(message, path=path)


def check_count(values: Sequence[Any], path: Sequence[str]) -> None:
    """At most `FILTER_VALUES_MAX` values in one list."""
    if len(values) > FILTER_VALUES_MAX:
        refuse(f"At most {FILTER_VALUES_MAX:,} values; these are {len(values):,}.", path)


def check_known(values: Sequence[str], known: Sequence[str], path: Sequence[str]) -> tuple[str, ...]:
    """These values, all of them known."""
    check_count(values, path)
    for index, value in enumerate(values):
        if value not in known:
            refuse(f"There is no such value: give one of {', '.join(known)}.", (*path, str(index)))
    return tuple(values)


def parse_date(text: str, path: Sequence[str]) -> date:
    """An ISO 8601 calendar date."""
    if _DATE.fullmatch(text):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text)
    refuse("A date is written like 1987-04-01 and must exist.", path)


def parse_instant(text: str, path: Sequence[str]) -> datetime:
    """An RFC 3339 instant from 1970 to 9998, in UTC, of whole microseconds: a finer one is refused, never cut."""
    parsed = None
    if form := _INSTANT.fullmatch(text):
        whole = text.upper()
        is_finer = form[1] is not None and len(form[1]) > MICROSECOND_CHARACTERS
        if is_finer and _FINER.search(whole := _FINER_ZEROS.sub(r"\1", whole)):
            refuse("An instant has at most six decimals of a second, microseconds: leave out what is finer.", path)
        with contextlib.suppress(ValueError, OverflowError):
            parsed = datetime.fromisoformat(whole).astimezone(UTC)
    if parsed is None:
        refuse("An instant is RFC 3339 with its zone, like 2026-11-20T12:00:00Z, and must exist.", path)
    return check_instant(parsed, path)


def check_instant(instant: datetime, path: Sequence[str]) -> datetime:
    """Between `INSTANT_MIN` and `INSTANT_MAX`: the last microsecond of 9999 is infinity to the database's driver."""
    if instant < INSTANT_MIN:
        refuse("Instants are of the years 1970 to 9998, in UTC: the earliest is 1970-01-01T00:00:00Z.", path)
    if instant > INSTANT_MAX:
        refuse("Instants are of the years 1970 to 9998, in UTC: for never, leave it out.", path)
    return instant


def check_text(text: str, path: Sequence[str], *, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    """Text that is not blank, not too long, and free of control characters and lone surrogates; stripped."""
    stripped = text.strip()
    if not stripped:
        refuse("This text is blank: give it at least one character.", path)
    if len(stripped) > characters_max:
        refuse(f"This text has {len(stripped):,} characters; at most {characters_max:,} are allowed.", path)
    if _CONTROL.search(stripped):
        refuse("This text has control characters (such as NUL) or lone surrogates: remove them.", path)
    return stripped


def check_optional_text(text: str | None, path: Sequence[str]) -> str | None:
    """Like `check_text`, but None stays None."""
    return None if text is None else check_text(text, path)


def check_country(text: str, path: Sequence[str]) -> str:
    """An ISO 3166-1 alpha-2 code that is officially assigned, or XK; upper case."""
    if text not in COUNTRIES:
        refuse("A country is its officially assigned ISO 3166-1 code of two capital letters, like GB.", path)
    return text


def check_email(text: str, path: Sequence[str]) -> str:
    """Text that can be an e-mail address."""
    checked = check_text(text, path)
    if not _EMAIL.fullmatch(checked):
        refuse("An e-mail address is written like ada@example.com.", path)
    return checked


def check_page_size(first: int, path: Sequence[str]) -> int:
    """Between 1 and `PAGE_SIZE_MAX`."""
    if not 1 <= first <= PAGE_SIZE_MAX:
        refuse(f"A page has between 1 and {PAGE_SIZE_MAX:,} items; {first:,} were asked for.", path)
    return first


def check_metadata(value: Any, path: Sequence[str]) -> Metadata:
    """A JSON object that is not too large, too deep, or unstorable (NUL, lone surrogates, numbers beyond 64 bits).

    Doors pass a number that no double holds exactly as a `Decimal` (`exact_number`), and it is refused here.
    """
    return check_json_object(value, path, what="Metadata")


def check_json_object(value: Any, path: Sequence[str], *, what: str) -> dict[str, Any]:
    """A JSON object with the limits of metadata. `what` begins the message of a refusal: `Metadata`."""
    if not isinstance(value, dict):
        refuse(f'{what} is a JSON object, like {{"foo": "bar"}}.', path)
    _check_json(value, path, what, depth=1)
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > METADATA_BYTES_MAX:
        refuse(f"{what} takes at most {METADATA_BYTES_MAX:,} bytes; this takes {size:,}.", path)
    return cast("dict[str, Any]", value)


def exact_number(text: str) -> float | Decimal:
    """A JSON number with a point or an exponent: a double, or a `Decimal` if a double would be another number."""
    number = float(text)
    if not math.isfinite(number):
        return number
    try:
        written = Decimal(text)
    except DecimalException:  # An exponent of many digits.
        return Decimal(0)
    return number if written == Decimal(repr(number)) else written


def merge_metadata(existing: Metadata, change: Metadata, path: Sequence[str]) -> Metadata:
    """`existing` with `change` merged in key by key; null removes a key. The result obeys the same limits."""
    merged = {**existing, **change}
    kept = {key: value for key, value in merged.items() if not (key in change and value is None)}
    return check_metadata(kept, path)


def _check_json(value: Any, path: Sequence[str], what: str, *, depth: int) -> None:
    if depth > METADATA_DEPTH_MAX and isinstance(value, dict | list):
        refuse(f"{what} may be nested at most {METADATA_DEPTH_MAX} deep.", path)
    match value:
        case dict():
            if len(value) > METADATA_KEYS_MAX:
                refuse(f"{what} has objects of at most {METADATA_KEYS_MAX} keys; one here has {len(value):,}.", path)
            for key, item in value.items():
                _check_json_text(key, path, what)
                _check_json(item, path, what, depth=depth + 1)
        case list():
            for item in value:
                _check_json(item, path, what, depth=depth + 1)
        case str():
            _check_json_text(value, path, what)
        case Decimal():
            refuse(f"{what} holds a number with more digits than can be kept: write it as text.", path)
        case int() | float() if not abs(value) < METADATA_NUMBERS_BELOW:
            # Larger integers would come back rounded, and 1e400 not at all.
            refuse(f"{what} holds a number beyond 64 bits: write it as text.", path)


def _check_json_text(text: str, path: Sequence[str], what: str) -> None:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        refuse(f"{what} holds a NUL character or a lone surrogate: remove it.", path)
