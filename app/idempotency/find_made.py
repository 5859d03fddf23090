"""What a request with an idempotency key made."""

from collections.abc import Collection
from uuid import UUID

from app.db.connection import fetch
from app.idempotency.key import check_key
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import Path


def check_operation(operation: str, known: Collection[str], path: Path) -> str:
    """One of these operations.

    :raises Invalid: it is another one; the message lists them.
    """
    if operation not in known:
        refuse(f"Such a key is one of these operations: {', '.join(known)}.", path)
    return operation


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
