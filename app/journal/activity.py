"""What was posted to a ledger or wallet over time, in buckets of hours, days, weeks or months, for charts."""

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from app.db.connection import Record, fetch
from app.journal.balances_at import balances_at
from app.journal.posting_accounts import NormalSide
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import DomainError
from app.kernel.money import Money, Unit

BUCKETS_MAX = 1_000
FROM_PATH, TO_PATH, INTERVAL_PATH, TIME_ZONE_PATH = ("from",), ("to",), ("interval",), ("timeZone",)

_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}", re.ASCII)
_TICK = timedelta(microseconds=1)


class ActivityInterval(StrEnum):
    """How long a bucket is, by local clocks and calendars."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Span:
    """A time up to `before`, which is not part of it, in buckets that begin at `starts`, in UTC."""

    starts: tuple[datetime, ...]
    before: datetime

    @property
    def since(self) -> datetime:
        """Where it begins."""
        return self.starts[0]


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was posted from `start` to the start of the next one, in minor units of `unit`. `opening` and `closing` are
    on the account's normal side.
    """

    start: datetime
    unit: Unit
    opening: int
    debits: int
    credits: int
    closing: int
    entry_count: int


def checked_span(since: datetime, before: datetime, interval: ActivityInterval, time_zone: str) -> Span:
    """A time in buckets by the clocks of an IANA time zone, such as `Europe/London`: the first begins with it, each
    other where the local hour, day, week or month does.

    :raises Invalid: it ends before it begins, has more than 1,000 buckets, or there is no such time zone.
    """
    if before <= since:
        refuse("`to` is after `from`: what is posted at `to` itself is left out.", TO_PATH)
    starts = [since]
    for start in _turns(since, interval, _zone(time_zone)):
        if start >= before:
            break
        if len(starts) == BUCKETS_MAX:
            refuse(
                f"This is more than {BUCKETS_MAX:,} buckets: ask for a shorter time, or for longer buckets.",
                INTERVAL_PATH,
            )
        starts.append(start)
    return Span(tuple(starts), before)


def _zone(name: str) -> ZoneInfo:
    if _ZONE.fullmatch(name):
        with contextlib.suppress(KeyError, ValueError, OSError):  # Not there, no time zone, or a folder of them.
            return ZoneInfo(name)
    return refuse(
        "There is no such time zone: give a name of the IANA database, like UTC or Europe/London.", TIME_ZONE_PATH
    )


def _turns(since: datetime, interval: ActivityInterval, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants after `since` at which an hour, day, week or month begins there."""
    if interval is ActivityInterval.HOUR:
        yield from _hours(since, zone)
        return
    after, day, last = _NEXT[interval], since.astimezone(zone).date(), since
    while True:
        day = after(day)
        start = datetime.combine(day, time(), zone).astimezone(UTC)
        if start > last:  # A day that a zone left out, as Samoa did in 2011, has no time of its own.
            yield start
            last = start


def _hours(since: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """By the time that passes, so that an hour which clocks repeat is two. Some zones are half an hour off."""
    start = since
    while True:
        local = start.astimezone(zone)
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        start += timedelta(hours=1) - into
        yield start


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


_NEXT: dict[ActivityInterval, Callable[[date], date]] = {
    ActivityInterval.DAY: lambda day: day + timedelta(days=1),
    ActivityInterval.WEEK: lambda day: day + timedelta(days=7 - day.weekday()),
    ActivityInterval.MONTH: _next_month,
}

Wanted = tuple[UUID, Span]
"""A posting account and a time."""

_MOVED_SQL = """
    SELECT n.id, entries.*, a.normal_side
    FROM unnest($2::uuid[]) AS n (id)
    CROSS JOIN LATERAL (
        SELECT normal_side FROM posting_accounts WHERE customer_id = $1 AND id = n.id LIMIT 1
    ) AS a
    CROSS JOIN LATERAL (
        SELECT width_bucket(posted_at, $3::timestamptz[]) AS bucket, count(*) AS count,
               sum(debited) AS debits, sum(credited) AS credits
        FROM (
            SELECT posted_at, amount_minor_units AS debited, 0 AS credited FROM transfers
            WHERE customer_id = $1 AND debit_id = n.id AND posted_at >= $4 AND posted_at < $5
            UNION ALL
            SELECT posted_at, 0, amount_minor_units FROM transfers
            WHERE customer_id = $1 AND credit_id = n.id AND posted_at >= $4 AND posted_at < $5
        ) AS sides GROUP BY 1
    ) AS entries
"""


async def activity_of(actor: Actor, wanted: Sequence[Wanted]) -> dict[Wanted, list[Bucket] | DomainError]:
    """What was posted to each of these accounts in its time, by the time of posting: bucket after bucket, also where
    nothing was. An answer never changes later.

    A refusal stands in place of the buckets if the time reaches into the future, by the database's clock, or if the
    account is not the actor's.
    """
    by_span: defaultdict[Span, list[UUID]] = defaultdict(list)
    for account_id, span in wanted:
        by_span[span].append(account_id)
    found: dict[Wanted, list[Bucket] | DomainError] = {}
    for span, account_ids in by_span.items():
        for account_id, answer in (await _in_span(actor, span, account_ids)).items():
            found[account_id, span] = answer
    return found


async def _in_span(actor: Actor, span: Span, account_ids: list[UUID]) -> dict[UUID, list[Bucket] | DomainError]:
    # The closing balances first: they wait until nothing can still be posted in this time.
    ends = await balances_at(actor, [(one, span.before - _TICK) for one in account_ids], TO_PATH)
    begins = await balances_at(actor, [(one, span.since - _TICK) for one in account_ids], FROM_PATH)
    rows = await fetch(_MOVED_SQL, actor.customer_id, account_ids, list(span.starts), span.since, span.before)
    moved: defaultdict[UUID, dict[int, Record]] = defaultdict(dict)
    for row in rows:
        moved[row["id"]][row["bucket"]] = row
    answers: dict[UUID, list[Bucket] | DomainError] = {}
    for account_id, opening, closing in zip(account_ids, begins, ends, strict=True):
        if isinstance(closing, DomainError) or isinstance(opening, DomainError):
            answers[account_id] = closing if isinstance(closing, DomainError) else opening  # type: ignore[assignment]
        else:
            answers[account_id] = _buckets(span, opening, closing, moved[account_id])
    return answers


def _buckets(span: Span, opening: Money, closing: Money, moved: dict[int, Record]) -> list[Bucket]:
    buckets, balance = [], opening.minor_units
    for place, start in enumerate(span.starts, start=1):
        row = moved.get(place)
        debits, credits_, count = (row["debits"], row["credits"], row["count"]) if row else (0, 0, 0)
        sign = -1 if row and row["normal_side"] == NormalSide.DEBIT.value else 1
        after = balance + sign * (credits_ - debits)
        buckets.append(Bucket(start, opening.unit, balance, debits, credits_, after, count))
        balance = after
    assert balance == closing.minor_units, "the entries of a time are what its balances differ by"
    return buckets
