"""How many payments there are in each status."""

from dataclasses import dataclass
from datetime import datetime

from app.db.connection import fetch
from app.db.where import Where
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.payments.queries import READ
from app.payments.status import PaymentStatus

COUNTED_MAX = 10_000
"""Payments of one status that are counted: so an answer costs the same however many there are."""


@dataclass(frozen=True, slots=True)
class PaymentCount:
    """How many payments have this status; at least so many if `has_more`."""

    status: PaymentStatus
    count: int
    has_more: bool


async def count_payments(
    actor: Actor, *, since: datetime | None = None, before: datetime | None = None
) -> list[PaymentCount]:
    """How many payments that were made in this time have each status, in the order of the statuses.

    :raises Forbidden: the actor lacks `payments:read`, or is one holder's.
    """
    actor.require(READ)
    if actor.holder_id is not None:
        raise Forbidden("These counts are over all holders: use an API key, not one holder's token.")
    where = Where(actor.customer_id)
    statuses, limit = where.place([status.value for status in PaymentStatus]), where.place(COUNTED_MAX + 1)
    where.add("created_at >= {}", since)
    where.add("created_at < {}", before)
    rows = await fetch(
        f"""
        SELECT n.status, counted.count FROM unnest({statuses}::text[]) WITH ORDINALITY AS n (status, place)
        CROSS JOIN LATERAL (
            SELECT count(*) AS count FROM (
                SELECT FROM payments WHERE {where.sql} AND status = n.status
                ORDER BY created_at DESC, id DESC LIMIT {limit}
            ) AS few
        ) AS counted
        ORDER BY n.place
        """,
        *where.arguments,
    )
    return [
        PaymentCount(PaymentStatus(row["status"]), min(row["count"], COUNTED_MAX), has_more=row["count"] > COUNTED_MAX)
        for row in rows
    ]
