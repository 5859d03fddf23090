"""Let a few requests begin in each turn of the event loop, so that it sees what the database answers in between; and
leave a time between the steps that are taken for endpoints that keep failing.

When a receiver answers all its requests at the same moment, all that follow them are ready at once. Begun in one turn
of the loop, 160 of them take 30 ms, and each step of a fan-out waits for that.
"""

import asyncio
from collections import deque
from time import monotonic
from uuid import UUID

from app.webhooks.deliveries.spacing import Spacing

BEGUN_MIN = 8
"""How many requests may begin in any turn of the event loop. Each takes about 0.2 ms of the processor."""
BEGUN_MAX = 64
SECONDS_EACH = 0.0004
"""After a long turn more may begin in the next one: a request for each 0.4 ms that it took. A request takes half of
that, so sending gets about half of the time, however much else the loop has to do.
"""
DOUBTED_GAP_SECONDS = 0.005
"""Between two requests to endpoints that keep failing: those of a turn begin over a third of a second."""
DOUBTED_WAIT_SECONDS_MAX = 3.0
"""How long such a request waits at most: a worker has some 500 of them at a time."""
STEP_GAP_SECONDS = 0.015
"""Between two steps of a turn of such endpoints: the look for what is due, and each customer's claim. A step takes the
database about 5 ms.
"""
STEP_WAIT_SECONDS_MAX = 0.15
"""How long a step waits at most, when those of many customers come at once: then the rest of them go on together."""


class RequestPace:
    """Lets a few requests begin in each turn of the event loop. Customers take turns, each in its own order.

    The turns of endpoints that keep failing are others: those of `worker_capacity`, one a second.
    """

    def __init__(self) -> None:
        self._room = BEGUN_MIN
        self._begun = 0
        self._turn_at = 0.0
        self._waiting: dict[UUID, deque[asyncio.Future[None]]] = {}
        self._doubted = Spacing(DOUBTED_GAP_SECONDS, wait_seconds_max=DOUBTED_WAIT_SECONDS_MAX)
        self._steps = Spacing(STEP_GAP_SECONDS, wait_seconds_max=STEP_WAIT_SECONDS_MAX)

    async def begin(self, customer_id: UUID) -> None:
        """Return at once, or in a later turn of the event loop."""
        if self._doubted.is_over:
            return
        loop = asyncio.get_running_loop()
        if self._begun < self._room and not self._waiting:
            if not self._begun:
                self._turn_at = monotonic()
                loop.call_soon(self._next_turn)
            self._begun += 1
            return
        waiting = loop.create_future()
        self._waiting.setdefault(customer_id, deque()).append(waiting)
        await waiting

    async def begin_doubted(self, customer_id: UUID) -> None:
        """The same for a request that will most likely fail: each begins `DOUBTED_GAP_SECONDS` after the one before, of
        whichever customer. When many endpoints fail at once, the last may wait for a second or two.
        """
        await self._doubted.wait()
        await self.begin(customer_id)

    async def take_step_of_turn(self) -> None:
        """Return at once, or `STEP_GAP_SECONDS` after the step before, but after `STEP_WAIT_SECONDS_MAX` at the latest.
        Deliveries of others go on in between.
        """
        await self._steps.wait()

    def end(self) -> None:
        """Let all go on that wait: nothing is sent any more."""
        self._doubted.end()
        self._steps.end()
        while self._let_one_go():
            pass

    def _next_turn(self) -> None:
        now = monotonic()
        self._room = min(max(BEGUN_MIN, int((now - self._turn_at) / SECONDS_EACH)), BEGUN_MAX)
        self._begun, self._turn_at = 0, now
        while self._begun < self._room and self._let_one_go():
            self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _let_one_go(self) -> bool:
        """Let the first one of the first customer go on, which then comes last. False: nobody waits."""
        while self._waiting:
            customer_id = next(iter(self._waiting))
            of_customer = self._waiting.pop(customer_id)
            waiting = of_customer.popleft()
            if of_customer:
                self._waiting[customer_id] = of_customer
            if not waiting.done():
                waiting.set_result(None)
                return True
        return False
