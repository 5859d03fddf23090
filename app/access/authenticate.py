"""From the `Authorization` header to an actor."""

import hmac
from datetime import timedelta
from time import monotonic

from app.access.key_format import KeyParts, read_key
from app.access.look_up_key import look_up_key
from app.access.note_last_use import note_last_use
from app.access.remembered_keys import remembered_keys
from app.db.connection import Record
from app.kernel.actor import Actor, Via
from app.kernel.errors import Unauthenticated

SCHEMES = ("api-key", "bearer")
LAST_USE_PRECISION = timedelta(minutes=1)

HOW_TO_AUTHENTICATE = "Send your API key in the header `Authorization: API-Key <key>` (or `Bearer <key>`)."
NOT_VALID = "This API key is unknown, expired or revoked. Send another in `Authorization: API-Key <key>`."
TOKENS_NOT_VALID = "This access token is unknown, expired or revoked: get another from whoever gave you this one."


async def authenticate(authorization_header: str | None, via: Via) -> Actor:
    """The actor of this header: one indexed query, or none while the key is remembered.

    :raises Unauthenticated: no key or token, or one that is unknown, expired or revoked. The error does not say which.
    """
    header = authorization_header or ""
    known = remembered_keys.recall(header, via)
    if known is not None:
        return known
    looked_up_at = monotonic()
    parts = read_key(_credentials(header))
    row = None if parts is None else await look_up_key(parts)
    if row is None or parts is None or not _is_valid(row, parts):
        raise Unauthenticated(TOKENS_NOT_VALID if parts is not None and parts.is_token else NOT_VALID)
    if row["last_used_at"] is None or row["now"] - row["last_used_at"] >= LAST_USE_PRECISION:
        note_last_use(row["customer_id"], row["api_key_id"], row["now"])
    actor = Actor(
        customer_id=row["customer_id"],
        scopes=frozenset(row["scopes"]),
        via=via,
        name=f"{'access_token' if parts.is_token else 'api_key'}:{row['id']}",
        holder_id=row["holder_id"],
        api_key_id=row["api_key_id"],
        access_token_id=row["id"] if parts.is_token else None,
        expires_at=row["expires_at"],
    )
    seconds_left = None if row["expires_at"] is None else (row["expires_at"] - row["now"]).total_seconds()
    remembered_keys.remember(header, actor, looked_up_at=looked_up_at, seconds_left=seconds_left)
    return actor


def _credentials(header: str) -> str:
    scheme, _, credentials = header.strip().partition(" ")
    if scheme.lower() not in SCHEMES or not credentials.strip():
        raise Unauthenticated(HOW_TO_AUTHENTICATE)
    return credentials.strip()


def _is_valid(row: Record, parts: KeyParts) -> bool:
    # Constant time: the duration must not reveal how much of the secret is right.
    is_secret_right = hmac.compare_digest(row["secret_hash"], parts.secret_hash)
    is_expired = row["expires_at"] is not None and row["expires_at"] <= row["now"]
    return is_secret_right and not is_expired and row["revoked_at"] is None
