"""How an API key is written: `qk_<prefix>_<customer's id and 32 secret bytes>`; an access token begins with `qt_`.

The prefix is not secret: lists show it, so that people can tell their keys apart. The key has the customer's id, so
that looking it up reads only that customer's rows.
"""

import base64
import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from uuid import UUID

MARKER_OF_KEYS = "qk_"
MARKER_OF_TOKENS = "qt_"
PREFIX_CHARACTERS = 8
SECRET_BYTES = 32
_ID_BYTES = 16
_BASE62 = string.digits + string.ascii_letters
_KEY = re.compile(
    rf"({MARKER_OF_KEYS}|{MARKER_OF_TOKENS})([0-9A-Za-z]{{{PREFIX_CHARACTERS}}})_([0-9A-Za-z_-]{{64}})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class KeyParts:
    """The parts of a key or token: its customer, its prefix, and the SHA-256 of its secret (32 bytes)."""

    customer_id: UUID
    prefix: str
    secret_hash: bytes
    is_token: bool = False


def new_key(customer_id: UUID, marker: str = MARKER_OF_KEYS) -> str:
    """A new key of this customer, or with the other marker a new token."""
    prefix = "".join(secrets.choice(_BASE62) for _ in range(PREFIX_CHARACTERS))
    # 48 bytes are exactly 64 characters: no padding, and only one way to write each key.
    packed = base64.urlsafe_b64encode(customer_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode()
    return f"{marker}{prefix}_{packed}"


def beginning_of(prefix: str, marker: str = MARKER_OF_KEYS) -> str:
    """The beginning of a key with this prefix, as lists show it: `qk_3fJ9aLq0`."""
    return f"{marker}{prefix}"


def read_key(key: str) -> KeyParts | None:
    """The parts of a key or token; None if the text is neither."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    packed = base64.urlsafe_b64decode(found[3])
    secret = packed[_ID_BYTES:]
    return KeyParts(
        UUID(bytes=packed[:_ID_BYTES]), found[2], hashlib.sha256(secret).digest(), is_token=found[1] == MARKER_OF_TOKENS
    )
