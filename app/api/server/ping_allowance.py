"""How many messages that ask for nothing one socket may send: pings, and others that only keep it open."""

from app.api.server.limits import PINGS_AT_ONCE_MAX, PINGS_PER_SECOND_MAX


class PingAllowance:
    """The allowance of one socket. It begins full, and fills again with time. `now` is in seconds, of a monotonic
    clock.
    """

    def __init__(self) -> None:
        self._left = float(PINGS_AT_ONCE_MAX)
        self._filled_at: float | None = None

    def take(self, now: float) -> bool:
        """Take one more if it is allowed; returns whether it is."""
        if self._filled_at is not None:
            self._left = min(self._left + (now - self._filled_at) * PINGS_PER_SECOND_MAX, PINGS_AT_ONCE_MAX)
        self._filled_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
