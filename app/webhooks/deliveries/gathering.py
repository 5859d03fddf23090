"""Let a customer's events gather while all its endpoints are paused or keep failing.

A pass over its events looks at all its endpoints, a hundred perhaps, and delays deliveries of other customers that are
made at the same time. What such a pass makes is suspended, or waits for the turns of endpoints that keep failing.

What ends that state, such as a new endpoint or a probe that succeeds, does not end a wait that has begun: the next
event may come so much later, once. Who reads the feed numbers what waits first, so there no event comes later.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from uuid import UUID

from app.webhooks.deliveries.claimed import EndpointKey
from app.webhooks.deliveries.fan_out import FanOut

SECONDS_EACH = 0.01
"""From one pass to the next, for each endpoint of the customer."""
SECONDS_MAX = 1.0
"""At most so long: as from one turn of the endpoints that keep failing to the next."""
CUSTOMERS_MAX = 10_000


class Gathering:
    """When the next pass over a customer's events may begin.

    :param keeps_failing: says it of an endpoint that is ENABLED, as far as this worker knows.
    """

    def __init__(self, keeps_failing: Callable[[EndpointKey], bool]) -> None:
        self._keeps_failing = keeps_failing
        self._until: dict[UUID, float] = {}
        self._over = asyncio.Event()

    def note_pass(self, customer_id: UUID, done: FanOut) -> None:
        """Note what the pass did that has just ended."""
        if done.has_more or not done.endpoint_count or not all(map(self._keeps_failing, done.enabled)):
            return
        now = monotonic()
        if len(self._until) >= CUSTOMERS_MAX:
            self._until = {customer: until for customer, until in self._until.items() if until > now}
        self._until[customer_id] = now + min(done.endpoint_count * SECONDS_EACH, SECONDS_MAX)

    async def wait(self, customer_id: UUID) -> bool:
        """Return at once, or when the events of this customer have gathered for long enough. Answers whether to make
        the pass: no, once `end` was called.
        """
        seconds = self._until.pop(customer_id, 0.0) - monotonic()
        if seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._over.wait()
        return not self._over.is_set()

    def end(self) -> None:
        """End all waits: no more passes are made."""
        self._over.set()
