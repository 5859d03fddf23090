"""One answer for all who ask at about the same time: a thousand at once cost what one costs."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """Makes an answer when asked, and gives it to all who ask while it is being made, or for some seconds after."""

    def __init__(self, make: Callable[[], Awaitable[Answer]], *, good_for_seconds: float) -> None:
        self._make = make
        self._good_for_seconds = good_for_seconds
        self._made: tuple[float, Answer] | None = None
        self._making: asyncio.Task[Answer] | None = None

    async def get(self) -> Answer:
        """The answer, never older than those seconds. If making it raises, all who wait for it get the exception."""
        if self._made is not None and monotonic() < self._made[0]:
            return self._made[1]
        if self._making is None:
            self._making = asyncio.create_task(self._make_once())
            self._making.add_done_callback(_retrieve)
        # A caller that is cancelled does not cancel the answer for the others.
        return await asyncio.shield(self._making)

    async def _make_once(self) -> Answer:
        try:
            answer = await self._make()
            self._made = monotonic() + self._good_for_seconds, answer
            return answer
        finally:
            self._making = None


def _retrieve(made: asyncio.Task[Answer]) -> None:
    """Its exception is told to all who still wait; it is no news if nobody does any more."""
    if not made.cancelled():
        made.exception()
