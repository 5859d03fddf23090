"""How many deliveries of a replay may be due at a time.

New events of the endpoint wait behind what is due already. So only as much is made due as the endpoint takes in about
half a second, however fast or slow it is.
"""

from time import monotonic

DUE_MIN = 50
DUE_MAX = 2_000
LONG_SECONDS = 0.5
"""If what is due takes longer than this, less is made due."""


class Pace:
    """One replay's. It begins slowly, and doubles or halves."""

    def __init__(self) -> None:
        self.allowed = DUE_MIN
        self._full_since: float | None = None

    def note(self, due: int) -> bool:
        """Note how many are due now; returns whether more may be made due."""
        if due >= self.allowed:
            now = monotonic()
            if self._full_since is None:
                self._full_since = now
            elif now >= self._full_since + LONG_SECONDS:
                self.allowed = max(self.allowed // 2, DUE_MIN)
                self._full_since = now
            return False
        if due < self.allowed // 4:
            self.allowed = min(self.allowed * 2, DUE_MAX)
        self._full_since = None
        return True
