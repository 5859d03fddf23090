"""What lives as long as a process: pools, listeners, lanes, pipelines, child processes. One order of start and stop.

    async with part:
        …

A part has started when its block begins. When the block ends, it takes nothing new, finishes what is under way or gives
it back, and lets go of what it holds. Parts within each other stop in reverse order, the inner one first.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self

from app.kernel.tasks import end_tasks, run_unless


class Part:
    """Each step does nothing unless a part says otherwise, and may run twice."""

    grace_seconds = 0.0
    """How long what is under way may take to end."""

    async def start(self) -> None:
        """Return when it is ready."""

    def take_no_more(self) -> None:
        """Begin nothing new from now on."""

    async def finish(self, grace_seconds: float) -> None:
        """Give what is under way this long to end; then cancel it, or give it back to others."""

    async def let_go(self) -> None:
        """Close connections, threads and child processes."""

    async def stop(self, *, grace_seconds: float | None = None) -> None:
        """The last three steps, in their order. It lets go even if it could not finish."""
        try:
            self.take_no_more()
            await self.finish(self.grace_seconds if grace_seconds is None else grace_seconds)
        finally:
            await self.let_go()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop(grace_seconds=0)
            raise
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.stop()


class Drain(Part, ABC):
    """A part that does due work whenever it is asked to."""

    @abstractmethod
    async def drain(self, *, budget_seconds: float) -> None:
        """Work until nothing is due, or the time is up.

        :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away; nothing is lost.
        """

    @abstractmethod
    def look_again(self) -> None:
        """Say that there may be new work: a drain under way looks for it before it returns."""


class Background(Part):
    """Coroutines that run during the block. None is expected to end by itself."""

    def __init__(self, *coroutines: Coroutine[Any, Any, None]) -> None:
        self._coroutines = coroutines
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start all of them."""
        self._tasks = [asyncio.create_task(one) for one in self._coroutines]

    async def until(self, stopped: asyncio.Event) -> None:
        """Wait until this is set, or one of them ends, which is a fault.

        :raises Exception: what that one raised.
        """
        await run_unless(stopped, _first_end(self._tasks))
        for task in self._tasks:
            if task.done():
                task.result()

    async def finish(self, grace_seconds: float) -> None:
        """Cancel all of them."""
        await end_tasks(self._tasks, grace_seconds=grace_seconds)


async def _first_end(tasks: "list[asyncio.Task[None]]") -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


@asynccontextmanager
async def side_by_side(*parts: Part) -> AsyncIterator[None]:
    """Parts that do not need each other: they stop at the same time, each even if another fails to.

    :raises Exception: what the first of those raised that could not stop.
    """
    try:
        for part in parts:
            await part.start()
        yield
    finally:
        ended = await asyncio.gather(*(part.stop() for part in parts), return_exceptions=True)
        for fault in ended:
            if isinstance(fault, BaseException):
                raise fault
