"""JSON as it comes in through any door."""

import json
import re
from decimal import Decimal, DecimalException
from typing import Any

import orjson

from app.kernel.checks import exact_number

# Escapes occur only in strings, so it is enough to search the text. A doubled backslash escapes nothing.
_NUL_ESCAPE = b"\\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
SHOWN_CHARACTERS_MAX = 100
TOO_MANY_DIGITS = "A number in the body has more digits than can be read."


class BadRequest(Exception):
    """The request cannot be read; the message says what to change."""


def decode_json(body: bytes | bytearray | str) -> Any:
    """The JSON value of `body`. A number that no double holds exactly comes as a `Decimal`.

    :raises BadRequest: when it is not JSON in UTF-8, or has lone surrogates or NUL characters.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON in UTF-8: {error}.") from None
    text = body.encode() if isinstance(body, str) else body
    refuse_nul(text)
    if _has_float(value):  # Also an integer beyond 64 bits comes as one.
        try:
            value = json.loads(text, parse_float=exact_number)
        except RecursionError:
            raise BadRequest("The body is nested too deep.") from None
    return value


def _has_float(value: Any) -> bool:
    unseen = [value]
    while unseen:
        one = unseen.pop()
        kind = type(one)
        if kind is dict:
            unseen.extend(one.values())
        elif kind is list:
            unseen.extend(one)
        elif kind is float:
            return True
    return False


def refuse_nul(text: bytes | bytearray) -> None:
    """Refuse JSON with a NUL character: a text in PostgreSQL cannot hold one.

    :raises BadRequest: it has one.
    """
    if _NUL_ESCAPE in text and _NUL.search(text):  # The plain search is a hundred times as fast.
        raise BadRequest("The body has a NUL character (\\u0000): text may not hold one.")


def decode_exact(body: bytes | bytearray) -> Any:
    """The JSON value of `body`: numbers with a point or an exponent are `Decimal`, and no object has a name twice.

    :raises BadRequest: as `decode_json`; or an object has a name twice, or a number has too many digits.
    """
    try:
        orjson.loads(body)  # It says where bad JSON is wrong, and refuses lone surrogates.
    except orjson.JSONDecodeError as error:
        if "number is infinity" in error.msg:
            raise BadRequest(TOO_MANY_DIGITS) from None
        raise BadRequest(f"The body is not JSON in UTF-8: {error}.") from None
    refuse_nul(body)
    try:
        return json.loads(body, parse_float=_decimal, object_pairs_hook=_object)
    except RecursionError:
        raise BadRequest("The body is nested too deep.") from None
    except ValueError:
        raise BadRequest(TOO_MANY_DIGITS) from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except DecimalException:
        raise BadRequest(TOO_MANY_DIGITS) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"`{twice[:SHOWN_CHARACTERS_MAX]}` stands in one object twice: leave one of them out.")
    return made
