"""What was posted to a ledger or wallet over time, in buckets."""

import datetime as dt
from typing import Annotated, Any

import strawberry

from app.api.graphql.context import Context
from app.api.graphql.execution.cost import LENGTH
from app.api.graphql.journal_enums import ActivityInterval
from app.api.graphql.loaders import load_activity
from app.api.graphql.money import Money
from app.api.graphql.readable_answers import needs
from app.api.graphql.scalars import DateTimeText
from app.db.identifiers import parse_id
from app.journal.activity import BUCKETS_MAX, FROM_PATH, TO_PATH, checked_span
from app.kernel.checks import parse_instant

ACTIVITY = (
    "What was posted to it in a time, bucket after bucket: at most 1,000. By the time of posting, so an answer never "
    "changes later. The first bucket begins at `from` and the last one ends at `to`, even within a day or a month."
)
From = Annotated[
    DateTimeText, strawberry.argument(name="from", description="From which instant on: `2026-11-01T00:00:00Z`.")
]
To = Annotated[
    DateTimeText,
    strawberry.argument(description="Up to which instant, itself left out, not in the future: `2026-12-01T00:00:00Z`."),
]
Interval = Annotated[ActivityInterval, strawberry.argument(description="How long a bucket is: `DAY`.")]
TimeZone = Annotated[
    str, strawberry.argument(description="By whose clocks, a name of the IANA database: `Europe/London`.")
]


@strawberry.type(description="What was posted to a ledger or wallet in one hour, day, week or month.")
class ActivityBucket:
    from_: dt.datetime = strawberry.field(name="from", description="When it begins: `2026-11-01T00:00:00Z`.")
    opening: Money = strawberry.field(description='What was posted before: `{ value: "10.00" }`.')
    debits: Money = strawberry.field(description='All that was debited: `{ value: "4.00" }`.')
    credits: Money = strawberry.field(description='All that was credited: `{ value: "5.00" }`.')
    closing: Money = strawberry.field(description='What was posted by its end: `{ value: "11.00" }`.')
    entry_count: int = strawberry.field(description="How many entries: `3`.")


def priced(scope: str) -> dict[str, Any]:
    """The metadata of a field with activity, which takes this scope."""
    return {LENGTH: BUCKETS_MAX, **needs(scope)}


async def activity(
    context: Context, account_id: str, since: str, before: str, interval: ActivityInterval, time_zone: str
) -> list[ActivityBucket]:
    """The buckets of a ledger or wallet.

    :raises Invalid: an instant is malformed or in the future, there are too many buckets, or no such time zone.
    """
    span = checked_span(parse_instant(since, FROM_PATH), parse_instant(before, TO_PATH), interval, time_zone)
    found = await load_activity(context, (parse_id(account_id, ("id",)), span))
    assert found is not None, "each has buckets, or is refused"
    assert not isinstance(found, Exception), "a refusal is raised"
    return [
        ActivityBucket(
            from_=bucket.start,
            opening=Money.in_unit(bucket.opening, bucket.unit),
            debits=Money.in_unit(bucket.debits, bucket.unit),
            credits=Money.in_unit(bucket.credits, bucket.unit),
            closing=Money.in_unit(bucket.closing, bucket.unit),
            entry_count=bucket.entry_count,
        )
        for bucket in found
    ]
