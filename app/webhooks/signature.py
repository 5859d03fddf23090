"""Sign messages by the Standard Webhooks specification, so that receivers can verify with a public library."""

import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
SYMMETRIC_VERSION = "v1"
ASYMMETRIC_VERSION = "v1a"

SigningKey: TypeAlias = bytes | Ed25519PrivateKey
"""The bytes of a symmetric secret, or a private key."""


def sign(message_id: str, timestamp_seconds: int, body: bytes, *, keys: Iterable[SigningKey]) -> str:
    """The `webhook-signature` of a message, with one entry for each live key, separated by spaces: `v1,<base64
    HMAC-SHA256>` for the bytes of a secret, `v1a,<base64 ed25519>` for a private key.

    The signed text is `<id>.<timestamp>.<body>`: the timestamp in whole seconds since 1970, the body's exact bytes.
    """
    signed = b".".join((message_id.encode(), str(timestamp_seconds).encode(), body))
    return " ".join([_entry(key, signed) for key in keys])


def signed_headers(
    message_id: str, attempted_at: datetime, body: bytes, *, keys: Iterable[SigningKey]
) -> dict[str, str]:
    """The three headers of the specification for one attempt, made at `attempted_at` (aware)."""
    timestamp_seconds = int(attempted_at.timestamp())
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(timestamp_seconds),
        SIGNATURE_HEADER: sign(message_id, timestamp_seconds, body, keys=keys),
    }


def _entry(key: SigningKey, signed: bytes) -> str:
    if isinstance(key, bytes):
        return f"{SYMMETRIC_VERSION},{_base64(hmac.digest(key, signed, hashlib.sha256))}"
    return f"{ASYMMETRIC_VERSION},{_base64(key.sign(signed))}"


def _base64(octets: bytes) -> str:
    return binascii.b2a_base64(octets, newline=False).decode()
