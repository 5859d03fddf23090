"""Deliver all that is due: number, fan out, claim, send and record, as one continuous pipeline."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.db.connection import DATABASE_AWAY
from app.events.number_events import customers_with_unnumbered_events, number_events
from app.kernel.clock import utc_now
from app.settings import Settings
from app.webhooks.attempt_delivery import attempt_delivery
from app.webhooks.claim_deliveries import (
    DueLane,
    Wish,
    claim_deliveries,
    due_lanes,
    is_sent_to,
    promise_settling_of,
    put_back,
)
from app.webhooks.claimed import Claimed, EndpointKey, Lease
from app.webhooks.egress import EgressRules
from app.webhooks.endpoint_share import EndpointShare
from app.webhooks.fan_out import customers_to_fan_out, fan_out
from app.webhooks.outcome_queue import OutcomeQueue
from app.webhooks.record_attempts import Outcome
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.send_request import DEADLINE_SECONDS, Sender
from app.webhooks.signing_secret import Vault
from app.webhooks.status import DeliveryStatus

logger = logging.getLogger(__name__)

CLAIMED_MAX = 2_000
"""Deliveries one worker holds at a time, waiting and in flight."""
LOOK_AGAIN_SECONDS = 1.0
ASK_AGAIN_AFTER_SECONDS = 2.0
"""What was claimed so long ago is sent only if its endpoint was not disabled or deleted meanwhile."""
GIVE_BACK_SECONDS = 1.0
LEASE_RESERVE_SECONDS = 2.0
"""Beyond a request's deadline, for recording its result."""


