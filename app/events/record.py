"""Write an event in the transaction of the change it tells of."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.db.identifiers import new_id
from app.db.notifications import EVENTS_TOPIC, feed_topic, resource_topic
from app.db.transaction import Transaction
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339

API_VERSION = "2026-11-20"


@dataclass(frozen=True, slots=True)
class Resource:
    """What an event is about: its type and id, its version after the change, and the holder it belongs to."""

    type: str
    id: UUID
    version: int
    holder_id: UUID | None = None


async def record_event(
    tx: Transaction,
    actor: Actor,
    event_type: str,
    resource: Resource,
    data: dict[str, Any],
    *,
    previous: dict[str, Any] | None = None,
) -> UUID:
    """Write one event and answer its id. Call it while the resource's row is locked: then events of one resource
    are inserted, and later numbered, in the order of their commits.

    `data` is the whole object after the change, `previous` what the change replaced; both JSON, without personal data.
    The bytes that a webhook will carry are frozen here.
    """
    event_id = new_id()
    occurred_at = await tx.now()
    body = {
        "id": str(event_id),
        "type": event_type,
        "timestamp": rfc3339(occurred_at),
        "api_version": API_VERSION,
        "resource": {"type": resource.type, "id": str(resource.id), "version": resource.version},
        "previous": previous,
        "data": data,
        "cause": {"via": actor.via.value, "request_id": actor.request_id},
    }
    await tx.execute(
        """
        WITH event AS (
            INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, holder_id, body,
                                via, actor, request_id, occurred_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        )
        INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, holder_id, occurred_at)
        VALUES ($1, $2, $3, $4, $5, $7, $12)
        """,
        actor.customer_id,
        event_id,
        event_type,
        resource.type,
        resource.id,
        resource.version,
        resource.holder_id,
        orjson.dumps(body).decode(),
        actor.via.value,
        actor.name,
        actor.request_id,
        occurred_at,
    )
    tx.wake([EVENTS_TOPIC, feed_topic(actor.customer_id), resource_topic(resource.id)])
    return event_id
