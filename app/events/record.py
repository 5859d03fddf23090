"""Write events in the transaction of the changes they report."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.db.guarded_statement import INSTANT_SQL, GuardedStatement
from app.db.identifiers import new_id
from app.db.notifications import EVENTS_TOPIC, feed_topic, resource_topic
from app.db.statement import Statement
from app.db.transaction import Transaction
from app.events.left_out_bodies import are_left_out
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339
from app.kernel.tracing import tracing

API_VERSION = "2026-11-20"


@dataclass(frozen=True, slots=True)
class Resource:
    """What an event is about: its type and id, its version after the change, and the holder it belongs to."""

    type: str
    id: UUID
    version: int
    holder_id: UUID | None = None


@dataclass(slots=True, kw_only=True)
class NewEvent:
    """An event about to be written; `body` is what a webhook will carry, byte for byte. With a `body_format` it is not
    stored, but made again from the row of the transfer (see `posted_transfer`), and `body_checksum` proves it.

    An event of a transfer or hold names both posting accounts. It belongs to two holders: the debited account's, and
    the credited account's as the other one.
    """

    id: UUID
    type: str
    resource: Resource
    actor: Actor
    body: str
    other_holder_id: UUID | None = None
    debit_id: UUID | None = None
    credit_id: UUID | None = None
    body_format: int | None = None
    body_checksum: int | None = None


def new_event(
    actor: Actor, event_type: str, resource: Resource, instant: str, data: str, *, previous: str = "null"
) -> NewEvent:
    """An event that happened at `instant` (RFC 3339). `data` is the whole object after the change, `previous` what the
    change replaced; both are JSON as text, without personal data.
    """
    event_id = new_id()
    cause = f'{{"via":"{actor.via.value}","request_id":{json_text(actor.request_id)}}}'
    body = event_body(event_id, event_type, resource, instant, data, previous=previous, cause=cause)
    return NewEvent(id=event_id, type=event_type, resource=resource, actor=actor, body=body)


def event_body(
    event_id: UUID, event_type: str, resource: Resource, instant: str, data: str, *, previous: str, cause: str
) -> str:
    """What a webhook with the payload FULL carries, byte for byte. Data, what it replaced and the cause are JSON."""
    return (
        f'{{"id":"{event_id}","type":"{event_type}","timestamp":"{instant}","api_version":"{API_VERSION}",'
        f'"resource":{{"type":"{resource.type}","id":"{resource.id}","version":{resource.version}}},'
        f'"previous":{previous},"data":{data},"cause":{cause}}}'
    )


def json_text(value: Any) -> str:
    """A value as JSON without spaces."""
    return "null" if value is None else orjson.dumps(value).decode()


async def record_event(
    tx: Transaction,
    actor: Actor,
    event_type: str,
    resource: Resource,
    data: dict[str, Any],
    *,
    previous: dict[str, Any] | None = None,
) -> UUID:
    """Write one event and answer its id. Call it while the resource's row is locked: then the events of a resource are
    inserted, and later numbered, in commit order.
    """
    now = await tx.now()
    event = new_event(actor, event_type, resource, rfc3339(now), json_text(data), previous=json_text(previous))
    statement = Statement(actor.customer_id, now)
    add_events(statement, [event])
    statement.topics.add(resource_topic(resource.id))
    await statement.run(tx)
    return event.id


@dataclass(frozen=True, slots=True)
class NewResource:
    """A new object: its event type, who made it, and its data."""

    actor: Actor
    event_type: str
    resource: Resource
    data: dict[str, Any]


async def record_new(tx: Transaction, customer_id: UUID, resources: Sequence[NewResource]) -> None:
    """Write the first event of each of these objects, in order, in one statement; the same as `record_event` for each.

    Call it once their rows are inserted: no other transaction sees them yet, so they count as locked.
    """
    if not resources:
        return
    now = await tx.now()
    instant = rfc3339(now)
    statement = Statement(customer_id, now)
    add_events(
        statement,
        [new_event(new.actor, new.event_type, new.resource, instant, json_text(new.data)) for new in resources],
    )
    await statement.run(tx)


# Each event is sent once and written twice. Numbers are taken from the sequence in this order while all rows are
# locked: for each resource and each posting account that is commit order.
_TOLD_SQL = """
    SELECT * FROM unnest($?::text::uuid[], $?::text::text[], $?::text::text[], $?::text::uuid[], $?::text::uuid[],
                         $?::text::uuid[], $?::text::integer[], $?::text[], $?::text::text[], $?::text[], $?::text[],
                         $?::text::uuid[], $?::text::uuid[]{types})
         WITH ORDINALITY AS n (id, type, resource_type, resource_id, holder_id, other_holder_id, version, body, via,
                               actor, request_id, debit_id, credit_id{columns}, place)
"""
_RECORD_SQL = """
    INSERT INTO events (customer_id, id, type, resource_type, resource_id, holder_id, other_holder_id,
                        resource_version, body, via, actor, request_id, occurred_at{columns})
    SELECT $1, id, type, resource_type, resource_id, holder_id, other_holder_id, version, {body}, via, actor,
           request_id, $2{columns}
    FROM told
"""
QUEUE_SQL = """
    INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, holder_id, other_holder_id,
                                   debit_id, credit_id, occurred_at)
    SELECT $1, id, type, resource_type, resource_id, holder_id, other_holder_id, debit_id, credit_id, $2
    FROM told ORDER BY place
"""


@functools.cache
def event_parts(*, is_traced: bool, leaves_out: bool, is_guarded: bool) -> tuple[str, str]:
    """The SQL that takes the events, and that which records them: with the spans of their requests, where traces are
    recorded; with formats, where bodies may be left out; and the bodies of a guarded statement have `INSTANT_LATER` in
    the place of the time.
    """
    types = (", $?::text[]" if is_traced else "") + (
        ", $?::text::smallint[], $?::text::integer[]" if leaves_out else ""
    )
    columns = (", traceparent" if is_traced else "") + (", body_format, body_checksum" if leaves_out else "")
    body = INSTANT_SQL.format("body") if is_guarded else "body"
    return _TOLD_SQL.format(types=types, columns=columns), _RECORD_SQL.format(body=body, columns=columns)


def add_events(statement: Statement, events: Sequence[NewEvent]) -> None:
    """Write these events, in order, for the statement's customer and time. The rows of their resources are locked."""
    is_traced, leaves_out = tracing.is_on, are_left_out()
    told, recorded = event_parts(
        is_traced=is_traced, leaves_out=leaves_out, is_guarded=isinstance(statement, GuardedStatement)
    )
    statement.add(
        "told",
        told,
        [one.id for one in events],
        [one.type for one in events],
        [one.resource.type for one in events],
        [one.resource.id for one in events],
        [one.resource.holder_id for one in events],
        [one.other_holder_id for one in events],
        [one.resource.version for one in events],
        [one.body if one.body_format is None else "" for one in events],
        [one.actor.via for one in events],
        [one.actor.name for one in events],
        [one.actor.request_id for one in events],
        [one.debit_id for one in events],
        [one.credit_id for one in events],
        *([[one.actor.traceparent for one in events]] if is_traced else ()),
        *(([one.body_format for one in events], [one.body_checksum for one in events]) if leaves_out else ()),
    )
    statement.add("recorded", recorded)
    statement.add("queued", QUEUE_SQL)
    statement.topics |= {EVENTS_TOPIC, feed_topic(statement.customer_id)}
