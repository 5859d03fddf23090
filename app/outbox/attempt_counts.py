"""What this process counts of the promised work that it attempts."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum


class Ended(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    UNAVAILABLE = "unavailable"
    """A party that was asked cannot answer now: it is tried again."""
    FAILED = "failed"
    """It is tried again."""
    GIVEN_UP = "given_up"
    """It failed, and is out of retries: it is DEAD now."""


work_attempts: Counter[tuple[str, Ended]] = Counter()
"""By kind of work, since this process began."""


def expect_work(kinds: Iterable[str], counts: Counter[tuple[str, Ended]] = work_attempts) -> None:
    """Begin at zero for these kinds: a count that begins at one is no rise to Prometheus."""
    for kind in kinds:
        for ended in Ended:
            counts[kind, ended] += 0
