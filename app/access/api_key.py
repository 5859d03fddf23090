"""An API key as it is read, and the data of its events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access.key_format import beginning_of
from app.access.models import ApiKeyRow
from app.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. `prefix` is how it begins: `qk_3fJ9aLq0`."""

    customer_id: UUID
    id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


def api_key_of(row: ApiKeyRow) -> ApiKey:
    """The key of a stored row."""
    return ApiKey(
        customer_id=row.customer_id,
        id=row.id,
        name=row.name,
        prefix=beginning_of(row.prefix),
        scopes=tuple(row.scopes),
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        created_at=row.created_at,
    )


def describe_api_key(key: ApiKey) -> dict[str, Any]:
    """The `data` of a key's events. The last use is left out: using a key does not change it."""
    return {
        "id": str(key.id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "expires_at": _instant(key.expires_at),
        "revoked_at": _instant(key.revoked_at),
        "created_at": _instant(key.created_at),
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)
