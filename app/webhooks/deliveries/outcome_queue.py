"""Outcomes that wait to be recorded. Customers take turns, so that none delays another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from math import inf
from time import monotonic
from typing import Any
from uuid import UUID

from app.db.away import DATABASE_UNUSABLE
from app.kernel.back_off import BackOff
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.claimed import EndpointKey
from app.webhooks.deliveries.note_failures import Turned
from app.webhooks.deliveries.record_attempts import Outcome
from app.webhooks.deliveries.record_or_put_off import record_or_put_off
from app.webhooks.deliveries.spacing import Spacing
from app.webhooks.deliveries.turn_endpoint import disable_gone, enable_recovered, pause_failing
from app.webhooks.retry_schedule import RetrySchedule

logger = logging.getLogger(__name__)

BATCH_SIZE_MAX = 200
RECORDERS_MAX = 4
"""How many customers are recorded at the same time."""
FAILURES_GATHERED_SECONDS = 0.1
"""How long failures are gathered, so that three hundred dead endpoints do not keep the disk busy with commits."""
SUCCESSES_GATHERED_SECONDS = 0.02
"""How long successes are that nobody waits for, so that these commits do not hold up those that somebody waits for."""
PAUSES_GAP_SECONDS = 0.1
"""Between two endpoints that are paused. Each costs a commit, an event and batches of suspended deliveries. When
hundreds have died together, all of it at once would hold up the deliveries of others.
"""
PAUSE_WAIT_SECONDS_MAX = 30.0
"""How long an endpoint waits at most to be paused. It is tried meanwhile, in its turns."""
TRIES_MAX = 6
PAUSE_SECONDS_MIN = 0.2
PAUSE_SECONDS_MAX = 3.2


class OutcomeQueue:
    """Records what is added to it, in batches; while one commits, the next one gathers. What nobody waits for, waits a
    moment for more.

    :param spawn: runs a coroutine as a task.
    :param on_due: called with endpoints that have more due, now that an outcome is recorded.
    :param on_stopped: called with an endpoint that answered 410 or kept failing, once it is disabled or paused.
    """

    def __init__(
        self,
        *,
        schedule: RetrySchedule,
        breaker: Breaker,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        on_stopped: Callable[[EndpointKey], None],
        on_due: Callable[[Collection[EndpointKey]], None],
    ) -> None:
        self._schedule = schedule
        self._breaker = breaker
        self._spawn = spawn
        self._on_stopped = on_stopped
        self._on_due = on_due
        self._waiting: dict[UUID, list[Outcome]] = {}
        self._gathering: dict[UUID, float] = {}
        """Whose outcomes wait for more, and until when."""
        self._recording: set[UUID] = set()
        self._turning: set[EndpointKey] = set()
        self._pauses = Spacing(PAUSES_GAP_SECONDS, wait_seconds_max=PAUSE_WAIT_SECONDS_MAX)
        self._to_pause: set[EndpointKey] = set()
        """Those that wait to be paused."""

    def add(self, outcome: Outcome) -> None:
        """Record it soon. An endpoint that answered 410 is disabled as well."""
        customer_id = outcome.delivery.customer_id
        waiting = self._waiting.setdefault(customer_id, [])
        waiting.append(outcome)
        seconds = _gathered_seconds(outcome)
        if seconds == 0 or len(waiting) >= BATCH_SIZE_MAX:
            self._gathering.pop(customer_id, None)
        elif len(waiting) == 1 or customer_id in self._gathering:
            self._gather(customer_id, seconds)
        if customer_id not in self._recording:  # Else its recorder goes on with it.
            self._start()
        if outcome.answer.is_gone:
            endpoint = outcome.delivery.endpoint
            self._turn(endpoint, partial(disable_gone, *endpoint), stops=True)

    def pause_no_more(self) -> None:
        """Pause no endpoint any more. Those that wait for it are paused by whoever records their next failure."""
        self._pauses.end()

    def _start(self) -> None:
        """Start recorders for the customers that have waited longest."""
        for customer_id in [waiting for waiting in self._waiting if waiting not in self._gathering]:
            if len(self._recording) >= RECORDERS_MAX:
                return
            if customer_id not in self._recording:
                self._recording.add(customer_id)
                self._spawn(self._record(customer_id))

    def _gather(self, customer_id: UUID, seconds: float) -> None:
        """Let this customer's outcomes wait for more so long, unless they wait for less already."""
        ends_at = monotonic() + seconds
        if ends_at < self._gathering.get(customer_id, inf):
            self._gathering[customer_id] = ends_at
            self._spawn(self._end_gathering(customer_id, ends_at, seconds))

    async def _end_gathering(self, customer_id: UUID, ends_at: float, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:  # Also when the process ends.
            if self._gathering.get(customer_id) == ends_at:
                del self._gathering[customer_id]
            self._start()

    async def _record(self, customer_id: UUID) -> None:
        """Record one batch of a customer. If more is left, the customer goes to the end of the queue."""
        try:
            outcomes = self._waiting.pop(customer_id)
            batch, later = outcomes[:BATCH_SIZE_MAX], outcomes[BATCH_SIZE_MAX:]
            if later:
                self._waiting[customer_id] = later
            await self._record_batch(customer_id, batch)
        finally:
            self._recording.discard(customer_id)
            self._start()

    async def _record_batch(self, customer_id: UUID, batch: list[Outcome]) -> None:
        back_off = BackOff(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
        for attempt in range(1, TRIES_MAX + 1):
            try:
                turned = await record_or_put_off(customer_id, batch, schedule=self._schedule, breaker=self._breaker)
            except DATABASE_UNUSABLE as error:
                if attempt == TRIES_MAX:
                    # Their leases end, and they are sent again; the receiver drops the repeats.
                    logger.warning("%d results of deliveries could not be recorded: %s", len(batch), error)
                    return
                await back_off.pause()
            else:
                self._turn_all(turned)
                return

    def _turn_all(self, turned: Turned) -> None:
        for endpoint in turned.to_pause:
            self._pause_soon(endpoint)
        for endpoint in turned.to_enable:
            self._turn(endpoint, partial(enable_recovered, *endpoint), stops=False)
        if turned.due:
            self._on_due(turned.due)

    def _pause_soon(self, endpoint: EndpointKey) -> None:
        if endpoint not in self._to_pause:
            self._to_pause.add(endpoint)
            self._spawn(self._pause(endpoint))

    async def _pause(self, endpoint: EndpointKey) -> None:
        """Pause it when it is its time. An answer that comes before changes its status at once, as ever."""
        try:
            await self._pauses.wait()
        finally:
            self._to_pause.discard(endpoint)
        if not self._pauses.is_over:
            self._turn(endpoint, partial(pause_failing, *endpoint, breaker=self._breaker), stops=True)

    def _turn(self, endpoint: EndpointKey, verb: Callable[[], Awaitable[bool]], *, stops: bool) -> None:
        """Change the endpoint's status, unless that is being done already. The verb answers whether the endpoint must
        not be sent to now; where it fails, `stops` says so.
        """
        if endpoint not in self._turning:
            self._turning.add(endpoint)
            self._spawn(self._finish_turn(endpoint, verb, stops=stops))

    async def _finish_turn(self, endpoint: EndpointKey, verb: Callable[[], Awaitable[bool]], *, stops: bool) -> None:
        is_stopped = stops
        try:
            is_stopped = await verb()
        except DATABASE_UNUSABLE as error:
            # Its next answer, or probe, says so again.
            logger.warning("the status of the endpoint %s could not be changed: %s", endpoint[1], error)
        finally:
            self._turning.discard(endpoint)
            if is_stopped:
                self._on_stopped(endpoint)


def _gathered_seconds(outcome: Outcome) -> float:
    """How long it may wait for others. The success of an ordered delivery lets the next one begin, and that of a probe
    lets all begin that is suspended.
    """
    if not outcome.answer.is_success:
        return FAILURES_GATHERED_SECONDS
    return 0.0 if outcome.delivery.is_ordered or outcome.delivery.is_probe else SUCCESSES_GATHERED_SECONDS
