"""Remove what is older than the settings say: customer by customer, in small batches, with a pause after each."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeAlias
from uuid import UUID

from app.db.connection import fetch, fetchval
from app.kernel.part import Drain
from app.webhooks.deliveries.count_outcomes import HOURS_KEPT
from app.webhooks.retention.removal_counts import RemovalCounts, removal_counts
from app.webhooks.retention.remove_batch import OldAttempts, OldCounts, OldDeliveries
from app.webhooks.retention.retention import Retention
from app.webhooks.status import DeliveryStatus

logger = logging.getLogger(__name__)

PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 60.0
PAUSE_OF_RETENTION = 0.1
"""The pause between two sweeps, as a part of the shortest retention."""
REST = 20
"""And at least as a multiple of how long the last sweep worked: so it takes up a twentieth of a connection."""

Old: TypeAlias = OldDeliveries | OldAttempts | OldCounts


class Sweeps(Drain):
    """Sweeps again and again, as long as `drain` is called. Any number of processes may: they pass over each other."""

    def __init__(self, retention: Retention, counts: RemovalCounts = removal_counts) -> None:
        self._retention = retention
        self._counts = counts
        shortest = retention.shortest or timedelta(days=1)
        self._pause_seconds = min(
            max(shortest.total_seconds() * PAUSE_OF_RETENTION, PAUSE_SECONDS_MIN), PAUSE_SECONDS_MAX
        )
        self._left: list[Old] = []
        self._worked_seconds = 0.0
        self._removed = 0
        self._next_at = 0.0

    async def drain(self, *, budget_seconds: float) -> None:
        """Go on with the sweep for this long, or begin the next one if its time has come.

        :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away; call again.
        """
        until = monotonic() + budget_seconds
        if not self._left:
            if monotonic() < self._next_at:
                return
            self._left = await self._parts()
        while self._left and monotonic() < until:
            began = monotonic()
            await self._step(self._left[-1])
            took = monotonic() - began
            self._worked_seconds += took
            self._counts.worked_seconds += took
            await asyncio.sleep(took)
        if not self._left:
            self._end()

    def look_again(self) -> None:
        """A sweep looks by itself."""

    async def _step(self, part: Old) -> None:
        removed = await part.remove_batch()
        self._removed += removed.deliveries + removed.attempts
        self._counts.deliveries += removed.deliveries
        self._counts.attempts += removed.attempts
        if removed.is_last:
            self._left.pop()

    async def _parts(self) -> list[Old]:
        now: datetime = await fetchval("SELECT now()")
        rows = await fetch("SELECT customer_id FROM webhook_fan_outs ORDER BY customer_id DESC")
        return [part for row in rows for part in self._parts_of(row["customer_id"], now)]

    def _parts_of(self, customer_id: UUID, now: datetime) -> Iterator[Old]:
        kept = self._retention
        for status, span in (
            (DeliveryStatus.DELIVERED, kept.delivered),
            (DeliveryStatus.CANCELLED, kept.delivered),
            (DeliveryStatus.EXHAUSTED, kept.exhausted),
        ):
            if span is not None:
                yield OldDeliveries(customer_id, status, now - span)
        if kept.attempts is not None:
            yield OldAttempts(customer_id, now - kept.attempts)
        yield OldCounts(customer_id, now - HOURS_KEPT)

    def _end(self) -> None:
        self._counts.sweeps += 1
        self._next_at = monotonic() + max(self._pause_seconds, REST * self._worked_seconds)
        if self._removed:
            logger.info(
                "retention: %d old webhook deliveries and attempts removed in %.1f s",
                self._removed,
                self._worked_seconds,
            )
        self._worked_seconds, self._removed = 0.0, 0
