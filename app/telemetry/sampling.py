"""Which requests are recorded: a part of them, and no more in a second than the process can afford."""

import random
import time
from collections.abc import Callable

from app.kernel.traceparent import TraceParent


class Allowance:
    """So many in each second; with less than one, one in each of several seconds."""

    def __init__(self, per_second: float, *, clock: Callable[[], float]) -> None:
        self._most = max(int(per_second), 1)
        self._seconds = self._most / per_second
        self._clock = clock
        self._ends_at = clock() + self._seconds
        self._left = self._most

    def has_one(self) -> bool:
        """Whether one more is allowed now."""
        now = self._clock()
        if now >= self._ends_at:
            self._ends_at = now + self._seconds
            self._left = self._most
        return self._left > 0

    def take(self) -> None:
        """Count one."""
        self._left -= 1


class Sampling:
    """Decides at the beginning of a trace.

    A caller that sends a `traceparent` decides for itself, but gets half of the allowance at most: anybody may claim to
    be recorded.
    """

    def __init__(
        self,
        ratio: float,
        traces_per_second_max: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._ratio = ratio
        self._chance = chance
        self._all = Allowance(traces_per_second_max, clock=clock)
        self._callers = Allowance(traces_per_second_max / 2, clock=clock)

    def takes(self, caller: TraceParent | None) -> bool:
        """Whether this request is recorded; it counts if it is."""
        if caller is None:
            if not (self._chance() < self._ratio and self._all.has_one()):
                return False
        else:
            if not (caller.is_sampled and self._callers.has_one() and self._all.has_one()):
                return False
            self._callers.take()
        self._all.take()
        return True
