"""The rate limit of an endpoint, kept by all workers together: each request begins in a place of its own.

A row says when the next place begins, and whoever takes places moves it on. A place that was missed, since the worker
stalled or the receiver took long to accept the connection, is never made up for: its request takes a later place.

Places are a little further apart than the limit says. So requests that begin late in their places, or are on their way
for a different time, are not too many in any second.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.db.away import DATABASE_UNUSABLE
from app.db.connection import fetchrow
from app.db.transaction import Transaction
from app.webhooks.deliveries.claimed import Claimed, Place
from app.webhooks.deliveries.send_request import FaultOfOurs

LATE_SECONDS = 0.03
"""How late a request may begin in its place."""
ON_THE_WAY_SECONDS = 0.02
"""By how much requests may differ in how long they are on their way."""
AHEAD = timedelta(seconds=1)
"""For how long ahead a worker takes places."""
PLACE_WITHIN = timedelta(seconds=2)
WAIT_SECONDS_MAX = 5.0
"""How long a request waits in all for places. If it has none by then, its delivery is given back."""


class NoPlaceYet(Exception):
    """Others have taken all places of the next seconds."""


@dataclass(frozen=True, slots=True)
class Places:
    """The next `count` places of an endpoint; the first is at `first_at`, and each follows `gap` after."""

    count: int
    first_at: datetime
    gap: timedelta

    def at(self, number: int) -> datetime:
        """When the place with this number, from 0, begins."""
        return self.first_at + number * self.gap


@dataclass(frozen=True, slots=True)
class Reading:
    """What the database's clock said, and this worker's (`time.monotonic`) right before and right after."""

    at: datetime
    earliest: float
    latest: float

    def place(self, begins_at: datetime, *, lasts_seconds: float = 0.0) -> Place:
        """The place by this worker's clock. It may be over already, if the reading took long."""
        ahead = (begins_at - self.at).total_seconds()
        return Place(self.latest + ahead, self.earliest + ahead + lasts_seconds + LATE_SECONDS)


def gap_of(max_per_second: int) -> timedelta:
    """How far apart places are."""
    return timedelta(seconds=1 + LATE_SECONDS + ON_THE_WAY_SECONDS) / max_per_second


async def take_places(
    tx: Transaction, customer_id: UUID, endpoint_id: UUID, *, wanted: int, max_per_second: int | None
) -> Places:
    """Lock the endpoint's pace, and see how many of the wanted places are free in the next second."""
    now = await tx.now()
    if max_per_second is None:
        return Places(wanted, now, timedelta(0))
    next_at = await tx.fetchval(
        """
        INSERT INTO webhook_paces AS pace (customer_id, endpoint_id, next_at) VALUES ($1, $2, $3)
        ON CONFLICT (customer_id, endpoint_id) DO UPDATE SET next_at = greatest(pace.next_at, excluded.next_at)
        RETURNING next_at
        """,
        customer_id,
        endpoint_id,
        now,
    )
    gap = gap_of(max_per_second)
    return Places(max(min(wanted, (now + AHEAD + gap - next_at) // gap), 0), next_at, gap)


async def keep_places(tx: Transaction, customer_id: UUID, endpoint_id: UUID, places: Places, *, used: int) -> None:
    """Note that so many of the places are used."""
    if used and places.gap:
        await tx.execute(
            "UPDATE webhook_paces SET next_at = $3 WHERE customer_id = $1 AND endpoint_id = $2",
            customer_id,
            endpoint_id,
            places.at(used),
        )


async def wait_for_place(delivery: Claimed) -> None:
    """Return when the request of this delivery may begin, at once. If it has no place, or missed it, it takes another.

    Each place that it takes is twice as long as the one before, so that a busy worker does not miss them all.

    :raises NoPlaceYet: there is none in the next seconds, or it missed all that it took.
    :raises FaultOfOurs: the database is away.
    """
    if delivery.max_per_second is None:
        return
    place, count, until = delivery.place, 1, time.monotonic() + WAIT_SECONDS_MAX
    while place is None or not place.is_now(now := time.monotonic()):
        if place is not None and place.begins_at > now:
            await asyncio.sleep(place.begins_at - now)
            continue
        place = await _take_place(delivery, delivery.max_per_second, min(count, delivery.max_per_second))
        if place.begins_at > until:
            raise NoPlaceYet
        count *= 2


async def _take_place(delivery: Claimed, max_per_second: int, count: int) -> Place:
    """Take so many places in a row, which are used as one."""
    gap, earliest = gap_of(max_per_second), time.monotonic()
    try:
        row = await fetchrow(
            """
            INSERT INTO webhook_paces AS pace (customer_id, endpoint_id, next_at)
            VALUES ($1, $2, clock_timestamp() + $3::interval)
            ON CONFLICT (customer_id, endpoint_id) DO UPDATE
                SET next_at = greatest(pace.next_at, clock_timestamp()) + $3
                WHERE pace.next_at <= clock_timestamp() + $4::interval
            RETURNING next_at - $3 AS begins_at, clock_timestamp() AS now
            """,
            *delivery.endpoint,
            count * gap,
            PLACE_WITHIN,
        )
    except DATABASE_UNUSABLE as error:
        raise FaultOfOurs("the rate limit cannot be read: the database is away") from error
    if row is None:
        raise NoPlaceYet
    reading = Reading(row["now"], earliest, time.monotonic())
    return reading.place(row["begins_at"], lasts_seconds=((count - 1) * gap).total_seconds())
