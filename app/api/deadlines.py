"""Deadlines that cost next to nothing: all of one length share one timer."""

import asyncio
from types import TracebackType


class Deadlines:
    """Hands out deadlines of one length: `with deadlines.start(): …` around whatever a task awaits.

    A block that takes longer is cancelled and raises `TimeoutError`, exactly as with `asyncio.timeout`. That one sets
    and cancels a timer of the event loop each time, which is a good part of a small request's cost.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # When each open block must end, in the order in which they began. A finished block is removed.
        self._open: dict[Deadline, float] = {}
        self._armed_on: asyncio.AbstractEventLoop | None = None

    def start(self) -> "Deadline":
        """A deadline that counts from the beginning of its block."""
        return Deadline(self)

    def watch(self, deadline: "Deadline") -> None:
        """Start the deadline."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._seconds
        if self._armed_on is not loop:
            self._open.clear()  # Left by a loop that has ended.
            self._armed_on = loop
            loop.call_at(ends_at, self._ring, loop)
        self._open[deadline] = ends_at

    def forget(self, deadline: "Deadline") -> None:
        """Remove the deadline."""
        self._open.pop(deadline, None)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._open:
            deadline, ends_at = next(iter(self._open.items()))
            if ends_at > now:
                loop.call_at(ends_at, self._ring, loop)
                return
            del self._open[deadline]
            deadline.expire()
        self._armed_on = None


class Deadline:
    """One block with a deadline."""

    __slots__ = ("_all", "_cancellations", "_is_expired", "_task")

    def __init__(self, all_: Deadlines) -> None:
        self._all = all_
        self._is_expired = False

    def expire(self) -> None:
        """End the block: its time is up."""
        self._is_expired = True
        self._task.cancel()

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "only a task can be ended"
        self._task = task
        self._cancellations = task.cancelling()
        self._all.watch(self)

    def __exit__(
        self, raised: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if not self._is_expired:
            self._all.forget(self)
        # A cancellation by others takes precedence.
        elif self._task.uncancel() <= self._cancellations and raised is asyncio.CancelledError:
            raise TimeoutError
