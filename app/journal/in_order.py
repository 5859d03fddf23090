"""Requests that are posted in the order in which they were sent, although several are under way.

A sender names the request before by the key of its last item. What follows waits until that one has ended, in this
process; the two were then read and checked side by side. Nothing is kept: where the request before is not under way
here, the sender waits for its answer, as it would anyway.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.kernel.errors import LimitExceeded, Path

RETRY_AFTER_SECONDS = 0.5
STEPS_TO_BEGIN = 8
"""Of the event loop: more than it takes from the end of one request to the first statement of the next."""
NOT_YET = "The request before this one is not under way here: send this again once that is answered, without naming it."
NOT_WHOLE = "Some of the request before this one was not done: send that again first."


class Turn:
    """A request that is under way, perhaps after another. `is_whole`: each of its items was done or refused."""

    def __init__(self, before: "Turn | None", path: Path) -> None:
        self._before = before
        self._path = path
        self._ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._is_followed = False
        self.is_whole = False

    async def comes(self) -> None:
        """Wait until the request before has ended.

        :raises LimitExceeded: that one was not done as a whole: this one must not begin.
        """
        if self._before is not None and not await self._before.ends():
            raise LimitExceeded(NOT_WHOLE, retry_after_seconds=RETRY_AFTER_SECONDS, path=self._path)

    async def ends(self) -> bool:
        """Whether it was done as a whole, once it has ended."""
        return await asyncio.shield(self._ended)

    def end(self) -> None:
        """Let the request behind begin."""
        self._ended.set_result(self.is_whole)

    def follow(self) -> None:
        """Another request is to begin when this one ends."""
        self._is_followed = True

    async def give_way(self) -> None:
        """Let the request behind, if there is one, send its first statement before this one's answer is written."""
        for _ in range(STEPS_TO_BEGIN if self._is_followed else 0):
            await asyncio.sleep(0)


class RequestsInOrder:
    """The requests that are under way in one process, by customer and the key of their last item."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[UUID, str], Turn] = {}

    @asynccontextmanager
    async def turn(self, customer_id: UUID, key: str, after: str | None, path: Path) -> AsyncIterator[Turn]:
        """The turn of the request whose last item has this key, after another, if one is named.

        :raises LimitExceeded: that one is not under way here: this one is not begun.
        """
        before = None if after is None else self._under_way.get((customer_id, after))
        if before is not None:
            before.follow()
        elif after is not None:
            raise LimitExceeded(NOT_YET, retry_after_seconds=RETRY_AFTER_SECONDS, path=path)
        turn = self._under_way[customer_id, key] = Turn(before, path)
        try:
            yield turn
        finally:
            turn.end()
            if self._under_way.get((customer_id, key)) is turn:
                del self._under_way[customer_id, key]
        await turn.give_way()


requests_in_order = RequestsInOrder()
"""Those of this process."""
