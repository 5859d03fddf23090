"""When a failed attempt is tried again, and when to stop."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

JITTER = 0.2
RETRY_AFTER_MAX = timedelta(hours=24)
STATUSES_THAT_MAY_ASK = (429, 503)
RETRY_AFTER_DIGITS_MAX = 9
OUR_FAULT_WAIT = (timedelta(seconds=30), timedelta(minutes=10))
"""Shortest and longest wait: work goes on soon after the fault is fixed, and costs little until then."""


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The waits after each failed attempt, in seconds. There is one more attempt than there are waits."""

    waits_seconds: Sequence[float]

    @property
    def attempts_max(self) -> int:
        """How many attempts are made in all."""
        return len(self.waits_seconds) + 1

    def wait_after(self, attempt: int, *, asked_for: timedelta | None = None) -> timedelta | None:
        """How long to wait after failed attempt number `attempt` (from 1); None: that was the last.

        Each wait varies by a fifth, so that retries do not hit a receiver all at once. The receiver's
        `asked_for` may lengthen it, to a day at most, but never shorten it.
        """
        if attempt >= self.attempts_max:
            return None
        planned = self.waits_seconds[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        wait = timedelta(seconds=planned)
        if asked_for is None:
            return wait
        return max(wait, min(asked_for, RETRY_AFTER_MAX))

    def wait_at_age(self, age: timedelta) -> timedelta:
        """How long to wait with a delivery of this age that a fault on our side kept from being attempted or recorded.

        The wait that the schedule would have reached by this age, within `OUR_FAULT_WAIT`.
        """
        elapsed, planned = 0.0, 0.0
        for planned in self.waits_seconds:
            if elapsed >= age.total_seconds():
                break
            elapsed += planned
        shortest, longest = OUR_FAULT_WAIT
        return min(max(timedelta(seconds=planned), shortest), longest)


def retry_after(status: int, header: str | None, *, now: datetime) -> timedelta | None:
    """The wait that this answer's `Retry-After` asks for, or None. Only 429 and 503 may ask."""
    if header is None or status not in STATUSES_THAT_MAY_ASK:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:RETRY_AFTER_DIGITS_MAX])), RETRY_AFTER_MAX)
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), RETRY_AFTER_MAX)
