"""Answers to messages: stored in the transaction of the effect, sent after it, and deleted once they have arrived."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.db.connection import Record, fetch, pool
from app.db.transaction import Transaction
from app.idempotency.message_sources import Partition, Place

READ_MAX = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to the message at `place`: its key and body, as they are sent. `traceparent` names the span that the
    message was carried out in; it is not stored, so an answer that is read again has none.
    """

    place: Place
    key: bytes
    body: bytes
    traceparent: str | None = field(default=None, compare=False)


async def keep_answers(tx: Transaction, partition: Partition, answers: Sequence[Answer]) -> None:
    """Store answers that have to be sent."""
    await tx.execute(
        """
        INSERT INTO message_answers (customer_id, cluster, topic, partition, message_offset, sent_at_ms, key, body)
        SELECT $1, $2, $3, $4, n.message_offset, n.sent_at_ms, n.key, n.body
        FROM unnest($5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[]) AS n (message_offset, sent_at_ms, key, body)
        """,
        *_name(partition),
        [answer.place.offset for answer in answers],
        [answer.place.sent_at_ms for answer in answers],
        [answer.key for answer in answers],
        [answer.body for answer in answers],
    )


async def read_answers(tx: Transaction, partition: Partition, places: Sequence[Place]) -> list[Answer]:
    """The answers to these messages that may not have arrived yet, in the order of the messages."""
    rows = await tx.fetch(
        f"""
        SELECT message_offset, sent_at_ms, key, body FROM message_answers WHERE customer_id = $1 AND {_IN_RANGE_SQL}
        ORDER BY message_offset, sent_at_ms
        """,
        *_name(partition),
        *_range(places),
    )
    wanted = set(places)
    return [answer for row in rows if (answer := _answer_of(row)).place in wanted]


async def first_answers(partition: Partition) -> list[Answer]:
    """The first `READ_MAX` answers of this partition that may not have arrived yet, in the order of the messages."""
    rows = await fetch(
        f"""
        SELECT message_offset, sent_at_ms, key, body FROM message_answers
        WHERE customer_id = $1 AND cluster = $2 AND topic = $3 AND partition = $4
        ORDER BY message_offset, sent_at_ms LIMIT {READ_MAX}
        """,
        *_name(partition),
    )
    return [_answer_of(row) for row in rows]


# A range and not a join with the places: a join planned while the table is empty would compare every pair of rows.
_IN_RANGE_SQL = """cluster = $2 AND topic = $3 AND partition = $4
    AND message_offset BETWEEN $5 AND $6 AND message_offset = ANY($7::bigint[]) AND sent_at_ms = ANY($8::bigint[])"""


async def forget_answers(tx: Transaction | None, partition: Partition, places: Sequence[Place]) -> None:
    """Delete the answers to these messages, which have arrived; without a transaction, in a new one."""
    execute = pool().execute if tx is None else tx.execute
    await execute(
        f"DELETE FROM message_answers WHERE customer_id = $1 AND {_IN_RANGE_SQL}", *_name(partition), *_range(places)
    )


def _range(places: Sequence[Place]) -> tuple[object, ...]:
    offsets = [place.offset for place in places]
    return min(offsets), max(offsets), offsets, [place.sent_at_ms for place in places]


def _name(partition: Partition) -> tuple[object, ...]:
    return partition.customer_id, partition.cluster, partition.topic, partition.number


def _answer_of(row: Record) -> Answer:
    return Answer(Place(row["message_offset"], row["sent_at_ms"]), row["key"], row["body"])
