"""What was posted to a ledger or wallet over time, in buckets."""

import datetime as dt
from typing import Annotated

from app.api.graphql.context import Context
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.journal_enums import ActivityInterval
from app.api.graphql.loaders import load_activity
from app.api.graphql.money import Money, money_of
from app.api.graphql.scalars import DateTimeText
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id
from app.journal.activity import FROM_PATH, TO_PATH, Bucket, checked_span
from app.kernel.checks import parse_instant

ACTIVITY = (
    "What was posted to it in a time, bucket after bucket: at most 1,000. By the time of posting, so an answer never "
    "changes later. The first bucket begins at `from` and the last one ends at `to`, even within a day or a month."
)
From = Annotated[DateTimeText, argument("From which instant on: `2026-11-01T00:00:00Z`.", name="from")]
To = Annotated[
    DateTimeText, argument("Up to which instant, itself left out, not in the future: `2026-12-01T00:00:00Z`.")
]
Interval = Annotated[ActivityInterval, argument("How long a bucket is: `DAY`.")]
TimeZone = Annotated[str, argument("By whose clocks, a name of the IANA database: `Europe/London`.")]


@shows(
    Bucket,
    from_=lambda view: view.shown.start,
    **{part: money_of(part) for part in ("opening", "debits", "credits", "closing")},
)
@described_type("What was posted to a ledger or wallet in one hour, day, week or month.")
class ActivityBucket:
    from_: dt.datetime = described("When it begins: `2026-11-01T00:00:00Z`.", name="from")
    opening: Money = described('What was posted before: `{ value: "10.00" }`.')
    debits: Money = described('All that was debited: `{ value: "4.00" }`.')
    credits: Money = described('All that was credited: `{ value: "5.00" }`.')
    closing: Money = described('What was posted by its end: `{ value: "11.00" }`.')
    entry_count: int = described("How many entries: `3`.")


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
    return [view(bucket, context) for bucket in found]
