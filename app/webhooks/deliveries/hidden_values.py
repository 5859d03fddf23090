"""Blank out of an answer what is secret about its endpoint: a receiver that is being debugged may send it back."""

import base64
import functools
import json
import re
import string
import sys
from collections.abc import Iterable, Iterator
from enum import Enum, auto

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.webhooks.own_headers import OwnHeader
from app.webhooks.signature import SigningKey

HIDDEN = b"[hidden]"
SHORT_CHARACTERS = 4
"""A shorter value is blanked only where it stands alone: elsewhere it is a part of any word."""
TOKEN_CHARACTERS_MIN = 8
SPLIT_CHARACTERS_MIN = 4
"""How much of a value must stand at the end of an answer to be taken for its beginning."""
KNOWN_MAX = 1_000
WRITTEN_TIMES_MAX = 6
"""How many times as long a value may become by how it is written: `\\u002f`."""
BEGINNING_CHARACTERS = 32
"""Where so much of the beginning of a longer value stands, that is blanked, as far as the value goes on."""

_AFTER_SCHEME = re.compile(rf"[A-Za-z][A-Za-z0-9_-]* +(\S{{{TOKEN_CHARACTERS_MIN},}})")
_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_PLAIN = string.ascii_lowercase + string.digits
_URLSAFE = str.maketrans("+/", "-_")


class Way(Enum):
    """How a text may be written in another one. Itself it is written in the second and the third."""

    JSON = auto()
    URL = auto()
    HTML = auto()


class HiddenValues:
    """Secret texts. They are found in upper and lower case, and as JSON, HTML and URLs write them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = sorted({value.lower() for value in values if value}, key=len, reverse=True)

    def blank(self, octets: bytes | bytearray, *, bytes_max: int = sys.maxsize) -> bytes:
        """The first `bytes_max` of the same with `[hidden]` in the place of each value, also of one that breaks off at
        the end.
        """
        if not octets or not self._values:
            return bytes(octets[:bytes_max])
        lowered, kept, length, at = octets.lower(), [], 0, 0
        while length < bytes_max:
            # No further than what is kept: the whole of a large answer takes long.
            until = at + bytes_max - length + WRITTEN_TIMES_MAX * len(self._values[0])
            found = self._pattern.search(lowered, at, min(until, len(octets)))
            kept.append(octets[at : found.start() if found else None])
            if found is None:
                break
            kept.append(HIDDEN)
            length += found.start() - at + len(HIDDEN)
            at = self._end_of(found, lowered)
        return self._without_split(b"".join(kept))[:bytes_max]

    @functools.cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        """Of text in lower case: told to ignore the case, the module takes twenty times as long. The longest value
        comes first, since one may be a part of another. No groups: the module skips what no branch begins with.
        """
        return re.compile("|".join(way for value in self._values for way in _written(value)).encode())

    def _end_of(self, beginning: re.Match[bytes], lowered: bytes | bytearray) -> int:
        """Where the value ends whose beginning was found, or goes on otherwise."""
        long = (value for value in self._values if len(value) > BEGINNING_CHARACTERS)
        ends = [_end_of_written(value, way, lowered, beginning.start()) for value in long for way in Way]
        return max([beginning.end(), *ends])

    def _without_split(self, octets: bytes) -> bytes:
        lowered = octets.lower()
        end = lowered[-SPLIT_CHARACTERS_MIN:]
        for form in self._forms:
            before = len(form) - 1
            while (at := form.rfind(end, 0, before)) >= 0:
                length = at + len(end)
                if length >= SPLIT_CHARACTERS_MIN and lowered.endswith(form[:length]):
                    return octets[:-length] + HIDDEN
                before = length - 1
        return octets

    @functools.cached_property
    def _forms(self) -> set[bytes]:
        """What may break off at the end, in lower case."""
        return {form.encode() for value in self._values for form in (value, json.dumps(value)[1:-1])}


NOTHING_HIDDEN = HiddenValues()


@functools.lru_cache(maxsize=KNOWN_MAX)
def hidden_values(headers: tuple[OwnHeader, ...], keys: tuple[SigningKey, ...], client_key: str | None) -> HiddenValues:
    """What nobody may read in an answer: the values of an endpoint's own headers, its signing keys, its client key."""
    values = [*_of_headers(headers), *_of_keys(keys)]
    if client_key is not None:
        values += [line.strip() for line in client_key.splitlines() if _is_secret(line)]
    return HiddenValues(values)


