"""Insert new deliveries: a part at a time within a fan-out that is locked, or a few in a statement of their own."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.statement import as_text
from app.db.transaction import Transaction, run_alone
from app.webhooks.deliveries.match_messages import Message
from app.webhooks.records import WebhookEndpoint
from app.webhooks.status import EndpointStatus

CLAIMED_PART_MAX = 500
"""How many claimed deliveries, which are sent at once, one statement inserts at most: all that a usual pass makes."""
PART_MAX = 50
"""How many of the others, which wait in the table until a worker claims them."""
UNHURRIED_PART_MAX = 20
"""The same where nobody waits for the end of the pass. Such a part takes the database a millisecond or two."""
UNHURRIED_PAUSE_SECONDS = 0.008
UNHURRIED_PAUSES_SECONDS_MAX = 0.1
"""All such pauses of a pass together: the customer's next events wait for its end."""


@dataclass(slots=True)  # One that is frozen takes ten times as long to make.
class NewDelivery:
    """A delivery about to be inserted."""

    id: UUID
    endpoint: WebhookEndpoint
    message: Message
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class Pass:
    """What all deliveries of a pass have in common, and the positions between which it is."""

    customer_id: UUID
    at: datetime
    token: UUID
    lease_ends_at: datetime
    after: int
    until: int


_PARTS_SQL = """
    WITH moved_on AS (
        UPDATE webhook_fan_outs SET position = $17 WHERE customer_id = $1 AND {moving}
    ), told AS MATERIALIZED (
        SELECT id, ordered, status = 'ENABLED' AS is_enabled FROM webhook_endpoints{behind}
        WHERE customer_id = $1 AND id = ANY((SELECT $9::text::uuid[])::uuid[]) -- Read once, and not for each row.
          AND status <> 'DISABLED' AND deleted_at IS NULL
        ORDER BY id FOR SHARE OF webhook_endpoints
    ), endpoint AS MATERIALIZED (
        SELECT told.*, named.payload, named.number
        FROM unnest($9::text::uuid[], $10::text::text[]) WITH ORDINALITY AS named (id, payload, number)
        JOIN told ON told.id = named.id
    ), message AS MATERIALIZED (
        SELECT * FROM unnest($11::text::uuid[], $12::text::uuid[], $13::text::text[], $14::text::text[],
                             $15::text::uuid[], $16::text::bigint[])
            WITH ORDINALITY AS m (id, event_id, type, resource_type, resource_id, position, number)
    )"""
_INSERT_SQL = """
    INSERT INTO webhook_deliveries
        (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
         payload, status, next_attempt_at, lease_token, is_ordered, created_at, updated_at)
    SELECT $1, new.id, endpoint.id, message.id, message.event_id, message.type, message.resource_type,
           message.resource_id, message.position, endpoint.payload, 'PENDING',
           CASE WHEN endpoint.is_enabled THEN CASE WHEN claim.is_free THEN $3::timestamptz ELSE $2 END END,
           CASE WHEN endpoint.is_enabled AND claim.is_free THEN $4::uuid END, endpoint.ordered, $2, $2
    FROM unnest($5::text::uuid[], $6::text::integer[], $7::text::integer[], $8::text::boolean[])
         AS new (id, message_number, endpoint_number, is_claimed)
    JOIN endpoint ON endpoint.number = new.endpoint_number
    JOIN message ON message.number = new.message_number
    CROSS JOIN LATERAL (
        SELECT new.is_claimed AND NOT (endpoint.ordered AND EXISTS (
            SELECT FROM webhook_deliveries AS earlier
            WHERE earlier.customer_id = $1 AND earlier.endpoint_id = endpoint.id
              AND earlier.resource_id = message.resource_id AND earlier.feed_position < message.position
              AND earlier.is_ordered AND earlier.status IN ('PENDING', 'RETRYING')
              AND earlier.lease_token IS DISTINCT FROM $4::uuid
        )) AS is_free
    ) AS claim
    ON CONFLICT DO NOTHING
    RETURNING id, lease_token
"""
_PART_SQL = _PARTS_SQL.format(moving="position < $17 -- Once for all parts.", behind="") + _INSERT_SQL
# The part that moves the position is done first, since others read from it. Where another worker has moved it
# meanwhile, it answers no row, and nothing is written. Only then is the commit one that does not wait for the disk.
_ALONE_SQL = (
    _PARTS_SQL.format(
        moving="position = $18 RETURNING set_config('synchronous_commit', 'off', true)", behind=" CROSS JOIN moved_on"
    )
    + f", made AS ({_INSERT_SQL}) SELECT made.id, made.lease_token FROM moved_on LEFT JOIN made ON true"
)


