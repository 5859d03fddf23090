"""Give claims back that were not sent, so that any worker may claim them again."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from time import monotonic
from typing import Any

from app.db.away import DATABASE_UNUSABLE
from app.webhooks.deliveries.claim_deliveries import put_back
from app.webhooks.deliveries.claimed import Claimed
from app.webhooks.deliveries.worker_capacity import WorkerCapacity

logger = logging.getLogger(__name__)


class GiveBack:
    """Gives claims back; those of one moment together.

    :param spawn: runs a coroutine as a task.
    """

    def __init__(self, capacity: WorkerCapacity, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._capacity = capacity
        self._spawn = spawn
        self._waiting: list[Claimed] = []

    def soon(self, deliveries: Sequence[Claimed]) -> None:
        """Give them back, to be due at once."""
        if deliveries and not self._waiting:
            self._spawn(self._put_back_waiting())
        self._waiting += deliveries

    def later(self, delivery: Claimed, *, after_seconds: float) -> None:
        """Give one back, to be due so much later."""
        if after_seconds:
            self._spawn(self._put_back([delivery], after_seconds=after_seconds))
        else:
            self.soon([delivery])

    async def _put_back_waiting(self) -> None:
        try:
            await asyncio.sleep(0)  # What is given back in this turn of the event loop goes along.
        finally:
            waiting, self._waiting = self._waiting, []
            await self._put_back(waiting, after_seconds=0)

    async def _put_back(self, deliveries: Sequence[Claimed], *, after_seconds: float) -> None:
        self._capacity.note_more({delivery.endpoint for delivery in deliveries}, now=monotonic())
        try:
            await put_back(deliveries, after_seconds=after_seconds)
        except DATABASE_UNUSABLE as error:
            logger.warning("%d claims are left to their leases: %s", len(deliveries), error)
