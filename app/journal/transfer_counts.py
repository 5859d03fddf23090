"""How many transfers were posted in each hour, day, week or month, for charts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.connection import fetch, fetchval
from app.journal.activity import INTERVAL_PATH, TO_PATH, ActivityInterval, checked_span
from app.journal.horizon import settle_instant
from app.journal.transfer_queries import READ
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import Forbidden

COUNTED_MAX = 10_000
"""Transfers of one bucket that are counted: so an answer costs the same however many there are."""
BUCKETS_MAX = 62
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TransferCount:
    """How many transfers were posted from `start` to the start of the next bucket; at least so many if `has_more`."""

    start: datetime
    count: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class CountedTime:
    """A time in buckets by the clocks of a time zone; without `before` up to now."""

    since: datetime
    before: datetime | None
    interval: ActivityInterval
    time_zone: str


async def count_transfers(actor: Actor, time: CountedTime) -> list[TransferCount]:
    """How many transfers were posted, bucket after bucket, also where none was. What is answered of the past never
    changes later.

    :raises Forbidden: the actor lacks `transfers:read`, or is one holder's.
    :raises Invalid: the time ends before it begins or in the future, has too many buckets, or no such time zone.
    """
    actor.require(READ)
    if actor.holder_id is not None:
        raise Forbidden("These counts are over all holders: use an API key, not one holder's token.")
    before = time.before or await fetchval("SELECT clock_timestamp()")
    starts = checked_span(time.since, before, time.interval, time.time_zone).starts
    if len(starts) > BUCKETS_MAX:
        refuse(f"This is more than {BUCKETS_MAX} buckets: ask for a shorter time, or for longer ones.", INTERVAL_PATH)
    if time.before is not None:
        await settle_instant(before - _TICK, TO_PATH)
    rows = await fetch(
        """
        SELECT counted.count
        FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS n (since, before, place)
        CROSS JOIN LATERAL (
            SELECT count(*) AS count FROM (
                SELECT FROM transfers
                WHERE customer_id = $1 AND posted_at >= n.since AND posted_at < n.before
                ORDER BY posted_at, id LIMIT $4
            ) AS few
        ) AS counted
        ORDER BY n.place
        """,
        actor.customer_id,
        list(starts),
        [*starts[1:], before],
        COUNTED_MAX + 1,
    )
    return [
        TransferCount(start, min(row["count"], COUNTED_MAX), has_more=row["count"] > COUNTED_MAX)
        for start, row in zip(starts, rows, strict=True)
    ]
