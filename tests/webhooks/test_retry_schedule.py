"""Failed attempts are tried again on a schedule."""

from datetime import UTC, datetime, timedelta

import pytest

from app.settings import Settings
from app.webhooks.retry_schedule import RetrySchedule, retry_after

DEFAULT = RetrySchedule(Settings.model_fields["webhook_retry_schedule_seconds"].default)
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def test_makes_13_attempts_in_about_77_hours():
    assert DEFAULT.attempts_max == 13
    assert sum(DEFAULT.waits_seconds) == pytest.approx(77 * 3600, rel=0.01)
    assert DEFAULT.wait_after(13) is None


@pytest.mark.parametrize(
    ("attempt", "seconds"), list(enumerate((5, 30, 120, 600, 1800, 3600, 7200, 18000, 36000, 50400, 72000, 86400), 1))
)
def test_varies_each_wait_by_at_most_a_fifth(attempt, seconds):
    waits = [DEFAULT.wait_after(attempt).total_seconds() for _ in range(200)]
    assert seconds * 0.8 <= min(waits) < max(waits) <= seconds * 1.2


def test_waits_longer_when_asked_to_but_a_day_at_most():
    assert DEFAULT.wait_after(1, asked_for=timedelta(hours=1)) == timedelta(hours=1)
    assert DEFAULT.wait_after(1, asked_for=timedelta(days=9)) == timedelta(hours=24)


def test_never_waits_less_than_planned():
    assert DEFAULT.wait_after(3, asked_for=timedelta(0)) >= timedelta(seconds=96)


def test_makes_no_more_attempts_for_being_asked_to_wait():
    assert DEFAULT.wait_after(13, asked_for=timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (503, "120", timedelta(minutes=2)),
        (429, " 7 ", timedelta(seconds=7)),
        (503, "Fri, 20 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        (503, "Fri, 20 Nov 2026 11:00:00 GMT", timedelta(0)),
        (503, "9" * 400, timedelta(hours=24)),
        (503, "Fri, 20 Nov 9999 12:05:00 GMT", timedelta(hours=24)),
        (500, "120", None),
        (200, "120", None),
        (503, None, None),
        (503, "soon", None),
        (503, "-1", None),
        (503, "٣", None),
    ],
)
def test_reads_retry_after(status, header, expected):
    assert retry_after(status, header, now=NOW) == expected


@pytest.mark.parametrize(
    ("age_seconds", "wait_seconds"), [(0, 30), (5, 30), (6, 120), (35, 120), (36, 600), (10_000, 600), (10**7, 600)]
)
def test_waits_by_age_for_what_is_our_fault(age_seconds, wait_seconds):
    assert DEFAULT.wait_at_age(timedelta(seconds=age_seconds)) == timedelta(seconds=wait_seconds)


def test_never_waits_for_less_than_half_a_minute_for_what_is_our_fault():
    assert RetrySchedule(()).wait_at_age(timedelta(hours=1)) == timedelta(seconds=30)
    assert RetrySchedule((0.0, 0.0)).wait_at_age(timedelta(hours=1)) == timedelta(seconds=30)
