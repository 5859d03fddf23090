"""Counts what a bank is asked, how it answers, and how long that takes."""

from collections import Counter
from enum import StrEnum

from app.kernel.histogram import Histogram

DURATION_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

OPERATIONS = ("open_account", "assign_iban", "send_payment", "find_arrival", "return_arrival")


class Answered(StrEnum):
    """How a bank answered."""

    SUCCESS = "success"
    DECLINED = "declined"
    """It said no, or cannot go on with this request."""
    UNAVAILABLE = "unavailable"
    """No usable answer: it is asked again later."""
    FAILED = "failed"
    """The adapter failed in a way that it does not know, or its answer did not come in time."""


class CallCounts:
    """Counts since this process began, by the bank's ref and what it was asked."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str, Answered]] = Counter()
        self.durations: dict[tuple[str, str], Histogram] = {}

    def expect(self, partner: str) -> None:
        """Begin at zero: a count that begins at one is no rise to Prometheus."""
        for operation in OPERATIONS:
            for answered in Answered:
                self.calls[partner, operation, answered] += 0

    def note(self, partner: str, operation: str, answered: Answered, seconds: float) -> None:
        """Count one call."""
        self.calls[partner, operation, answered] += 1
        durations = self.durations.get((partner, operation))
        if durations is None:
            durations = self.durations[partner, operation] = Histogram(DURATION_SECONDS)
        durations.note(seconds)


call_counts = CallCounts()
"""This process's."""
