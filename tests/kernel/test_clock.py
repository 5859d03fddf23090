from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.kernel.checks import parse_instant
from app.kernel.clock import rfc3339, utc_now


def test_tells_the_time_in_utc():
    before = datetime.now(UTC)
    now = utc_now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), "2026-11-20T12:00:00.000000Z"),
        (datetime(2026, 11, 20, 12, 0, 0, 123_456, UTC), "2026-11-20T12:00:00.123456Z"),
        (datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))), "2026-11-19T19:30:00.000000Z"),
    ],
)
def test_writes_rfc_3339_in_utc_with_six_digits(instant, text):
    assert rfc3339(instant) == text
    assert parse_instant(text, ()) == instant
