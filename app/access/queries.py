"""Reading API keys."""

from uuid import UUID

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


def _read(row: Record) -> ApiKey:
    return record_of(ApiKey, row, prefix=beginning_of(row["prefix"]), scopes=tuple(row["scopes"]))


async def find_customer_name(actor: Actor) -> str:
    """The name of the actor's customer."""
    name = await fetchval("SELECT name FROM customers WHERE customer_id = $1", actor.customer_id)
    assert isinstance(name, str), "an actor's customer exists"
    return name


async def is_still_valid(actor: Actor) -> bool:
    """Whether the key behind something long-lived, such as a subscription, is still valid.

    Ask when `resource_topic(actor.api_key_id)` wakes (a revocation), and now and then (an expiry).
    """
    if actor.api_key_id is None:
        return True
    return bool(
        await fetchval(
            """
            SELECT revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
            FROM api_keys WHERE customer_id = $1 AND id = $2
            """,
            actor.customer_id,
            actor.api_key_id,
        )
    )
