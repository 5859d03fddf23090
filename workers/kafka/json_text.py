"""Read a message's JSON: numbers exact, no repeated keys, no text that cannot be stored or sent."""

import json
import re
from typing import Any, NoReturn

from app.kernel.checks import exact_number

DIGITS_MAX = 1_000
SHOWN_CHARACTERS_MAX = 60
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class NotJson(Exception):
    """The text cannot be read; the message says what to change."""


def decode_json(text: bytes) -> Any:
    """The value of `text`. A number that no double holds exactly becomes a `Decimal`.

    :raises NotJson: it is not JSON in UTF-8, an object in it repeats a key, or a text in it cannot be stored.
    """
    if text.startswith(BYTE_ORDER_MARK):
        raise NotJson("The message begins with a byte order mark: send UTF-8 without one.")
    try:
        value = _decoder.decode(text.decode())
    except UnicodeDecodeError as problem:
        raise NotJson(f"The message is not in UTF-8: byte {problem.start} is wrong.") from None
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise NotJson(f"The message is not JSON: {problem.msg} at {where}.") from None
    except RecursionError:
        raise NotJson("The message is nested too deep.") from None
    if b"\\u" in text:  # Only an escape can make such a text.
        _refuse_unstorable(value)
    return value


def _refuse_unstorable(value: Any) -> None:
    """Refuse NUL characters and lone surrogates, in the names of fields too: neither can be stored, and a surrogate
    cannot be sent either.
    """
    unseen = [value]
    while unseen:
        one = unseen.pop()
        if isinstance(one, dict):
            unseen += one.keys()
            unseen += one.values()
        elif isinstance(one, list):
            unseen += one
        elif isinstance(one, str) and _NO_TEXT.search(one):
            shown = json.dumps(one[:SHOWN_CHARACTERS_MAX])
            raise NotJson(f"The text {shown} has a NUL character or a lone surrogate (half of a pair): remove it.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise NotJson(f"The key {json.dumps(twice[:SHOWN_CHARACTERS_MAX])} comes twice in one object: give it once.")
    return made


def _integer(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise NotJson(f"A number of {len(text):,} digits is too long: write it as text.")
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise NotJson(f"The message is not JSON: {text} is no number of JSON.")


# One for all messages: making a decoder takes longer than reading a message.
_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=exact_number, parse_int=_integer, parse_constant=_no_number
)
