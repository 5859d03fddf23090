"""Reading API keys and access tokens."""

from collections.abc import Sequence
from uuid import UUID

from app.access.access_token import AccessToken, access_token_of
from app.access.api_key import ApiKey
from app.access.key_format import beginning_of
from app.access.refusals import refuse_holders
from app.db.connection import Record, fetch, fetchrow, fetchval
from app.db.records import record_of
from app.kernel.actor import Actor

LISTED_KEYS_MAX = 2_000


async def list_api_keys(actor: Actor) -> list[ApiKey]:
    """The customer's keys, newest first, revoked and expired ones included; at most `LISTED_KEYS_MAX`.

    :raises Forbidden: the actor lacks `keys:write`, or is one holder's.
    """
    refuse_holders(actor)
    actor.require("keys:write")
    rows = await fetch(
        "SELECT * FROM api_keys WHERE customer_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        actor.customer_id,
        LISTED_KEYS_MAX,
    )
    return [_read(row) for row in rows]


async def find_api_key(actor: Actor, api_key_id: UUID) -> ApiKey | None:
    """One of the customer's keys; None if this actor can see none by that id. Without `keys:write` an actor sees only
    the key that it uses.
    """
    if actor.holder_id is not None or not (actor.may("keys:write") or api_key_id == actor.api_key_id):
        return None
    row = await fetchrow("SELECT * FROM api_keys WHERE customer_id = $1 AND id = $2", actor.customer_id, api_key_id)
    return None if row is None else _read(row)


async def keys_of_actors(actor: Actor, names: Sequence[str]) -> dict[str, ApiKey]:
    """The keys of those whom the audit trail names so, such as `api_key:0197…`; of an access token the key that made
    it. Others have none. Without `keys:write` an actor sees only the key that it uses.
    """
    if actor.holder_id is not None:
        return {}
    named = {kind: _ids_of(names, kind) for kind in ("api_key", "access_token")}
    rows = await fetch(
        """
        SELECT key.*, named.actor_name FROM (
            SELECT 'api_key:' || id AS actor_name, id AS api_key_id FROM unnest($2::uuid[]) AS id
            UNION ALL
            SELECT 'access_token:' || id, api_key_id FROM access_tokens WHERE customer_id = $1 AND id = ANY($3)
        ) AS named
        JOIN api_keys AS key ON key.customer_id = $1 AND key.id = named.api_key_id
        WHERE $4::boolean OR key.id = $5
        """,
        actor.customer_id,
        named["api_key"],
        named["access_token"],
        actor.may("keys:write"),
        actor.api_key_id,
    )
    return {row["actor_name"]: _read(row) for row in rows}


def _ids_of(names: Sequence[str], kind: str) -> list[UUID]:
    return [UUID(name.removeprefix(f"{kind}:")) for name in names if name.startswith(f"{kind}:")]


def _read(row: Record) -> ApiKey:
    return record_of(ApiKey, row, prefix=beginning_of(row["prefix"]), scopes=tuple(row["scopes"]))


async def find_customer_name(actor: Actor) -> str:
    """The name of the actor's customer."""
    name = await fetchval("SELECT name FROM customers WHERE customer_id = $1", actor.customer_id)
    assert isinstance(name, str), "an actor's customer exists"
    return name


async def is_still_valid(actor: Actor) -> bool:
    """Whether the key behind something long-lived, such as a subscription, is still valid, and so is its token.

    Ask when a topic of one of `actor.credential_ids` wakes (a revocation), at `actor.expires_at`, and now and then.
    """
    if actor.api_key_id is None:
        return True
    return bool(
        await fetchval(
            """
            SELECT revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
                AND ($3::uuid IS NULL OR EXISTS (
                    SELECT FROM access_tokens WHERE customer_id = $1 AND id = $3 AND revoked_at IS NULL
                        AND expires_at > clock_timestamp()
                ))
            FROM api_keys WHERE customer_id = $1 AND id = $2
            """,
            actor.customer_id,
            actor.api_key_id,
            actor.access_token_id,
        )
    )


async def find_access_token(actor: Actor, token_id: UUID) -> AccessToken | None:
    """One of the customer's tokens; None if this actor can see none by that id. A token sees only itself, and a key
    without `keys:write` none.
    """
    sees_all = actor.holder_id is None and actor.may("keys:write")
    if not sees_all and token_id != actor.access_token_id:
        return None
    row = await fetchrow("SELECT * FROM access_tokens WHERE customer_id = $1 AND id = $2", actor.customer_id, token_id)
    return None if row is None else access_token_of(row)


async def list_access_tokens(actor: Actor, holder_id: UUID) -> list[AccessToken]:
    """The tokens of a holder that have not ended, newest first; never more than a holder may have.

    :raises Forbidden: the actor lacks `keys:write`, or is one holder's.
    """
    refuse_holders(actor)
    actor.require("keys:write")
    rows = await fetch(
        """
        SELECT token.* FROM access_tokens AS token
        JOIN api_keys AS key ON key.customer_id = token.customer_id AND key.id = token.api_key_id
        WHERE token.customer_id = $1 AND token.holder_id = $2 AND token.expires_at > clock_timestamp()
            AND token.revoked_at IS NULL AND key.revoked_at IS NULL
        ORDER BY token.created_at DESC, token.id DESC
        """,
        actor.customer_id,
        holder_id,
    )
    return [access_token_of(row) for row in rows]
