"""What a request with an idempotency key made."""

from collections.abc import Collection
from uuid import UUID

from app.db.connection import fetch, fetchrow
from app.idempotency.key import check_key
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import Path


def check_operation(operation: str, known: Collection[str], path: Path) -> str:
    """One of these operations.

    :raises Invalid: it is another one; the message lists them.
    """
    if operation not in known:
        refuse(f"No request of this operation is found by its key here; give one of {', '.join(known)}.", path)
    return operation


async def find_changed(actor: Actor, operation: str, key: str, path: Path) -> UUID | None:
    """The id of what was changed with this key, by an operation that makes nothing of its own; None if nothing was done
    with it. It may belong to another holder than the actor's.

    :raises Invalid: the key is blank or too long, or was used before the version that notes what it changed.
    """
    row = await fetchrow(
        "SELECT about_id FROM idempotency_keys WHERE customer_id = $1 AND operation = $2 AND key = $3",
        actor.customer_id,
        operation,
        check_key(key, path),
    )
    if row is None:
        return None
    if row["about_id"] is None:
        refuse("This request was done, by a version that did not note of what: ask for it by its id.", path)
    changed: UUID = row["about_id"]
    return changed


async def find_made(actor: Actor, operations: Collection[str], key: str, path: Path) -> dict[str, UUID]:
    """The id of what was made with this key, by operation; empty if nothing was done with it. It may belong to another
    holder than the actor's: what is read by the id tells.

    A request that is still under way is not seen.

    :raises Invalid: the key is blank or too long.
    """
    rows = await fetch(
        "SELECT operation, resource_id FROM idempotency_keys"
        " WHERE customer_id = $1 AND operation = ANY($2) AND key = $3",
        actor.customer_id,
        list(operations),
        check_key(key, path),
    )
    return {row["operation"]: row["resource_id"] for row in rows}


async def find_by_key(actor: Actor, key: str) -> list[UUID]:
    """The ids of what requests with this key made or changed, of whatever operation. They may belong to another holder
    than the actor's.
    """
    rows = await fetch(
        """
        WITH RECURSIVE known AS (
            SELECT min(operation) AS operation FROM idempotency_keys WHERE customer_id = $1
            UNION ALL
            SELECT (SELECT min(operation) FROM idempotency_keys WHERE customer_id = $1 AND operation > known.operation)
            FROM known WHERE known.operation IS NOT NULL
        )
        SELECT DISTINCT made.id FROM known CROSS JOIN LATERAL (
            SELECT coalesce(about_id, resource_id) AS id FROM idempotency_keys
            WHERE customer_id = $1 AND operation = known.operation AND key = $2 LIMIT 1
        ) AS made
        """,
        actor.customer_id,
        key,
    )
    return [row["id"] for row in rows]
