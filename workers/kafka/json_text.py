"""Read a message's JSON: numbers exact, no repeated keys, no text that PostgreSQL cannot store."""

import json
from typing import Any, NoReturn

from app.kernel.checks import exact_number

DIGITS_MAX = 1_000


class NotJson(Exception):
    """The text cannot be read; the message says what to change."""


def decode_json(text: bytes) -> Any:
    """The value of `text`. A number that no double holds exactly becomes a `Decimal`.

    :raises NotJson: it is not JSON in UTF-8, or an object in it repeats a key.
    """
    try:
        return _decoder.decode(text.decode())
    except UnicodeDecodeError as problem:
        raise NotJson(f"The message is not in UTF-8: byte {problem.start} is wrong.") from None
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise NotJson(f"The message is not JSON: {problem.msg} at {where}.") from None
    except RecursionError:
        raise NotJson("The message is nested too deep.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise NotJson(f"The key {json.dumps(twice)} comes twice in one object: give it once.")
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
