"""The sequencer: gives committed events their position in their customer's feed.

A sequence, a clock and a transaction id all skip or reorder rows that commit late, so a position is given only to
what is already committed, by one sequencer at a time for each customer.
"""

from uuid import UUID

from app.db.connection import fetch, fetchval
from app.db.transaction import transaction

BATCH_SIZE_MAX = 1_000


async def number_events(customer_id: UUID, *, wait: bool = False) -> int:
    """Number this customer's committed events in insertion order; answers how many.

    With `wait`, an event committed before the call is numbered when it returns, whoever did it; without, it steps
    aside for another sequencer at work.
    """
    # Rows that another sequencer is numbering are still seen here until it commits, so this cheap look misses nothing.
    if not await fetchval("SELECT EXISTS (SELECT FROM unnumbered_events WHERE customer_id = $1)", customer_id):
        return 0
    total = 0
    while True:
        numbered = await _number_batch(customer_id, wait=wait)
        total += numbered
        if numbered < BATCH_SIZE_MAX:
            return total


async def customers_with_unnumbered_events() -> list[UUID]:
    """Customers whose events wait for a position: the one question asked over all customers."""
    rows = await fetch("SELECT DISTINCT customer_id FROM unnumbered_events")
    return [row["customer_id"] for row in rows]


async def _number_batch(customer_id: UUID, *, wait: bool) -> int:
    async with transaction() as tx:
        # The lock is a statement of its own: in one with the numbering, its snapshot could be older than the lock,
        # and events that another sequencer has just numbered would be numbered again.
        last_position = await tx.fetchval(
            f"SELECT last_position FROM feeds WHERE customer_id = $1 FOR UPDATE {'' if wait else 'SKIP LOCKED'}",
            customer_id,
        )
        if last_position is None:
            return 0
        numbered = await tx.fetchval(
            """
            WITH due AS (
                SELECT insertion FROM unnumbered_events WHERE customer_id = $1 ORDER BY insertion LIMIT $3
            ), taken AS (
                DELETE FROM unnumbered_events AS event USING due
                WHERE event.customer_id = $1 AND event.insertion = due.insertion
                RETURNING event.*
            ), numbered AS (
                INSERT INTO feed_entries (customer_id, position, event_id, type, resource_type, resource_id, holder_id,
                                          occurred_at)
                SELECT customer_id, $2 + row_number() OVER (ORDER BY insertion), event_id, type, resource_type,
                       resource_id, holder_id, occurred_at
                FROM taken
                RETURNING position
            )
            UPDATE feeds SET last_position = $2 + (SELECT count(*) FROM numbered)
            WHERE customer_id = $1
            RETURNING last_position - $2
            """,
            customer_id,
            last_position,
            BATCH_SIZE_MAX,
        )
    return int(numbered)
