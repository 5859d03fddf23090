"""How many transfers and payments there are, for overviews."""

import datetime as dt
from typing import Annotated

import strawberry

from app.api.graphql.activity import From, Interval, TimeZone
from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.journal_enums import ActivityInterval
from app.api.graphql.payment_enums import PaymentStatus
from app.api.graphql.scalars import DateTimeText
from app.api.graphql.views import shows, view
from app.journal import transfer_counts
from app.journal.activity import FROM_PATH, TO_PATH
from app.journal.transfer_counts import BUCKETS_MAX, CountedTime, count_transfers
from app.kernel.checks import parse_instant
from app.payments import payment_counts
from app.payments.payment_counts import count_payments

WORK_OF_COUNTS = 1_000
HAS_MORE = "Whether there are more than that: `false`."

ToOrNow = Annotated[
    DateTimeText | None,
    argument("Up to which instant, itself left out, not in the future: `2026-12-01T00:00:00Z`. Left out: now."),
]
MadeFrom = Annotated[DateTimeText | None, argument("Made at or after this: `2026-11-01T00:00:00Z`.", name="from")]
MadeTo = Annotated[DateTimeText | None, argument("And before this: `2026-12-01T00:00:00Z`.")]


@shows(transfer_counts.TransferCount, from_=lambda counted: counted.shown.start)
@described_type("How many transfers were posted in one hour, day, week or month.")
class TransferCount:
    from_: dt.datetime = described("When it begins: `2026-11-01T00:00:00Z`.", name="from")
    count: int = described("How many, counted up to 10,000: `117`.")
    has_more: bool = described(HAS_MORE)


@shows(payment_counts.PaymentCount)
@described_type("How many payments have a status.")
class PaymentCount:
    status: PaymentStatus = described("Which status: `PENDING`.")
    count: int = described("How many, counted up to 10,000: `117`.")
    has_more: bool = described(HAS_MORE)


@strawberry.type
class CountQueries:
    """Queries of counts."""

    @described(
        "How many transfers were posted in a time, bucket after bucket, at most 62, also where none was. Not for "
        "one holder's token.",
        length=BUCKETS_MAX,
        work=WORK_OF_COUNTS,
    )
    async def transfer_counts(
        self,
        info: Info,
        from_: From,
        to: ToOrNow = None,
        interval: Interval = ActivityInterval.DAY,
        time_zone: TimeZone = "UTC",
    ) -> list[TransferCount]:
        before = None if to is None else parse_instant(to, TO_PATH)
        time = CountedTime(parse_instant(from_, FROM_PATH), before, interval, time_zone)
        return [view(one, info.context) for one in await count_transfers(info.context.actor, time)]

    @described(
        "How many payments have each status. Not for one holder's token.",
        length=len(PaymentStatus),
        work=WORK_OF_COUNTS,
    )
    async def payment_counts(self, info: Info, from_: MadeFrom = None, to: MadeTo = None) -> list[PaymentCount]:
        since = None if from_ is None else parse_instant(from_, FROM_PATH)
        before = None if to is None else parse_instant(to, TO_PATH)
        counted = await count_payments(info.context.actor, since=since, before=before)
        return [view(one, info.context) for one in counted]
