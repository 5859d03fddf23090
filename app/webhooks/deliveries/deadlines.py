"""An overall deadline for each of many requests. All have the same time, so one timer serves them all."""

import asyncio
from types import TracebackType
from typing import Self


class Deadlines:
    """Those that run now, the oldest first. A timer for each, as `asyncio.timeout` has, costs a tenth of a request."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> "Deadline":
        """A context in which the current task has so many seconds; after that it leaves with TimeoutError."""
        task = asyncio.current_task()
        assert task is not None, "a deadline is a task's"
        loop = asyncio.get_running_loop()
        deadline = Deadline(self, task, loop.time() + self.seconds)
        self._running[deadline] = None
        if self._timer is None:
            self._timer = loop.call_at(deadline.ends_at, self._look)
        return deadline

    def end(self, deadline: "Deadline") -> None:
        """It is left."""
        self._running.pop(deadline, None)

    def stop_timer(self) -> None:
        """Stop the timer. Nothing runs any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """End what is late, and come back for the next."""
        self._timer, loop = None, asyncio.get_running_loop()
        now = loop.time()
        for deadline in tuple(self._running):
            if deadline.ends_at > now:
                self._timer = loop.call_at(deadline.ends_at, self._look)
                return
            del self._running[deadline]
            deadline.pass_now()


class Deadline:
    """One of them, as a context."""

    __slots__ = ("_all", "_has_passed", "_task", "_timer", "ends_at")

    def __init__(self, running: Deadlines, task: "asyncio.Task[object]", ends_at: float) -> None:
        self._all = running
        self._task = task
        self._has_passed = False
        self._timer: asyncio.TimerHandle | None = None
        self.ends_at = ends_at

    def pause(self) -> float:
        """Stop it; returns the seconds that were left, for `go_on`."""
        self._all.end(self)
        if self._timer is not None:
            self._timer.cancel()
        return self.ends_at - asyncio.get_running_loop().time()

    def go_on(self, seconds: float) -> None:
        """Have it end in so many seconds."""
        loop = asyncio.get_running_loop()
        self.ends_at = loop.time() + seconds
        self._timer = loop.call_at(self.ends_at, self.pass_now)

    def pass_now(self) -> None:
        """Cancel what its task waits for."""
        self._has_passed = True
        self._task.cancel()

    def __enter__(self) -> Self:
        """It runs since it was made."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Like `asyncio.timeout`: the cancellation by the deadline becomes a TimeoutError, another one goes on."""
        self._all.end(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._has_passed and self._task.uncancel() <= 0 and kind is asyncio.CancelledError:
            raise TimeoutError from error
