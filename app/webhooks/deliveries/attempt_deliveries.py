"""Deliver all that is due: number, fan out, claim, send and record, as one continuous pipeline."""

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.events.numbering_steps import NumberingSteps
from app.kernel.clock import utc_now
from app.kernel.part import Drain
from app.settings import Settings
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.attempt_delivery import attempt_delivery
from app.webhooks.deliveries.claim_deliveries import (
    Wish,
    claim_deliveries,
    due_lanes,
    promise_settling_of_stray,
)
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease
from app.webhooks.deliveries.endpoint_share import EndpointShare
from app.webhooks.deliveries.fan_out import NOTHING, FanOut, fan_out
from app.webhooks.deliveries.gathering import Gathering
from app.webhooks.deliveries.give_back import GiveBack
from app.webhooks.deliveries.new_events import NewEvents, new_events
from app.webhooks.deliveries.outcome_queue import OutcomeQueue
from app.webhooks.deliveries.places import WAIT_SECONDS_MAX, NoPlaceYet
from app.webhooks.deliveries.probe_endpoints import claim_probes
from app.webhooks.deliveries.record_attempts import Outcome
from app.webhooks.deliveries.request_pace import RequestPace
from app.webhooks.deliveries.send_request import DEADLINE_SECONDS, Sender
from app.webhooks.deliveries.still_wanted import StillWanted
from app.webhooks.deliveries.trouble import Trouble
from app.webhooks.deliveries.worker_capacity import TURN_SECONDS, WorkerCapacity
from app.webhooks.egress import EgressRules
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.vault import Vault

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = TURN_SECONDS
LOOK_PAUSE = 8
"""The pause between two queries for due deliveries, as a multiple of how long the last one took."""
TAKERS_MAX = 4
"""How many customers' events or due deliveries are taken at the same time."""
WAIT_FOR_ROOM_SECONDS = 0.25
ROOM_LOOK_SECONDS = 0.01
TURN_LEFT_SECONDS = 0.03
GIVE_BACK_SECONDS = 1.0
LEASE_RESERVE_SECONDS = 2.0
"""Time of the lease kept for recording, after a request's deadline."""


