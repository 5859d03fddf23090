"""Requests that are posted in the order in which they were sent, although several are under way.

A sender names the request before by the key of its last item. What follows waits until that one has ended, in this
process; the two were then read and checked side by side. Nothing is kept: where the request before is not under way
here, the sender waits for its answer, as it would anyway.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app.kernel.errors import LimitExceeded, Path

RETRY_AFTER_SECONDS = 0.5
NOT_YET = "The request before this one is not under way here: send this again once that is answered, without naming it."
NOT_WHOLE = "Some of the request before this one was not done: send that again first."


@dataclass(slots=True)
class Turn:
    """A request whose turn it is. `is_whole`: each of its items was done or refused."""

    is_whole: bool = False


class RequestsInOrder:
    """The requests that are under way in one process, by customer and the key of their last item."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[UUID, str], asyncio.Future[bool]] = {}

    @asynccontextmanager
    async def turn(self, customer_id: UUID, key: str, after: str | None, path: Path) -> AsyncIterator[Turn]:
        """The turn of the request whose last item has this key, once the request before, if one is named, has ended.

        :raises LimitExceeded: that one is not under way here, or was not done as a whole: this one is not begun.
        """
        before = None if after is None else self._under_way.get((customer_id, after))
        if after is not None and before is None:
            raise LimitExceeded(NOT_YET, retry_after_seconds=RETRY_AFTER_SECONDS, path=path)
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._under_way[customer_id, key] = ended
        turn = Turn()
        try:
            if before is not None and not await asyncio.shield(before):
                raise LimitExceeded(NOT_WHOLE, retry_after_seconds=RETRY_AFTER_SECONDS, path=path)
            yield turn
        finally:
            ended.set_result(turn.is_whole)
            if self._under_way.get((customer_id, key)) is ended:
                del self._under_way[customer_id, key]


requests_in_order = RequestsInOrder()
"""Those of this process."""
