"""Read endpoints, deliveries and attempts: one customer's, and only messages about nouns the actor may read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetch, fetchrow
from app.db.pages import OLDEST_FIRST, Page, count_rows, cursors_of, page_sql
from app.db.transaction import Transaction
from app.db.where import Where
from app.events.event_types import EVENT_TYPES, covers
from app.events.posted_transfer import BODY_SQL, body_of
from app.events.visibility import readable_resource_types
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.webhooks.message_body import Reader, message_body
from app.webhooks.records import (
    PublicKey,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookStats,
    attempt_of,
    delivery_of,
    endpoint_of,
)
from app.webhooks.replays.replay import WebhookReplay, replay_of
from app.webhooks.status import DeliveryStatus

STATS_OVER = timedelta(days=7)
PENDING_COUNTED_MAX = 10_000
ENDPOINTS_MAX = 100
"""How many endpoints one customer may have, deleted ones not counted."""


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list; None means any. `created_at_lt` is exclusive."""

    endpoint_id: UUID | None = None
    status: tuple[DeliveryStatus, ...] | None = None
    event_types: tuple[str, ...] | None = None
    resource_id: UUID | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None


def may_read(actor: Actor) -> None:
    """Webhooks belong to the customer: a holder's access token has none.

    :raises Forbidden: it lacks `webhooks:read`, or is one holder's.
    """
    refuse_holders(actor)
    actor.require("webhooks:read")


def refuse_holders(actor: Actor) -> None:
    """Refuse an access token.

    :raises Forbidden: the actor is one holder's.
    """
    if actor.holder_id is not None:
        raise Forbidden("Webhooks are the customer's: an access token of one holder cannot see or change them.")


