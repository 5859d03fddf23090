"""Blank out of an answer what is secret about its endpoint: a receiver that is being debugged may send it back."""

import base64
import functools
import json
import re
from collections.abc import Iterable, Iterator, Sequence

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

_AFTER_SCHEME = re.compile(rf"[A-Za-z][A-Za-z0-9_-]* +(\S{{{TOKEN_CHARACTERS_MIN},}})")
_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


class HiddenValues:
    """Secret texts. They are found as they are, and as JSON, HTML and URLs write them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = sorted({value for value in values if value}, key=len, reverse=True)

    def blank(self, octets: bytes | bytearray) -> bytes:
        """The same, with `[hidden]` in the place of each value, and of one that breaks off at the end."""
        if not octets or not self._values:
            return bytes(octets)
        return self._without_split(self._pattern.sub(HIDDEN, octets))

    @functools.cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        """The longest value first, since one may be a part of another."""
        return re.compile("|".join(map(_written, self._values)).encode())

    def _without_split(self, octets: bytes) -> bytes:
        for form in self._forms:
            for length in range(min(len(form) - 1, len(octets)), SPLIT_CHARACTERS_MIN - 1, -1):
                if octets.endswith(form[:length]):
                    return octets[:-length] + HIDDEN
        return octets

    @functools.cached_property
    def _forms(self) -> Sequence[bytes]:
        return [form.encode() for value in self._values for form in {value, json.dumps(value)[1:-1]}]


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
        yield header.value
        if found := _AFTER_SCHEME.fullmatch(header.value):
            yield found[1]


def _of_keys(keys: Iterable[SigningKey]) -> Iterator[str]:
    """In base64, with or without a prefix or the padding, and in hexadecimal."""
    for key in keys:
        octets = key.private_bytes_raw() if isinstance(key, Ed25519PrivateKey) else key
        yield base64.b64encode(octets).decode().rstrip("=")
        yield base64.urlsafe_b64encode(octets).decode().rstrip("=")
        yield octets.hex()


def _is_secret(line: str) -> bool:
    """Whether a line of PEM is of the key itself."""
    return len(line.strip()) >= TOKEN_CHARACTERS_MIN and not line.startswith("-----")


def _written(value: str) -> str:
    """A pattern of the value, however it is written."""
    pattern = "".join(map(_written_character, value))
    if len(value) < SHORT_CHARACTERS:
        return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return pattern


@functools.cache
def _written_character(character: str) -> str:
    if character.isalnum():
        return character
    code = ord(character)
    forms = [
        re.escape(character),
        rf"\\{re.escape(character)}",
        rf"\\u(?i:{code:04x})",
        f"%(?i:{code:02x})",
        f"&#(?:0*{code}|(?i:x0*{code:x}));",
    ]
    if character in _NAMES:
        forms.append(f"&{_NAMES[character]};")
    if character == " ":
        forms.append(r"\+")
    if character == "\t":
        forms.append(r"\\t")
    return f"(?:{'|'.join(forms)})"