class DeliveryPipeline(Drain):
    """One process's deliveries. Requests go on after a drain has ended; `finish` waits for them.

    Customers are handled at the same time: none waits for another's events, claims or results.
    """

    def __init__(
        self, *, sender: Sender, vault: Vault, schedule: RetrySchedule, lease: Lease, breaker: Breaker | None = None
    ) -> None:
        assert lease.usable_seconds > 0, "the lease must outlast a request"
        self._sender = sender
        self._vault = vault
        self._lease = lease
        self._schedule = schedule
        self._breaker = breaker or Breaker()
        self._capacity = WorkerCapacity()
        self._back = GiveBack(self._capacity, self._spawn)
        self._results = OutcomeQueue(
            schedule=schedule,
            breaker=self._breaker,
            spawn=self._spawn,
            on_stopped=lambda endpoint: self._back.soon(self._capacity.forget(endpoint)),
            on_due=self._note_due,
        )
        self._steps = NumberingSteps()
        self._gathering = Gathering(self._capacity.keeps_failing)
        self._look = asyncio.Event()
        self._retries_at_once = min(schedule.waits_seconds, default=LOOK_AGAIN_SECONDS) < LOOK_AGAIN_SECONDS
        self._is_due_wanted = False
        self._is_looking_for_due = False
        self._due_look_at = self._next_due_look_at = self._next_probe_look_at = 0.0
        self._takers = asyncio.Semaphore(TAKERS_MAX)
        self._taking: dict[UUID, NewEvents] = {}
        self._claiming: set[UUID] = set()
        self._claiming_again: set[UUID] = set()
        self._trouble = Trouble(on_busy=self.look_for_due, on_away=self._look.set)
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted = StillWanted(lease)
        self._pace = RequestPace()
        self._pacing: set[EndpointShare] = set()
        self._is_closing = False

    @classmethod
    def of(cls, settings: Settings) -> "DeliveryPipeline":
        """The pipeline of these settings."""
        # If a request could outlive its lease, two workers would send it.
        length = max(settings.work_lease_seconds, DEADLINE_SECONDS + WAIT_SECONDS_MAX + 2 * LEASE_RESERVE_SECONDS)
        return cls(
            sender=Sender(EgressRules.of(settings)),
            vault=Vault.of(settings),
            schedule=RetrySchedule(settings.webhook_retry_schedule_seconds),
            breaker=Breaker.of(settings),
            lease=Lease(timedelta(seconds=length), timedelta(seconds=DEADLINE_SECONDS + LEASE_RESERVE_SECONDS)),
        )

    def look_again(self) -> None:
        """Say that there may be new events: a drain under way looks again."""
        self._look.set()

    async def drain(self, *, budget_seconds: float) -> None:
        """Deliver until nothing is due or in flight, or the time is up. Requests under way go on after that.

        New events are looked for at once, due deliveries every second.

        :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away; nothing is lost.
        """
        until = time.monotonic() + budget_seconds
        while not self._is_closing:
            self._look.clear()
            await self._take_new_events()
            self._take_due_soon()
            self._trouble.tell()
            remaining = until - time.monotonic()
            # Tasks that ended meanwhile may have made more due.
            is_busy = self._tasks or self._look.is_set() or self._is_due_wanted or self._capacity.is_turn_awaited
            if remaining <= 0 or not is_busy:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(remaining, self._due_look_in())):
                    await self._look.wait()
            await self._steps.rest()  # Each look asks the database, and busy postings announce many.

    def look_for_due(self) -> None:
        """Let the next drain look for due deliveries before it returns."""
        self._is_due_wanted = True
        self._look.set()

    def take_no_more(self) -> None:
        """Claim no more, and begin no request. Let a drain under way end before `finish`: it may just have claimed."""
        self._is_closing = True
        self._pace.end()
        self._gathering.end()
        self._results.pause_no_more()
        self._look.set()

    async def finish(self, grace_seconds: float) -> None:
        """Give requests under way this long to end, and give back what is left."""
        self._back.soon(self._capacity.give_up_waiting())
        await self._wait_for_tasks(grace_seconds)
        for task in tuple(self._tasks):
            task.cancel()
        await self._wait_for_tasks(GIVE_BACK_SECONDS)  # Cancelled tasks give their claims back.

    async def let_go(self) -> None:
        """Close the connections to receivers."""
        await self._sender.close()

    async def _wait_for_tasks(self, timeout_seconds: float) -> None:
        """Wait for all tasks, and for the tasks they start, such as the recording of a result."""
        until = time.monotonic() + timeout_seconds
        while self._tasks and (remaining := until - time.monotonic()) > 0:
            await asyncio.wait(tuple(self._tasks), timeout=remaining)

    async def _take_new_events(self) -> None:
        """Start taking each customer's new events, all customers at the same time."""
        for found in await new_events():
            new = self._taking.setdefault(found.customer_id, found)
            if new is found:
                self._spawn(self._take_events_of(new))
            else:
                new.add(found)

    async def _take_events_of(self, new: NewEvents) -> None:
        """Number and fan out one customer's new events. After each batch, other customers come first."""
        try:
            while new.are_there and await self._gathering.wait(new.customer_id):
                done: FanOut | None = None
                async with self._takers:
                    with self._trouble.noting():
                        done = await self._take_batch(new)
                if done is None:
                    return  # The drain looks again.
                if new.are_there:
                    if not done.has_more:
                        await self._steps.until_next(new.customer_id)
                    await self._leave_turn(new.customer_id, is_taken=done.is_taken)
        finally:
            del self._taking[new.customer_id]

    async def _take_batch(self, new: NewEvents) -> FanOut:
        """Number and fan out one batch, and send what is claimed with it."""
        to_number, to_fan_out = new.take()
        if to_number and not await self._steps.number(new.customer_id):
            new.to_number, to_number = True, False
        if not new.has_endpoints or not (to_number or to_fan_out):
            return NOTHING
        room = self._capacity.room_of(new.customer_id, now=time.monotonic())
        done = await fan_out(new.customer_id, lease=self._lease, room=room, may_rest=self._may_rest)
        new.to_fan_out |= done.has_more
        self._gathering.note_pass(new.customer_id, done)
        self._take(done.claimed)
        self._note_due(done.left_due)
        return done

    def _may_rest(self) -> bool:
        """Whether no other customer waits for a place among the takers, and one is free for the next."""
        return not self._takers.locked()

    async def _leave_turn(self, customer_id: UUID, *, is_taken: bool) -> None:
        """While there is enough to send, leave the next turn to another worker, and then wait a little for room: what
        is made once there is room need not be claimed. If another worker has it (`is_taken`), wait for that to end.
        """
        until = time.monotonic() + WAIT_FOR_ROOM_SECONDS
        if is_taken or self._capacity.has_enough(customer_id):
            await asyncio.sleep(TURN_LEFT_SECONDS)
        while not self._is_closing and (now := time.monotonic()) < until:
            if not self._capacity.is_full(customer_id, now=now):
                return
            await asyncio.sleep(ROOM_LOOK_SECONDS)

    def _note_due(self, endpoints: Collection[EndpointKey]) -> None:
        if self._capacity.note_more(endpoints, now=time.monotonic()):
            self.look_for_due()

    def _due_look_in(self) -> float:
        """In how many seconds to look for due deliveries, if nobody asks before."""
        if self._is_looking_for_due:
            return LOOK_AGAIN_SECONDS
        look_at = self._next_due_look_at if self._is_due_wanted else self._due_look_at + LOOK_AGAIN_SECONDS
        return max(look_at - time.monotonic(), 0.0)

    def _take_due_soon(self) -> None:
        """Start a task that looks for due deliveries. The longer that takes, the longer the pause after it."""
        now = time.monotonic()
        if now - self._due_look_at >= LOOK_AGAIN_SECONDS:
            self._is_due_wanted = True
        if self._is_due_wanted and not self._is_looking_for_due and now >= self._next_due_look_at:
            self._is_due_wanted, self._is_looking_for_due = False, True
            self._due_look_at = now
            self._spawn(self._take_due(), is_look=True)

    async def _take_due(self) -> None:
        try:
            with self._trouble.noting():
                self._back.soon(self._capacity.give_up_surplus(now=time.monotonic()))
                await self._take_probes()
                began = time.monotonic()
                resting, in_turn = self._capacity.doubted(now=began)
                if in_turn:
                    await self._pace.take_step_of_turn()
                looked_at = time.monotonic()
                lanes = await due_lanes(but=resting, in_turn=in_turn)
                now = time.monotonic()
                self._next_due_look_at = now + LOOK_PAUSE * (now - looked_at)
                self._capacity.note_look(lanes, but={*resting, *in_turn}, began=began, now=now)
                stopped = {lane.endpoint for lane in lanes if not lane.is_deliverable}.intersection(in_turn)
                self._back.soon([claim for endpoint in stopped for claim in self._capacity.forget(endpoint)])
                if stopped:
                    self.look_for_due()  # They took the places of others, and will no more.
                await promise_settling_of_stray(lanes)
                self._claiming_again |= {lane.customer_id for lane in lanes} & self._claiming
                free = [lane for lane in lanes if lane.is_deliverable and lane.customer_id not in self._claiming]
                for customer_id, wishes in self._capacity.wishes(free, now=began).items():
                    self._claiming.add(customer_id)
                    self._spawn(self._claim(customer_id, wishes))
        finally:
            self._is_looking_for_due = False
            self._look.set()

    async def _take_probes(self) -> None:
        """Look, once a second, for paused endpoints to try."""
        if time.monotonic() >= self._next_probe_look_at and not self._is_closing:
            self._next_probe_look_at = time.monotonic() + LOOK_AGAIN_SECONDS
            self._take(await claim_probes(lease=self._lease, breaker=self._breaker))

    async def _claim(self, customer_id: UUID, wishes: Sequence[Wish]) -> None:
        try:
            if self._capacity.is_turn_of(wishes, now=time.monotonic()):
                await self._pace.take_step_of_turn()
            async with self._takers:
                with self._trouble.noting():
                    if not self._is_closing:
                        claimed = await claim_deliveries(customer_id, wishes, lease=self._lease)
                        self._capacity.note_claims(wishes, claimed)
                        self._take(claimed)
        finally:
            self._claiming.discard(customer_id)
            if customer_id in self._claiming_again:
                self._claiming_again.discard(customer_id)
                self.look_for_due()

    def _take(self, claimed: Sequence[Claimed]) -> None:
        if self._is_closing:
            self._back.soon(claimed)
            return
        self._capacity.add(claimed)
        for endpoint in dict.fromkeys(delivery.endpoint for delivery in claimed):
            self._send_waiting(self._capacity.share_of(endpoint))

    def _send_waiting(self, share: EndpointShare) -> None:
        now = time.monotonic()
        while (delivery := share.next(now)) is not None:
            self._spawn(self._attempt_in_turn(delivery, share))
        begins_in = share.begins_in(now)
        if begins_in is not None and share not in self._pacing:
            self._pacing.add(share)
            self._spawn(self._send_later(share, begins_in))
        if share.may_have_more and share.is_hungry(now):
            if share.is_doubted(now):
                self._capacity.is_turn_awaited = True
            else:
                self.look_for_due()

    async def _send_later(self, share: EndpointShare, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            self._pacing.discard(share)
            if not self._is_closing:
                self._send_waiting(share)

    async def _attempt_in_turn(self, delivery: Claimed | None, share: EndpointShare) -> None:
        """Attempt it, and then what waits behind it: a task for each would cost more."""
        try:
            while delivery is not None:
                await self._attempt(delivery, share)
                delivery = self._next(share)
        finally:
            if delivery is not None and not self._is_closing:  # A fault of ours, which stops only this delivery.
                self._send_waiting(share)

    def _next(self, share: EndpointShare) -> Claimed | None:
        if self._is_closing:
            return None
        now = time.monotonic()
        self._back.soon(self._capacity.give_up_surplus_of(share, now=now))
        delivery = share.next(now)
        self._send_waiting(share)
        return delivery

    async def _attempt(self, delivery: Claimed, share: EndpointShare) -> None:
        outcome: Outcome | None = None
        put_off_seconds = 0.0
        try:
            if not delivery.max_per_second:  # Those have a pace of their own, and a place that does not wait.
                begin = self._pace.begin_doubted if share.is_doubted(time.monotonic()) else self._pace.begin
                await begin(delivery.customer_id)
            # Otherwise too late: with the lease about to end, another worker would send it as well.
            begin_before = delivery.send_before - (WAIT_SECONDS_MAX if delivery.max_per_second else 0.0)
            if not self._is_closing and time.monotonic() < begin_before and await self._wanted.is_so(delivery):
                outcome = await attempt_delivery(delivery, sender=self._sender, vault=self._vault)
                put_off_seconds = 0.0 if outcome else self._put_off_seconds(delivery)
        except NoPlaceYet:
            put_off_seconds = LOOK_AGAIN_SECONDS
        except asyncio.CancelledError:  # This process ends, so another one may take over at once.
            raise
        except BaseException:
            put_off_seconds = self._put_off_seconds(delivery)
            raise
        finally:
            self._attempted(delivery, share, outcome, put_off_seconds)

    def _put_off_seconds(self, delivery: Claimed) -> float:
        return self._schedule.wait_at_age(utc_now() - delivery.created_at).total_seconds()

    def _attempted(
        self, delivery: Claimed, share: EndpointShare, outcome: Outcome | None, put_off_seconds: float
    ) -> None:
        self._capacity.done(share, delivery, outcome.answer if outcome else None, now=time.monotonic())
        if outcome is not None:
            self._results.add(outcome)
        else:
            self._back.later(delivery, after_seconds=put_off_seconds)

    def _spawn(self, work: Coroutine[Any, Any, None], *, is_look: bool = False) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._looked if is_look else self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Where a failed attempt is due again within a second, look once more when all tasks have ended."""
        self._looked(task)
        if self._retries_at_once and not self._tasks:
            self._is_due_wanted = True

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._look.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a delivery failed in a way that should not happen", exc_info=error)
