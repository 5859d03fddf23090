"""Activity: exact sums in buckets of local hours, days, weeks and months, and never another answer later."""

import asyncio
import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from app.db.connection import fetch, fetchval
from app.journal.activity import BUCKETS_MAX, ActivityInterval, Span, activity_of, checked_span
from app.kernel.errors import Forbidden, Invalid, NotFound
from tests.bookkeeping import open_account
from tests.journal.history import write_history
from tests.journal.orders import carry_out, post, until_waiting
from tests.journal.test_balances_at import Posting

SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)
HOUR, DAY, WEEK, MONTH = ActivityInterval


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(since, before, interval, zone):
    return [f"{start:%m-%d %H:%M}" for start in checked_span(at(since), at(before), interval, zone).starts]


@pytest.mark.parametrize(
    ("since", "before", "interval", "zone", "expected"),
    [
        # Clocks go forward on the 29th of March 2026, and back on the 25th of October.
        (
            "2026-03-28",
            "2026-03-31",
            DAY,
            "Europe/London",
            ["03-28 00:00", "03-29 00:00", "03-29 23:00", "03-30 23:00"],
        ),
        ("2026-10-24T23", "2026-10-27", DAY, "Europe/London", ["10-24 23:00", "10-26 00:00"]),
        ("2026-03-28", "2026-03-31", DAY, "UTC", ["03-28 00:00", "03-29 00:00", "03-30 00:00"]),
        # Two o'clock comes twice in Berlin, and once never.
        ("2026-10-25T00:30", "2026-10-25T03", HOUR, "Europe/Berlin", ["10-25 00:30", "10-25 01:00", "10-25 02:00"]),
        ("2026-03-29T00", "2026-03-29T02", HOUR, "Europe/Berlin", ["03-29 00:00", "03-29 01:00"]),
        ("2026-01-01T00:10", "2026-01-01T02", HOUR, "Asia/Kolkata", ["01-01 00:10", "01-01 00:30", "01-01 01:30"]),
        # Half an hour is repeated on Lord Howe.
        (
            *("2026-04-04T14", "2026-04-04T17", HOUR, "Australia/Lord_Howe"),
            ["04-04 14:00", "04-04 15:00", "04-04 15:30", "04-04 16:30"],
        ),
        # Samoa went to bed on the 29th of December 2011, and woke on the 31st.
        ("2011-12-29T10", "2011-12-31T12", DAY, "Pacific/Apia", ["12-29 10:00", "12-30 10:00", "12-31 10:00"]),
        # Clocks of Beirut go forward at midnight, so that the day begins at one.
        ("2026-03-28", "2026-03-30", DAY, "Asia/Beirut", ["03-28 00:00", "03-28 22:00", "03-29 21:00"]),
        ("2026-11-18", "2026-12-01", WEEK, "UTC", ["11-18 00:00", "11-23 00:00", "11-30 00:00"]),
        (
            "2025-11-15",
            "2026-02-01T00:00:01",
            MONTH,
            "UTC",
            ["11-15 00:00", "12-01 00:00", "01-01 00:00", "02-01 00:00"],
        ),
        ("2025-12-01", "2026-02-01", MONTH, "America/New_York", ["12-01 00:00", "12-01 05:00", "01-01 05:00"]),
        ("2026-01-01", "2026-01-01T00:00:00.000001", MONTH, "UTC", ["01-01 00:00"]),
    ],
)
def test_cuts_a_time_by_local_clocks(since, before, interval, zone, expected):
    assert starts(since, before, interval, zone) == expected


def test_takes_a_thousand_buckets_and_no_more():
    thousand = at("2026-01-01") + BUCKETS_MAX * timedelta(hours=1)
    assert len(checked_span(at("2026-01-01"), thousand, HOUR, "UTC").starts) == BUCKETS_MAX
    with pytest.raises(Invalid, match="more than 1,000 buckets") as refused:
        checked_span(at("2026-01-01"), thousand + TICK, HOUR, "UTC")
    assert refused.value.path == ("interval",)
    with pytest.raises(Invalid, match="more than 1,000 buckets"):
        checked_span(at("1970-01-01"), at("9998-12-31"), MONTH, "UTC")


@pytest.mark.parametrize("before", ["2026-01-01", "2025-12-31"])
def test_refuses_a_time_that_ends_before_it_begins(before):
    with pytest.raises(Invalid) as refused:
        checked_span(at("2026-01-01"), at(before), DAY, "UTC")
    assert refused.value.path == ("to",)


@pytest.mark.parametrize(
    "name",
    [
        *("", "Europe", "Europe/Atlantis", "europe/london", "../etc/passwd", "/etc/localtime", "localtime", "+01:00"),
        *("UTC\x00", "Zürich", "\ud800", "A" * 10_000, "posixrules", "right/UTC", "tzdata.zi", "Mars/Phobos"),
    ],
    ids=ascii,
)
def test_refuses_a_time_zone_that_there_is_not(name):
    with pytest.raises(Invalid, match="no such time zone") as refused:
        checked_span(at("2026-01-01"), at("2026-01-02"), DAY, name)
    assert refused.value.path == ("timeZone",)


