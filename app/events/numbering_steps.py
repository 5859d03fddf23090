"""When to number a customer's events next: at once while few come, in larger steps while many do.

A step costs several statements and a commit, however few events it numbers, and beside busy postings these take what
postings need. In steps of forty an event costs about three times what it does in steps of five hundred. Who reads the
feed numbers what waits first, so a pause delays nothing but deliveries.
"""

import asyncio
from math import exp
from time import monotonic
from uuid import UUID

from app.events.number_events import number_waiting

LIGHT_PER_SECOND = 300.0
"""Up to so many events a second, each is numbered at once."""
HEAVY_PER_SECOND = 600.0
"""From so many on, the pause is the longest."""
PAUSE_SECONDS_MAX = 0.25
REST_SECONDS = 0.005
REMEMBERED_SECONDS = 1.0
CUSTOMERS_MAX = 10_000


class NumberingSteps:
    """How many events each customer has had lately, as far as this process numbered them."""

    def __init__(self) -> None:
        self._recent: dict[UUID, _Recent] = {}

    async def number(self, customer_id: UUID) -> bool:
        """Number this customer's waiting events, unless it is too early to. Answers whether it was time."""
        if self.pause_seconds(customer_id) > 0:
            return False
        self.note(customer_id, await number_waiting(customer_id))
        return True

    async def until_next(self, customer_id: UUID) -> None:
        """Wait until it is time to number this customer's events."""
        await asyncio.sleep(self.pause_seconds(customer_id))

    async def rest(self) -> None:
        """Pause between two looks for new events, if they come in larger steps now."""
        if self.is_busy():
            await asyncio.sleep(REST_SECONDS)

    def pause_seconds(self, customer_id: UUID, *, now: float | None = None) -> float:
        """For how long not to number this customer's events yet; 0 for at once."""
        recent = self._recent.get(customer_id)
        if recent is None:
            return 0.0
        now = monotonic() if now is None else now
        load = (recent.count_at(now) / REMEMBERED_SECONDS - LIGHT_PER_SECOND) / (HEAVY_PER_SECOND - LIGHT_PER_SECOND)
        return max(recent.at + min(load, 1.0) * PAUSE_SECONDS_MAX - now, 0.0)

    def note(self, customer_id: UUID, count: int, *, now: float | None = None) -> None:
        """So many were numbered just now."""
        now = monotonic() if now is None else now
        recent = self._recent.pop(customer_id, None)
        if count == 0 and recent is None:
            return
        if len(self._recent) >= CUSTOMERS_MAX:
            del self._recent[next(iter(self._recent))]  # Whose step is the longest ago.
        self._recent[customer_id] = _Recent(now, count + (recent.count_at(now) if recent else 0.0))

    def is_busy(self, *, now: float | None = None) -> bool:
        """Whether the events that were numbered last came in larger steps."""
        now = monotonic() if now is None else now
        newest = next(reversed(self._recent), None)
        return newest is not None and self._recent[newest].count_at(now) > LIGHT_PER_SECOND * REMEMBERED_SECONDS


class _Recent:
    """The last step of a customer, and a count that fades with time."""

    __slots__ = ("at", "count")

    def __init__(self, at: float, count: float) -> None:
        self.at = at
        self.count = count

    def count_at(self, now: float) -> float:
        return self.count * exp((self.at - now) / REMEMBERED_SECONDS)