def _of_headers(headers: Iterable[OwnHeader]) -> Iterator[str]:
    for header in headers:
        found = _AFTER_SCHEME.fullmatch(header.value)
        for value in (header.value, found[1]) if found else (header.value,):
            yield value
            yield from _encoded(value)


def _of_keys(keys: Iterable[SigningKey]) -> Iterator[str]:
    """In base64, with or without a prefix or the padding, and in hexadecimal."""
    for key in keys:
        octets = key.private_bytes_raw() if isinstance(key, Ed25519PrivateKey) else key
        yield base64.b64encode(octets).decode().rstrip("=")
        yield base64.urlsafe_b64encode(octets).decode().rstrip("=")
        yield octets.hex()


def _encoded(value: str) -> Iterator[str]:
    """A value in hexadecimal, and in base64: alone, and as a part of a longer text, where it may begin at three places.
    Of a part, only the characters that are the same whatever stands around it. What is too short is a part of any word.
    """
    octets = value.encode()
    forms = [octets.hex(), base64.b64encode(octets).decode().rstrip("=")]
    for place, first in enumerate((0, 2, 3)):
        text = base64.b64encode(bytes(place) + octets).decode()
        forms.append(text[first : (place + len(octets)) * 8 // 6])
    for form in forms:
        if len(form) >= TOKEN_CHARACTERS_MIN:
            yield from (form, form.translate(_URLSAFE))


def _is_secret(line: str) -> bool:
    """Whether a line of PEM is of the key itself."""
    return len(line.strip()) >= TOKEN_CHARACTERS_MIN and not line.startswith("-----")


def _written(value: str) -> list[str]:
    """Patterns of the beginning of a value, which is in lower case: one for each way in which it may be written, or one
    for all of them if they begin alike.
    """
    beginning = value[:BEGINNING_CHARACTERS]
    alike = len(beginning) - len(beginning.lstrip(_PLAIN))
    rests = ("".join(_written_character(one, way) for one in beginning[alike:]) for way in Way)
    ways = [f"{beginning[:alike]}{rest}" for rest in dict.fromkeys(rests)]
    if alike and len(ways) > 1:
        ways = [f"{beginning[:alike]}(?:{'|'.join(way[alike:] for way in ways)})"]
    if len(value) < SHORT_CHARACTERS:
        return [rf"(?<![a-z0-9]){way}(?![a-z0-9])" for way in ways]
    return ways


def _end_of_written(value: str, way: Way, lowered: bytes | bytearray, at: int) -> int:
    for character in value:
        found = _pattern_of_character(character, way).match(lowered, at)
        if found is None:
            break
        at = found.end()
    return at


@functools.cache
def _pattern_of_character(character: str, way: Way) -> re.Pattern[bytes]:
    return re.compile(_written_character(character, way).encode())


@functools.cache
def _written_character(character: str, way: Way) -> str:
    """A pattern of one character, which is itself last. In each way, what begins alike is soon told apart: a pattern of
    many does not try all their combinations.
    """
    if character.isalnum():
        return character
    code, itself = ord(character), re.escape(character)
    match way:
        case Way.JSON:
            forms = [rf"\\u{code:04x}", rf"\\{itself}", *([r"\\t"] if character == "\t" else [])]
            forms += [itself] if character != "\\" else []
        case Way.URL:
            forms = [f"%{code:02x}", *([r"\+"] if character == " " else []), itself]
        case Way.HTML:
            named = [f"&{_NAMES[character]};"] if character in _NAMES else []
            forms = [f"&#(?:0*{code}|x0*{code:x});", *named, itself]
    return f"(?:{'|'.join(forms)})"