async def find_webhook_endpoint(actor: Actor, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint, or None where this customer has none by that id or deleted it."""
    may_read(actor)
    row = await fetchrow(
        "SELECT * FROM webhook_endpoints WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL",
        actor.customer_id,
        endpoint_id,
    )
    return None if row is None else endpoint_of(row)


async def find_webhook_endpoints(actor: Actor, endpoint_ids: Sequence[UUID]) -> dict[UUID, WebhookEndpoint]:
    """Endpoints by id, deleted ones too: a delivery shows its endpoint even after that is deleted."""
    may_read(actor)
    rows = await fetch(
        "SELECT * FROM webhook_endpoints WHERE customer_id = $1 AND id = ANY($2)", actor.customer_id, list(endpoint_ids)
    )
    return {row["id"]: endpoint_of(row) for row in rows}


async def list_webhook_endpoints(actor: Actor) -> list[WebhookEndpoint]:
    """All endpoints, oldest first; at most `ENDPOINTS_MAX`."""
    may_read(actor)
    rows = await fetch(
        "SELECT * FROM webhook_endpoints WHERE customer_id = $1 AND deleted_at IS NULL ORDER BY created_at, id",
        actor.customer_id,
    )
    return [endpoint_of(row) for row in rows]


async def secret_ends_of_endpoints(actor: Actor, endpoint_ids: Sequence[UUID]) -> dict[UUID, list[datetime]]:
    """When older secrets of these endpoints stop signing, by endpoint, the next first.

    Whoever rotates one sees it in the answer, also without `webhooks:read`: a refusal there would keep the new secret
    from them.
    """
    refuse_holders(actor)
    rows = await fetch(
        """
        SELECT endpoint_id, array_agg(expires_at ORDER BY expires_at) AS ends FROM webhook_secrets
        WHERE customer_id = $1 AND endpoint_id = ANY($2) AND scheme = 'v1' AND expires_at > now()
        GROUP BY endpoint_id
        """,
        actor.customer_id,
        list(endpoint_ids),
    )
    return {row["endpoint_id"]: row["ends"] for row in rows}


async def public_keys_of_endpoint(endpoint_id: UUID) -> list[PublicKey]:
    """The keys that verify what any customer's endpoint of this id gets now, the newest first. They are public, and
    whoever knows the id may read them; none of an endpoint that does not exist or was deleted.
    """
    rows = await fetch(
        """
        SELECT public_key, expires_at FROM webhook_secrets
        WHERE endpoint_id = $1 AND scheme = 'v1a' AND (expires_at IS NULL OR expires_at > now())
        ORDER BY created_at DESC, id
        """,
        endpoint_id,
    )
    return [PublicKey(row["public_key"], row["expires_at"]) for row in rows]


async def lock_endpoint(tx: Transaction, customer_id: UUID, endpoint_id: UUID) -> Record | None:
    """The endpoint's row, locked against changes until the transaction ends; None if it is missing or deleted."""
    return await tx.fetchrow(
        """
        SELECT * FROM webhook_endpoints WHERE customer_id = $1 AND id = $2 AND deleted_at IS NULL
        FOR NO KEY UPDATE
        """,
        customer_id,
        endpoint_id,
    )


async def find_webhook_delivery(actor: Actor, delivery_id: UUID) -> WebhookDelivery | None:
    """The delivery, or None where this actor can read none by that id."""
    may_read(actor)
    row = await fetchrow(
        "SELECT * FROM webhook_deliveries WHERE customer_id = $1 AND id = $2 AND resource_type = ANY($3)",
        actor.customer_id,
        delivery_id,
        readable_resource_types(actor),
    )
    return None if row is None else delivery_of(row)


async def find_deliveries_of_message(actor: Actor, message_id: UUID) -> list[WebhookDelivery]:
    """What was sent with this `webhook-id`, to each endpoint that there is or was, as far as this actor may read it."""
    may_read(actor)
    rows = await fetch(
        """
        SELECT delivery.* FROM webhook_endpoints AS endpoint CROSS JOIN LATERAL (
            SELECT * FROM webhook_deliveries
            WHERE customer_id = $1 AND endpoint_id = endpoint.id AND message_id = $2 LIMIT 1
        ) AS delivery
        WHERE endpoint.customer_id = $1 AND delivery.resource_type = ANY($3)
        ORDER BY delivery.created_at DESC, delivery.id DESC
        """,
        actor.customer_id,
        message_id,
        readable_resource_types(actor),
    )
    return [delivery_of(row) for row in rows]


async def read_webhook_deliveries(actor: Actor, wanted: DeliveryFilter, page: Page) -> list[WebhookDelivery]:
    """A part of the list, by the instants of making, in its order, whichever way it is paged.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    may_read(actor)
    where = _where(actor, wanted)
    order = page_sql(where, page, _made_for(wanted, descending=page.descending))
    rows = await fetch(f"SELECT * FROM webhook_deliveries WHERE {where.sql} {order}", *where.arguments)
    return page.in_order([delivery_of(row) for row in rows])


async def count_webhook_deliveries(actor: Actor, wanted: DeliveryFilter) -> int | None:
    """How many there are: exact up to 10,000; None beyond."""
    may_read(actor)
    return await count_rows("webhook_deliveries", _where(actor, wanted))


def webhook_delivery_cursors(
    wanted: DeliveryFilter, deliveries: Iterable[WebhookDelivery], *, descending: bool = True
) -> list[str]:
    """The cursors of these deliveries in the list of this filter and order."""
    return cursors_of(_made_for(wanted, descending=descending), deliveries)


async def attempts_of_deliveries(actor: Actor, delivery_ids: Sequence[UUID]) -> dict[UUID, list[WebhookAttempt]]:
    """Attempts by delivery, in order; a delivery without any has an empty list."""
    may_read(actor)
    rows = await fetch(
        "SELECT * FROM webhook_attempts WHERE customer_id = $1 AND delivery_id = ANY($2) ORDER BY delivery_id, number",
        actor.customer_id,
        list(delivery_ids),
    )
    found: dict[UUID, list[WebhookAttempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    for row in rows:
        found[row["delivery_id"]].append(attempt_of(row))
    return found


async def request_bodies(actor: Actor, deliveries: Sequence[WebhookDelivery]) -> dict[UUID, str]:
    """The body sent, by delivery id. A delivery whose event is gone, or that the actor may not read, is left out."""
    may_read(actor)
    # The delivery's type decides, not its event's: a ledger's balance change is made from a transfer.
    readable = frozenset(readable_resource_types(actor))
    deliveries = [delivery for delivery in deliveries if delivery.resource_type in readable]
    rows = await fetch(
        f"SELECT id, holder_id, other_holder_id, {BODY_SQL} FROM events AS event"
        " WHERE customer_id = $1 AND id = ANY($2)",
        actor.customer_id,
        list({delivery.event_id for delivery in deliveries}),
    )
    events = {row["id"]: row for row in rows}
    endpoints = await find_webhook_endpoints(actor, list({delivery.endpoint_id for delivery in deliveries}))
    return {
        delivery.id: _body_of(delivery, endpoints[delivery.endpoint_id], events[delivery.event_id])
        for delivery in deliveries
        if delivery.event_id in events
    }


async def stats_of_endpoints(actor: Actor, endpoint_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, WebhookStats]:
    """What became of deliveries in the seven days before `now` (to the hour), and what is still open, by endpoint.

    Open ones are counted up to `PENDING_COUNTED_MAX` due or waiting, and as many suspended ones; the oldest is the
    oldest of those. So it costs the same however many there are.
    """
    may_read(actor)
    rows = await fetch(
        """
        SELECT wanted.id AS endpoint_id, ended.delivered, ended.failed, pending.count AS pending,
               pending.oldest_at AS oldest_pending_at
        FROM unnest($2::uuid[]) AS wanted (id)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(delivered), 0)::bigint AS delivered, coalesce(sum(failed), 0)::bigint AS failed
            FROM webhook_outcomes WHERE customer_id = $1 AND endpoint_id = wanted.id AND hour >= $3
        ) AS ended
        CROSS JOIN LATERAL (
            SELECT count(*) AS count, min(created_at) AS oldest_at FROM (
                (SELECT created_at FROM webhook_deliveries
                 WHERE customer_id = $1 AND endpoint_id = wanted.id AND next_attempt_at IS NOT NULL
                 ORDER BY status, next_attempt_at LIMIT $4)
                UNION ALL
                (SELECT created_at FROM webhook_deliveries
                 WHERE customer_id = $1 AND endpoint_id = wanted.id AND next_attempt_at IS NULL
                   AND status IN ('PENDING', 'RETRYING')
                 ORDER BY created_at, id LIMIT $4)
            ) AS open
        ) AS pending
        """,
        actor.customer_id,
        list(endpoint_ids),
        now - STATS_OVER,
        PENDING_COUNTED_MAX,
    )
    found = {endpoint_id: WebhookStats() for endpoint_id in endpoint_ids}
    for row in rows:
        oldest = row["oldest_pending_at"]
        found[row["endpoint_id"]] = WebhookStats(
            delivered=row["delivered"],
            failed=row["failed"],
            pending=row["pending"],
            oldest_pending_seconds=None if oldest is None else max((now - oldest).total_seconds(), 0.0),
        )
    return found


def _body_of(delivery: WebhookDelivery, endpoint: WebhookEndpoint, event: Record) -> str:
    return message_body(
        delivery.payload,
        body_of(event),
        customer_id=delivery.customer_id,
        message_id=delivery.message_id,
        reader=Reader(endpoint.holder_id, event["holder_id"], event["other_holder_id"]),
    )


async def find_webhook_replays(actor: Actor, replay_ids: Sequence[UUID]) -> dict[UUID, WebhookReplay]:
    """Those of these replays that are the customer's, by id."""
    may_read(actor)
    rows = await fetch(
        "SELECT * FROM webhook_replays WHERE customer_id = $1 AND id = ANY($2)", actor.customer_id, list(replay_ids)
    )
    return {row["id"]: replay_of(row) for row in rows}


def _made_for(wanted: DeliveryFilter, *, descending: bool) -> list[Any]:
    return [
        "webhookDeliveries",
        wanted.endpoint_id,
        wanted.status,
        wanted.event_types,
        wanted.resource_id,
        wanted.created_at_gte,
        wanted.created_at_lt,
        *(() if descending else (OLDEST_FIRST,)),
    ]


def _where(actor: Actor, wanted: DeliveryFilter) -> Where:
    where = Where(actor.customer_id)
    where.add("resource_type = ANY({})", readable_resource_types(actor))
    where.add("endpoint_id = {}", wanted.endpoint_id)
    if wanted.status is not None:
        where.add("status = ANY({}::text[])", [status.value for status in wanted.status])
        if DeliveryStatus.DELIVERED not in wanted.status:
            where.add("status <> 'DELIVERED'")  # Worded like the partial index, so that it is used.
    if wanted.event_types is not None:
        wanted_types = [name for name in EVENT_TYPES if covers(wanted.event_types, name)]
        where.add("event_type = ANY({}::text[])", wanted_types)
    where.add("resource_id = {}", wanted.resource_id)
    where.add("created_at >= {}", wanted.created_at_gte)
    where.add("created_at < {}", wanted.created_at_lt)
    return where
