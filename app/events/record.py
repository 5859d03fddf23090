"""Write an event in the transaction of the change it tells of."""

from collections.abc import Sequence
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
    body = _body(event_id, actor, event_type, resource, data, previous, rfc3339(occurred_at))
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
        body,
        actor.via.value,
        actor.name,
        actor.request_id,
        occurred_at,
    )
    tx.wake([EVENTS_TOPIC, feed_topic(actor.customer_id), resource_topic(resource.id)])
    return event_id


@dataclass(frozen=True, slots=True)
class NewResource:
    """That something now exists: which event tells of it, caused by whom, and its data."""

    actor: Actor
    event_type: str
    resource: Resource
    data: dict[str, Any]


async def record_new(tx: Transaction, customer_id: UUID, resources: Sequence[NewResource]) -> None:
    """Write the first event of each of these, in their order and in one statement, as `record_event` would one by one.

    Call it once their rows are inserted: nobody else has seen them, so they are as good as locked.
    """
    if not resources:
        return
    occurred_at = await tx.now()
    instant = rfc3339(occurred_at)
    ids = [new_id() for _ in resources]
    bodies = [
        _body(event_id, new.actor, new.event_type, new.resource, new.data, None, instant)
        for event_id, new in zip(ids, resources, strict=True)
    ]
    await tx.execute(
        _RECORD_NEW_SQL,
        customer_id,
        occurred_at,
        ids,
        [new.event_type for new in resources],
        [new.resource.type for new in resources],
        [new.resource.id for new in resources],
        [new.resource.version for new in resources],
        [new.resource.holder_id for new in resources],
        bodies,
        [new.actor.via.value for new in resources],
        [new.actor.name for new in resources],
        [new.actor.request_id for new in resources],
    )
    tx.wake([EVENTS_TOPIC, feed_topic(customer_id)])


_RECORD_NEW_SQL = """
    WITH told AS MATERIALIZED (
        SELECT * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::integer[], $8::uuid[], $9::text[],
                             $10::text[], $11::text[], $12::text[])
             WITH ORDINALITY AS n (id, type, resource_type, resource_id, version, holder_id, body, via, actor,
                                   request_id, place)
    ), recorded AS (
        INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, holder_id, body,
                            via, actor, request_id, occurred_at)
        SELECT $1, id, type, resource_type, resource_id, version, holder_id, body, via, actor, request_id, $2 FROM told
    )
    INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, holder_id, occurred_at)
    SELECT $1, id, type, resource_type, resource_id, holder_id, $2 FROM told ORDER BY place
"""


def _body(
    event_id: UUID,
    actor: Actor,
    event_type: str,
    resource: Resource,
    data: dict[str, Any],
    previous: dict[str, Any] | None,
    instant: str,
) -> str:
    """The bytes that a webhook will carry."""
    body = {
        "id": str(event_id),
        "type": event_type,
        "timestamp": instant,
        "api_version": API_VERSION,
        "resource": {"type": resource.type, "id": str(resource.id), "version": resource.version},
        "previous": previous,
        "data": data,
        "cause": {"via": actor.via.value, "request_id": actor.request_id},
    }
    return orjson.dumps(body).decode()