class DeliveryPipeline:
    """One process's deliveries. Requests go on beyond the end of a drain; `close` waits for them.

    A slow endpoint holds up neither others' claims nor anybody's results.
    """

    def __init__(self, *, sender: Sender, vault: Vault, schedule: RetrySchedule, lease: Lease) -> None:
        assert lease.usable_seconds > 0, "the lease must outlast a request"
        self._sender = sender
        self._vault = vault
        self._lease = lease
        self._shares: dict[EndpointKey, EndpointShare] = {}
        self._claimed_count = 0
        self._schedule = schedule
        self._results = OutcomeQueue(schedule=schedule, spawn=self._spawn)
        self._look = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False

    @classmethod
    def of(cls, settings: Settings) -> "DeliveryPipeline":
        """The pipeline of these settings."""
        assert settings.secret_key is not None, "QUAESTOR_SECRET_KEY is required here"
        # A lease that a request may outlive would make two workers send it.
        length = max(settings.work_lease_seconds, DEADLINE_SECONDS + 2 * LEASE_RESERVE_SECONDS)
        return cls(
            sender=Sender(EgressRules.of(settings)),
            vault=Vault(settings.secret_key),
            schedule=RetrySchedule(settings.webhook_retry_schedule_seconds),
            lease=Lease(timedelta(seconds=length), timedelta(seconds=DEADLINE_SECONDS + LEASE_RESERVE_SECONDS)),
        )

    def poke(self) -> None:
        """Say that there may be something new: a drain under way looks again."""
        self._look.set()

    async def drain(self, *, budget_seconds: float) -> None:
        """Deliver until nothing is due or in flight, or the time is up; requests under way then go on.

        :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away; nothing is lost.
        """
        until = time.monotonic() + budget_seconds
        while not self._is_closing:
            self._look.clear()
            await self._take_new_events()
            await self._take_due()
            remaining = until - time.monotonic()
            # What ended during this look may have made more due.
            if remaining <= 0 or not (self._tasks or self._look.is_set()):
                return
            await self._wait_for_news(min(remaining, LOOK_AGAIN_SECONDS))

    def stop_claiming(self) -> None:
        """Claim no more: a drain under way ends soon. Let it end before `close`: it may just have claimed some."""
        self._is_closing = True
        self._look.set()

    async def close(self, *, grace_seconds: float) -> None:
        """Claim no more, let requests under way end for so long, and give back what is left."""
        self.stop_claiming()
        waiting = [delivery for share in self._shares.values() for delivery in share.give_up_waiting()]
        self._claimed_count -= len(waiting)
        if waiting:
            self._spawn(self._give_back(waiting, after_seconds=0))
        await self._wait_for_tasks(grace_seconds)
        for task in tuple(self._tasks):
            task.cancel()
        await self._wait_for_tasks(GIVE_BACK_SECONDS)  # What was cancelled gives its claim back.
        await self._sender.close()

    async def _wait_for_tasks(self, timeout_seconds: float) -> None:
        """Wait for all tasks, and for those they leave behind, such as the recording of a result."""
        until = time.monotonic() + timeout_seconds
        while self._tasks and (remaining := until - time.monotonic()) > 0:
            await asyncio.wait(tuple(self._tasks), timeout=remaining)

    async def _wait_for_news(self, timeout_seconds: float) -> None:
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._look.wait()
        except TimeoutError:
            return

    async def _take_new_events(self) -> None:
        for customer_id in await customers_with_unnumbered_events():
            await number_events(customer_id)
        for customer_id in await customers_to_fan_out():
            has_more = True
            while has_more and not self._is_closing:
                done = await fan_out(customer_id, lease=self._lease, room=self._room)
                has_more = done.has_more
                self._take(done.claimed)

    async def _take_due(self) -> None:
        lanes = await due_lanes()
        stray = {lane.endpoint: lane for lane in lanes if not lane.is_deliverable and not lane.is_settling}
        for lane in stray.values():
            await promise_settling_of(lane)
        for customer_id, wishes in self._wishes([lane for lane in lanes if lane.is_deliverable]).items():
            self._take(await claim_deliveries(customer_id, wishes, lease=self._lease))

    def _wishes(self, lanes: Sequence[DueLane]) -> dict[UUID, list[Wish]]:
        """What to claim, by customer: each hungry endpoint's room, shared by its first attempts and its retries."""
        both = {lane.endpoint for lane in lanes if lane.status is DeliveryStatus.RETRYING} & {
            lane.endpoint for lane in lanes if lane.status is DeliveryStatus.PENDING
        }
        wishes: dict[UUID, list[Wish]] = {}
        for lane in lanes:
            room = self._room(lane.endpoint)
            if lane.endpoint in both:
                room = -(-room // 2)
            if room > 0:
                wishes.setdefault(lane.customer_id, []).append(Wish(lane, room))
        return wishes

    def _room(self, endpoint: EndpointKey) -> int:
        if self._claimed_count >= CLAIMED_MAX or self._is_closing:
            return 0
        share = self._shares.get(endpoint) or EndpointShare()
        return share.room() if share.is_hungry else 0

    def _take(self, claimed: Sequence[Claimed]) -> None:
        for delivery in claimed:
            self._shares.setdefault(delivery.endpoint, EndpointShare()).add([delivery])
        self._claimed_count += len(claimed)
        for endpoint in {delivery.endpoint for delivery in claimed}:
            self._send_waiting(endpoint)

    def _send_waiting(self, endpoint: EndpointKey) -> None:
        share = self._shares[endpoint]
        while (delivery := share.next()) is not None:
            self._spawn(self._attempt(delivery, share))
        if share.is_hungry:
            self._look.set()

    async def _attempt(self, delivery: Claimed, share: EndpointShare) -> None:
        outcome: Outcome | None = None
        put_off_seconds = 0.0
        try:
            # Too late: with the lease about to end, another worker would send it as well.
            if time.monotonic() < delivery.send_before and await self._is_still_wanted(delivery):
                put_off_seconds = self._schedule.wait_at_age(utc_now() - delivery.created_at).total_seconds()
                outcome = await attempt_delivery(delivery, sender=self._sender, vault=self._vault)
        except asyncio.CancelledError:
            put_off_seconds = 0.0  # This process ends: another shall take over at once.
            raise
        finally:
            self._claimed_count -= 1
            share.done(delivery, took_milliseconds=None if outcome is None else outcome.answer.duration_ms)
            if outcome is not None:
                self._results.add(outcome)
            else:
                self._spawn(self._give_back([delivery], after_seconds=put_off_seconds))
            if not self._is_closing:
                self._send_waiting(delivery.endpoint)

    async def _is_still_wanted(self, delivery: Claimed) -> bool:
        """Whether its endpoint is still to be sent to. Asked only of what has waited for a slow one."""
        claimed_at = delivery.send_before - self._lease.usable_seconds
        if time.monotonic() < claimed_at + ASK_AGAIN_AFTER_SECONDS:
            return True
        try:
            return await is_sent_to(delivery.endpoint)
        except DATABASE_AWAY:
            return True

    async def _give_back(self, deliveries: Sequence[Claimed], *, after_seconds: float) -> None:
        try:
            await put_back(deliveries, after_seconds=after_seconds)
        except DATABASE_AWAY as error:
            logger.warning("%d claims are left to their leases: %s", len(deliveries), error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._look.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a delivery failed in a way that should not happen", exc_info=error)
