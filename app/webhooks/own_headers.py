"""Headers that an endpoint's owner adds to its messages, such as the key of a gateway. Encrypted, and never shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID

import orjson

from app.kernel.checks import refuse
from app.kernel.errors import Path
from app.webhooks.vault import Vault

HEADERS_MAX = 20
NAME_CHARACTERS_MAX = 100
HEADERS_BYTES_MAX = 8_192
"""Of all names and values together. Many servers take no more than 8 KiB in all."""
PURPOSE = "headers"
PATH = ("headers",)

# Those of a connection and not of a message (RFC 9110, 7.6.1), or that say how the message is to be read.
REFUSED_NAMES = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *(
            "trailers",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "host",
            "expect",
            "accept-encoding",
            "user-agent",
            "date",
        ),
        *("signature", "signature-input"),
    }
)
# `svix-…` is what some libraries read a signature from before they look for `webhook-…`.
REFUSED_PREFIXES = ("content-", "webhook-", "svix-", "x-quaestor-")

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20\x09\x21-\x7e]*[\x21-\x7e])?")


@dataclass(frozen=True, slots=True)
class OwnHeader:
    """One header. Its value is secret."""

    name: str
    value: str = field(repr=False)


def check_headers(headers: Sequence[OwnHeader]) -> tuple[OwnHeader, ...]:
    """Headers that may be sent with each message.

    :raises Invalid: too many, too large, twice the same name, or one that is not theirs to set. No value is shown.
    """
    if len(headers) > HEADERS_MAX:
        refuse(f"An endpoint has at most {HEADERS_MAX} headers; these are {len(headers):,}.", PATH)
    size = sum(len(header.name.encode()) + len(header.value.encode(errors="replace")) for header in headers)
    if size > HEADERS_BYTES_MAX:
        refuse(f"All headers together take at most {HEADERS_BYTES_MAX:,} bytes; these take {size:,}.", PATH)
    names: set[str] = set()
    for index, header in enumerate(headers):
        _check(header, (*PATH, str(index)))
        if header.name.lower() in names:
            refuse("There is another header of this name: join their values, or leave one out.", _at(index, "name"))
        names.add(header.name.lower())
    return tuple(headers)


def seal_headers(headers: Sequence[OwnHeader], vault: Vault, *, customer_id: UUID, endpoint_id: UUID) -> bytes | None:
    """What to store; None for no headers."""
    if not headers:
        return None
    listed = orjson.dumps([(header.name, header.value) for header in headers])
    return vault.seal(listed, customer_id=customer_id, endpoint_id=endpoint_id, purpose=PURPOSE)


def open_headers(sealed: bytes | None, vault: Vault, *, customer_id: UUID, endpoint_id: UUID) -> tuple[OwnHeader, ...]:
    """The headers that were stored.

    :raises UnreadableSecret: they are sealed under another key, or for another endpoint.
    """
    if sealed is None:
        return ()
    listed = vault.open(sealed, customer_id=customer_id, endpoint_id=endpoint_id, purpose=PURPOSE)
    return tuple(OwnHeader(name, value) for name, value in orjson.loads(listed))


def _check(header: OwnHeader, path: Path) -> None:
    name = header.name.lower().replace("_", "-")  # Many servers take the two for one.
    if not _NAME.fullmatch(header.name) or len(header.name) > NAME_CHARACTERS_MAX:
        refuse(
            f"The name of a header has 1 to {NAME_CHARACTERS_MAX} letters, digits and hyphens, like X-Api-Key.",
            (*path, "name"),
        )
    if name in REFUSED_NAMES or name.startswith(REFUSED_PREFIXES):
        _refuse_name(header.name, (*path, "name"))
    if not _VALUE.fullmatch(header.value):
        refuse(
            "The value of a header is plain ASCII on one line, not blank, without spaces at its ends: encode other "
            "characters.",
            (*path, "value"),
        )


def _refuse_name(name: str, path: Path) -> NoReturn:
    refuse(
        f"{name} belongs to the connection, to the body or to the signature: choose another header, such as "
        "Authorization or one of your own.",
        path,
    )


def _at(index: int, part: str) -> Path:
    return (*PATH, str(index), part)