async def clock():
    return await fetchval("SELECT clock_timestamp()")


async def entries(account_id):
    """Every entry of an account, oldest first: its instant, what was debited, what was credited, the balance after."""
    rows = await fetch(
        """
        SELECT posted_at, amount_minor_units AS debit, 0 AS credit, debit_balance_after AS after, debit_sequence AS n
        FROM transfers WHERE debit_id = $1
        UNION ALL
        SELECT posted_at, 0, amount_minor_units, credit_balance_after, credit_sequence
        FROM transfers WHERE credit_id = $1
        ORDER BY n
        """,
        account_id,
    )
    return [tuple(row)[:4] for row in rows]


def summed(found, span):
    """The same by plain reading."""
    told, balance = [], 0
    for _, _, _, after in [one for one in found if one[0] < span.since]:
        balance = after
    for start, end in zip(span.starts, [*span.starts[1:], span.before], strict=True):
        inside = [one for one in found if start <= one[0] < end]
        opening, balance = balance, inside[-1][3] if inside else balance
        told.append(
            (start, opening, sum(one[1] for one in inside), sum(one[2] for one in inside), balance, len(inside))
        )
    return told


def told_by(buckets):
    return [(b.start, b.opening, b.debits, b.credits, b.closing, b.entry_count) for b in buckets]


async def test_sums_what_was_posted_in_each_bucket_of_every_account(make_actor):
    history = await write_history(await make_actor())
    found = {name: await entries(account_id) for name, account_id in history.accounts.items()}
    instants = sorted({one[0] for listed in found.values() for one in listed})
    now = await clock()
    spans = [
        Span((instants[0] - SECOND, *instants), now),
        Span((instants[0] - SECOND, instants[0] + TICK, instants[1], instants[1] + TICK), instants[-1] + TICK),
        Span((instants[2],), instants[-1]),
        Span((instants[0] - SECOND, instants[0] - TICK), instants[0]),
    ]
    wanted = [(account_id, span) for account_id in history.accounts.values() for span in spans]
    answers = await activity_of(history.actor, wanted)
    for name, account_id in history.accounts.items():
        for number, span in enumerate(spans):
            buckets = answers[account_id, span]
            assert told_by(buckets) == summed(found[name], span), (name, number)
    assert sum(bucket.entry_count for bucket in answers[history.accounts["asset"], spans[0]]) == 5 + 1
    assert answers[history.accounts["asset"], spans[0]][-1].closing < 0, "its normal side is the other one"


async def test_shows_nobody_what_is_not_his(make_actor):
    history = await write_history(await make_actor())
    now = await clock()
    span = Span((now - timedelta(days=1),), now)
    for actor, account_id in (
        (history.actor, history.vault_id),
        (await make_actor(), history.accounts["ada"]),
        (history.ada, history.accounts["bob"]),
    ):
        [answer] = (await activity_of(actor, [(account_id, span)])).values()
        assert isinstance(answer, NotFound)
    [answer] = (await activity_of(history.ada, [(history.accounts["ada"], span)])).values()
    assert answer[-1].closing == -237
    for name, scope in (("ada", "ledgers:read"), ("wallet", "accounts:read")):
        blind = replace(history.actor, scopes=frozenset({"ledgers:read", "accounts:read", "transfers:read"} - {scope}))
        with pytest.raises(Forbidden) as refused:
            await activity_of(blind, [(history.accounts[name], span)])
        assert refused.value.required_scope == scope


async def test_refuses_a_time_that_is_still_to_come(make_actor):
    actor = await make_actor()
    account_id = await open_account(actor.customer_id, balance=100)
    now = await clock()
    later, past = Span((now,), now + timedelta(minutes=1)), Span((now - SECOND,), now)
    answers = await activity_of(actor, [(account_id, later), (account_id, past)])
    assert isinstance(answers[account_id, later], Invalid)
    assert answers[account_id, later].path == ("to",)
    assert answers[account_id, past][0].closing == 100


async def test_waits_for_a_posting_that_is_stamped_but_not_committed(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    posting = Posting(actor, post(actor, payer, payee, 30))
    await posting.until_stamped()
    now = await clock()
    ask = partial(activity_of, actor, [(payee, Span((now - timedelta(hours=1),), now))])
    asking = asyncio.create_task(ask())
    await until_waiting()
    await posting.until_committed()
    answer = await asking
    assert [bucket.credits for [bucket] in answer.values()] == [30]
    await carry_out(actor, post(actor, payer, payee, 5))
    assert await ask() == answer


def test_knows_time_zones_where_the_system_has_none():
    zoneinfo.reset_tzpath(())
    try:
        assert starts("2026-07-01", "2026-07-03", DAY, "Antarctica/Troll") == [
            *("07-01 00:00", "07-01 22:00", "07-02 22:00"),
        ]
    finally:
        zoneinfo.reset_tzpath()
