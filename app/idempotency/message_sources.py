"""Messages are carried out once: a message's place serves as its idempotency key, reserved with the effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of a topic; this customer sends its messages."""

    customer_id: UUID
    cluster: str
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a message in its partition, and its timestamp in milliseconds since 1970 (-1: none)."""

    offset: int
    sent_at_ms: int


async def reserve_sources(tx: Transaction, partition: Partition, places: Sequence[Place]) -> set[Place]:
    """Which of these messages are new. The others were carried out before.

    Two processes with the same message wait for each other here, so call it first in the transaction.
    """
    rows = await tx.fetch(
        """
        INSERT INTO message_sources (customer_id, cluster, topic, partition, message_offset, sent_at_ms)
        SELECT $1, $2, $3, $4, n.message_offset, n.sent_at_ms
        FROM unnest($5::bigint[], $6::bigint[]) AS n (message_offset, sent_at_ms)
        ON CONFLICT DO NOTHING RETURNING message_offset, sent_at_ms
        """,
        partition.customer_id,
        partition.cluster,
        partition.topic,
        partition.number,
        [place.offset for place in places],
        [place.sent_at_ms for place in places],
    )
    return {Place(row["message_offset"], row["sent_at_ms"]) for row in rows}
