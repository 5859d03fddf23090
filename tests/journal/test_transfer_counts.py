"""How many transfers there were, bucket after bucket."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal import transfer_counts
from app.journal.activity import ActivityInterval
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.transfer_counts import BUCKETS_MAX, CountedTime, TransferCount, count_transfers
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden, Invalid
from tests.bookkeeping import gbp, open_account

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 28, tzinfo=UTC)
SECOND = FIRST + DAY


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def posted(actor):
    """Post a transfer of a penny, as if at this instant."""

    async def posted(at, *, by=None):
        by = by or actor
        payer, payee = [await open_account(by.customer_id, allow_negative=True) for _ in range(2)]
        order = PostTransfer(
            debit_id=str(payer), credit_id=str(payee), amount=gbp("0.01"), idempotency_key=str(new_id())
        )
        transfer, _ = await post_transfer(by, order)
        await pool().execute("UPDATE transfers SET posted_at = $2 WHERE id = $1", transfer.id, at)

    return posted


def days(since, before, zone="UTC"):
    return CountedTime(since, before, ActivityInterval.DAY, zone)


async def test_counts_each_day_also_where_nothing_was(actor, make_actor, posted):
    for at in (FIRST, FIRST + DAY / 2, SECOND, SECOND + DAY - timedelta(microseconds=1), SECOND + DAY, FIRST - DAY):
        await posted(at)
    await posted(SECOND, by=await make_actor())
    counted = await count_transfers(actor, days(FIRST, FIRST + 4 * DAY))
    assert counted == [
        TransferCount(FIRST + number * DAY, count, has_more=False) for number, count in enumerate((2, 2, 1, 0))
    ]


async def test_counts_days_by_the_clocks_of_a_zone(actor, posted):
    await posted(datetime(2026, 3, 29, 22, 30, tzinfo=UTC))
    await posted(datetime(2026, 3, 29, 23, 30, tzinfo=UTC))  # After midnight in London, whose clocks changed that day.
    counted = await count_transfers(actor, days(FIRST, FIRST + 3 * DAY, "Europe/London"))
    assert [(one.start.isoformat(), one.count) for one in counted] == [
        ("2026-03-28T00:00:00+00:00", 0),
        ("2026-03-29T00:00:00+00:00", 1),
        ("2026-03-29T23:00:00+00:00", 1),
        ("2026-03-30T23:00:00+00:00", 0),
    ]


async def test_counts_up_to_now_where_no_end_is_given(actor, posted):
    now = await fetchval("SELECT clock_timestamp()")
    await posted(now)
    counted = await count_transfers(actor, days(now - 2 * DAY, None))
    assert sum(one.count for one in counted) == 1


async def test_counts_so_many_at_most(actor, posted, monkeypatch):
    monkeypatch.setattr(transfer_counts, "COUNTED_MAX", 2)
    for at in (FIRST, FIRST, FIRST, SECOND, SECOND):
        await posted(at)
    counted = await count_transfers(actor, days(FIRST, SECOND + DAY))
    assert [(one.count, one.has_more) for one in counted] == [(2, True), (2, False)]


async def test_refuses_what_cannot_be_counted(actor):
    soon = await fetchval("SELECT now() + interval '1 hour'")
    for time, path in (
        (days(FIRST, FIRST), ("to",)),
        (days(FIRST, FIRST + (BUCKETS_MAX + 1) * DAY), ("interval",)),
        (days(soon - DAY, soon), ("to",)),
        (days(FIRST, SECOND, "Atlantis"), ("timeZone",)),
    ):
        with pytest.raises(Invalid) as refusal:
            await count_transfers(actor, time)
        assert refusal.value.path == path
    reader = Actor(actor.customer_id, frozenset({"ledgers:read"}), Via.GRAPHQL, "reader")
    with pytest.raises(Forbidden) as refusal:
        await count_transfers(reader, days(FIRST, SECOND))
    assert refusal.value.required_scope == "transfers:read"
    with pytest.raises(Forbidden, match="not one holder's token"):
        await count_transfers(replace(actor, holder_id=new_id()), days(FIRST, SECOND))
