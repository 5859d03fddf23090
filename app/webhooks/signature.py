"""Sign messages by the Standard Webhooks specification, so that receivers can verify with a public library."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
SYMMETRIC_VERSION = "v1"


def sign(message_id: str, timestamp_seconds: int, body: bytes, *, keys: Iterable[bytes]) -> str:
    """The `webhook-signature` of a message: one `v1,<base64 HMAC-SHA256>` for each live key, separated by spaces.

    The signed text is `<id>.<timestamp>.<body>`: the timestamp in whole seconds since 1970, the body's exact bytes.
    """
    signed = b".".join((message_id.encode(), str(timestamp_seconds).encode(), body))
    return " ".join(f"{SYMMETRIC_VERSION},{_hmac(key, signed)}" for key in keys)


def signed_headers(message_id: str, attempted_at: datetime, body: bytes, *, keys: Iterable[bytes]) -> dict[str, str]:
    """The three headers of the specification for one attempt, made at `attempted_at` (aware)."""
    timestamp_seconds = int(attempted_at.timestamp())
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(timestamp_seconds),
        SIGNATURE_HEADER: sign(message_id, timestamp_seconds, body, keys=keys),
    }


def _hmac(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
