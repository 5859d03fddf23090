"""How long to wait before the next try: longer each time, until a try works."""

import asyncio


class BackOff:
    """Pauses in seconds, each twice as long as the one before, `first` to `longest`."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self.seconds = first
        """The next pause."""

    @property
    def is_first(self) -> bool:
        """Whether nothing has failed since the last `reset`."""
        return self.seconds == self._first

    def reset(self) -> None:
        """A try worked: begin with the shortest pause again."""
        self.seconds = self._first

    def lengthen(self) -> float:
        """The next pause; the one after it is twice as long."""
        pause, self.seconds = self.seconds, min(self.seconds * 2, self._longest)
        return pause

    async def pause(self) -> None:
        """Wait for the next pause."""
        await asyncio.sleep(self.lengthen())
