"""Let things begin one by one, with a time between them, so that many of them at once do not hold up others."""

import asyncio
from contextlib import suppress


class Spacing:
    """Each that waits here goes on `seconds` after the one before it. One that comes later goes on at once, and none
    waits longer than `wait_seconds_max`.
    """

    def __init__(self, seconds: float, *, wait_seconds_max: float) -> None:
        self._seconds = seconds
        self._wait_seconds_max = wait_seconds_max
        self._next_at = 0.0
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether `end` was called."""
        return self._over.is_set()

    async def wait(self) -> None:
        """Return when it is this one's time, or at once when it is over."""
        now = asyncio.get_running_loop().time()
        at = min(max(now, self._next_at), now + self._wait_seconds_max)
        self._next_at = at + self._seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(at):
                await self._over.wait()

    def end(self) -> None:
        """Let all go on that wait, and all that come."""
        self._over.set()
