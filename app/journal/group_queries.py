"""Read groups: the transfers of atomic batches."""

from uuid import UUID

from app.db.connection import fetch
from app.idempotency.key import Key
from app.journal.records import TRANSFER_COLUMNS_SQL, TRANSFER_JOINS_SQL, Transfer, transfer_of
from app.kernel.actor import Actor

GROUP_SQL = f"""
    SELECT {TRANSFER_COLUMNS_SQL} FROM (
        SELECT * FROM transfers WHERE customer_id = $1 AND group_id = $2
    ) AS t {TRANSFER_JOINS_SQL}
    ORDER BY t.posted_at, t.id
"""
KEYED_SQL = """
    SELECT k.command_hash, t.id AS transfer_id, t.group_id FROM idempotency_keys AS k
    JOIN transfers AS t ON t.customer_id = k.customer_id AND t.id = k.resource_id
    WHERE k.customer_id = $1 AND k.operation = $2 AND k.key = $3
"""


async def read_group(customer_id: UUID, group_id: UUID) -> list[Transfer]:
    """All transfers of a group, whoever may read them, in the order in which they were posted. None are ever added."""
    return [transfer_of(row) for row in await fetch(GROUP_SQL, customer_id, group_id)]


async def find_keyed_group(actor: Actor, key: Key) -> tuple[bytes, UUID, UUID] | None:
    """The hash of the content that came with a key of `reverseGroup`, the first transfer that it made, and its group;
    None if the key is new.
    """
    rows = await fetch(KEYED_SQL, actor.customer_id, key.operation, key.key)
    return (rows[0]["command_hash"], rows[0]["transfer_id"], rows[0]["group_id"]) if rows else None
