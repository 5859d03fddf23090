"""What was posted to a ledger or wallet over time, in buckets."""

import datetime as dt
from typing import Annotated, Any

from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.journal_enums import ActivityInterval
from app.api.graphql.loaders import load_activity
from app.api.graphql.money import Money, money_of
from app.api.graphql.scalars import DateTimeText
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id
from app.journal.activity import BUCKETS_MAX, FROM_PATH, TO_PATH, Bucket, checked_span
from app.kernel.checks import parse_instant

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


def activity_with(scope: str) -> Any:
    """The field `activity` of a ledger or wallet, which takes this scope."""

    @described(
        "What was posted to it in a time, bucket after bucket: at most 1,000. By the time of posting, so an answer "
        "never changes later. The first bucket begins at `from` and the last one ends at `to`, even within a day or a "
        "month.",
        length=BUCKETS_MAX,
        needs=scope,
    )
    async def activity(
        self: Any,
        info: Info,
        from_: From,
        to: To,
        interval: Interval = ActivityInterval.DAY,
        time_zone: TimeZone = "UTC",
    ) -> list[ActivityBucket]:
        span = checked_span(parse_instant(from_, FROM_PATH), parse_instant(to, TO_PATH), interval, time_zone)
        found = await load_activity(info.context, (parse_id(self.id, ("id",)), span))
        assert found is not None, "each has buckets, or is refused"
        assert not isinstance(found, Exception), "a refusal is raised"
        return [view(bucket, info.context) for bucket in found]

    return activity
