"""How often values fall into buckets: plain integers, since it is noted on the way of every request."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate


class Histogram:
    """Counts of values up to each limit. The limits ascend; what is above the last has a bucket of its own."""

    __slots__ = ("_counts", "_limits", "total")

    def __init__(self, limits: Sequence[float]) -> None:
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)
        self.total = 0.0
        """The sum of all values."""

    def note(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._limits, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values were noted."""
        return sum(self._counts)

    def up_to(self) -> list[tuple[float, int]]:
        """For each limit, and infinity: how many values were at most so much."""
        return list(zip((*self._limits, float("inf")), accumulate(self._counts), strict=True))
