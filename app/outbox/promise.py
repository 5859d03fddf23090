"""Promise work: a row in the transaction of the change that needs it, so that both are committed or neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.identifiers import new_id
from app.db.notifications import WORK_TOPIC
from app.db.statement import Statement
from app.db.transaction import Transaction
from app.kernel.actor import Actor


@dataclass(slots=True)
class NewPromise:
    """A promise that `kind` of work will be done for `resource_id`, at once or from `not_before` on."""

    kind: str
    resource_id: UUID
    request_id: str | None = None
    not_before: datetime | None = None
    traceparent: str | None = None


async def promise(
    tx: Transaction, actor: Actor, kind: str, resource_id: UUID, *, not_before: datetime | None = None
) -> None:
    """Promise that `kind` of work will be done for `resource_id`, at once or from `not_before` on.

    `workers/routes.py` says which verb each kind calls.
    """
    statement = Statement(actor.customer_id, await tx.now())
    add_promises(statement, [NewPromise(kind, resource_id, actor.request_id, not_before, actor.traceparent)])
    await statement.run(tx)


async def hasten(tx: Transaction, customer_id: UUID, kind: str, resource_ids: Sequence[UUID]) -> None:
    """Let promised work of this kind begin now, where it waits for a later time. Work under way is left alone."""
    hastened = await tx.execute(
        """
        UPDATE outbox_messages SET next_attempt_at = $4
        WHERE customer_id = $1 AND kind = $2 AND resource_id = ANY($3)
          AND status = 'PENDING' AND lease_token IS NULL AND next_attempt_at > $4
        """,
        customer_id,
        kind,
        resource_ids,
        await tx.now(),
    )
    if hastened:
        tx.wake([WORK_TOPIC])


PROMISE_SQL = """
    INSERT INTO outbox_messages (customer_id, id, kind, resource_id, request_id, status, next_attempt_at, created_at,
                                 traceparent)
    SELECT $1, id, kind, resource_id, request_id, 'PENDING', coalesce(not_before, $2), $2, traceparent
    FROM unnest($?::uuid[], $?::text[], $?::uuid[], $?::text[], $?::timestamptz[], $?::text[])
         AS n (id, kind, resource_id, request_id, not_before, traceparent)
"""


def add_promises(statement: Statement, promises: Sequence[NewPromise]) -> None:
    """Make these promises for the statement's customer; without `not_before`, work is due at the statement's time."""
    statement.add(
        "promised",
        PROMISE_SQL,
        [new_id() for _ in promises],
        [one.kind for one in promises],
        [one.resource_id for one in promises],
        [one.request_id for one in promises],
        [one.not_before for one in promises],
        [one.traceparent for one in promises],
    )
    statement.topics.add(WORK_TOPIC)
