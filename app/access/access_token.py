"""An access token as it is read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.access.key_format import MARKER_OF_TOKENS, beginning_of
from app.db.connection import Record
from app.db.records import record_of


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token without its secret: whose it is, which key made it, how long it lasts. `prefix` is how it begins."""

    customer_id: UUID
    id: UUID
    api_key_id: UUID
    holder_id: UUID
    prefix: str
    scopes: tuple[str, ...]
    expires_at: datetime
    revoked_at: datetime | None
    created_at: datetime


def access_token_of(row: Record) -> AccessToken:
    """The token of a stored row."""
    prefix = beginning_of(row["prefix"], MARKER_OF_TOKENS)
    return record_of(AccessToken, row, prefix=prefix, scopes=tuple(row["scopes"]))