async def insert_in_parts(
    tx: Transaction,
    this: Pass,
    deliveries: Sequence[NewDelivery],
    *,
    is_last: bool,
    may_rest: Callable[[], bool],
) -> dict[UUID, bool]:
    """Insert them a part at a time, the claimed ones first, with pauses before the parts of the others, so that other
    customers' deliveries go on meanwhile. Answers which are inserted now, and whether claimed.

    A pause is as long as the part before it took. Where nobody waits for the end, the parts are smaller, and the pauses
    longer while `may_rest` allows it: none is claimed, none is of an endpoint whose pace alone keeps it from being
    claimed here, and it `is_last`, so that no other pass follows at once.
    """
    claimed, others = ([new for new in deliveries if new.is_claimed is is_claimed] for is_claimed in (True, False))
    is_unhurried = is_last and not claimed and not any(_waits_for_its_pace(new.endpoint) for new in others)
    part_max = UNHURRIED_PART_MAX if is_unhurried else PART_MAX
    parts = [*_parts(claimed, CLAIMED_PART_MAX), *_parts(others, part_max)] or [[]]
    rest_seconds = min(UNHURRIED_PAUSE_SECONDS, UNHURRIED_PAUSES_SECONDS_MAX / len(parts)) if is_unhurried else 0.0
    inserted, took_seconds = dict[UUID, bool](), 0.0
    for number, part in enumerate(parts):
        if number and not part[0].is_claimed:
            await asyncio.sleep(max(took_seconds, rest_seconds if may_rest() else 0.0))
        began = time.monotonic()
        inserted |= _inserted(await _insert(tx, this, part))
        took_seconds = (time.monotonic() - began) * min(part_max / max(len(part), 1), 1)
    return inserted


def _waits_for_its_pace(endpoint: WebhookEndpoint) -> bool:
    return endpoint.max_per_second is not None and endpoint.status is EndpointStatus.ENABLED


def _parts(deliveries: Sequence[NewDelivery], size: int) -> list[Sequence[NewDelivery]]:
    return [deliveries[start : start + size] for start in range(0, len(deliveries), size)]


async def _insert(tx: Transaction, this: Pass, deliveries: Sequence[NewDelivery]) -> list[Record]:
    """Insert them in one statement, which also moves the position of the fan-out to the end of the pass. A delivery
    that exists already (made by a replay) is left as it is.

    A change of the endpoint's status waits until this commits, and this waits for such a change. So an endpoint that
    must not be sent to gets no due delivery, and one that is sent to gets no suspended one.

    Of an ordered endpoint none is claimed behind an open one of its resource, unless that is claimed here as well.
    """
    return await tx.fetch(_PART_SQL, *_arguments(this, deliveries))


async def insert_alone(this: Pass, deliveries: Sequence[NewDelivery]) -> dict[UUID, bool] | None:
    """The same without a transaction and without a lock that is held before: one round trip.

    None: another worker has moved the position since it was read, so nothing is done.
    """
    rows = await run_alone(_ALONE_SQL, *_arguments(this, deliveries), this.after, by_key=True)
    return _inserted(row for row in rows if row["id"] is not None) if rows else None


def _inserted(rows: Iterable[Record]) -> dict[UUID, bool]:
    return {row["id"]: row["lease_token"] is not None for row in rows}


def _arguments(this: Pass, deliveries: Sequence[NewDelivery]) -> tuple[Any, ...]:
    """What the statement takes. Each message and endpoint is sent once, and the deliveries name them by number."""
    messages = {new.message.id: new.message for new in deliveries}
    endpoints = {new.endpoint.id: new.endpoint for new in deliveries}
    message_numbers = {message_id: number for number, message_id in enumerate(messages, 1)}
    endpoint_numbers = {endpoint_id: number for number, endpoint_id in enumerate(endpoints, 1)}
    return (
        this.customer_id,
        this.at,
        this.lease_ends_at,
        this.token,
        as_text([new.id for new in deliveries]),
        as_text([message_numbers[new.message.id] for new in deliveries]),
        as_text([endpoint_numbers[new.endpoint.id] for new in deliveries]),
        as_text([new.is_claimed for new in deliveries]),
        as_text(endpoints),
        as_text([endpoint.payload.value for endpoint in endpoints.values()]),
        as_text(messages),
        as_text([message.event_id for message in messages.values()]),
        as_text([message.type for message in messages.values()]),
        as_text([message.resource_type for message in messages.values()]),
        as_text([message.resource_id for message in messages.values()]),
        as_text([message.position for message in messages.values()]),
        this.until,
    )
