"""Make an API key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.access.api_key import ApiKey, api_key_of, describe_api_key
from app.access.granted_scopes import check_granted
from app.access.key_format import new_key, read_key
from app.access.models import ApiKeyRow
from app.access.refusals import refuse_holders
from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.events.record import Resource, record_event
from app.kernel.actor import Actor
from app.kernel.checks import check_text, parse_instant, refuse
from app.kernel.errors import LimitExceeded

LIVE_KEYS_MAX = 1_000
"""How many keys one customer may have, revoked and expired ones not counted."""
EXPIRES_AT_PATH = ("expires_at",)
QUOTA_RETRY_AFTER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """The key to make: its name, its scopes, and until when it is valid (RFC 3339; None for ever)."""

    name: str
    scopes: Sequence[str]
    expires_at: str | None = None


@whole_use_case
async def create_api_key(actor: Actor, command: CreateApiKey) -> tuple[ApiKey, str]:
    """Make a key with at most the actor's own scopes; returns it and its text, which is never shown again.

    There is no idempotency key, since the outcome stored under it would hold a secret.

    :raises Invalid: a blank name, no scopes, an unknown scope, an expiry that is malformed or past.
    :raises Forbidden: the actor lacks `keys:write` or a scope it wants to grant, or is one holder's.
    :raises LimitExceeded: the customer has `LIVE_KEYS_MAX` keys.
    """
    refuse_holders(actor)
    actor.require("keys:write")
    name = check_text(command.name, ("name",))
    scopes = check_granted(actor, command.scopes, "key")
    expires_at = None if command.expires_at is None else parse_instant(command.expires_at, EXPIRES_AT_PATH)
    async with transaction() as tx:
        # Locked, so that two callers cannot both take the last free place.
        await tx.execute("SELECT 1 FROM customers WHERE customer_id = $1 FOR NO KEY UPDATE", actor.customer_id)
        now = await tx.now()
        if expires_at is not None and expires_at <= now:
            refuse("This expiry is past: give an instant in the future, or leave it out.", EXPIRES_AT_PATH)
        await _check_quota(tx, actor.customer_id, now)
        return await insert_api_key(tx, actor, name=name, scopes=scopes, expires_at=expires_at)


async def insert_api_key(
    tx: Transaction, actor: Actor, *, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Store a new key and write its event. The caller has checked the command."""
    key = new_key(actor.customer_id)
    parts = read_key(key)
    assert parts is not None
    row = await ApiKeyRow.create(
        using_db=tx.tortoise,
        id=new_id(),
        customer_id=actor.customer_id,
        name=name,
        prefix=parts.prefix,
        secret_hash=parts.secret_hash,
        scopes=list(scopes),
        expires_at=expires_at,
        created_at=await tx.now(),
    )
    created = api_key_of(row)
    await record_event(
        tx, actor, "api_key.created", Resource("api_key", created.id, version=1), describe_api_key(created)
    )
    return created, key


async def _check_quota(tx: Transaction, customer_id: UUID, now: datetime) -> None:
    live = await tx.fetchval(
        """
        SELECT count(*) FROM api_keys
        WHERE customer_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        """,
        customer_id,
        now,
    )
    if live >= LIVE_KEYS_MAX:
        message = f"A customer has at most {LIVE_KEYS_MAX:,} keys: revoke one first."
        raise LimitExceeded(message, retry_after_seconds=QUOTA_RETRY_AFTER_SECONDS)
