"""What one endpoint may use of a worker: requests in flight, and claims made ahead."""

from collections import deque
from uuid import UUID

from app.webhooks.deliveries.claimed import Claimed
from app.webhooks.deliveries.send_request import Answer

IN_FLIGHT_MAX = 8
IN_FLIGHT_IN_DOUBT_MAX = 2
AHEAD_WHEN_SLOW = 8
AHEAD_WHEN_FAST = 128
FAST_MILLISECONDS = 250
TIMEOUT_MILLISECONDS = 5_000
FAILURES_MAX = 5
"""Failures in a row after which an endpoint that used to answer is doubted. A new one is doubted after its first."""
CONNECTED_AHEAD_SECONDS_MAX = 1.0
LAGGING_SECONDS = 1.0
STALLED_SECONDS = 5.0


class EndpointShare:
    """The claims of one endpoint: some in flight, some waiting, first attempts and retries apart.

    If an endpoint answers fast, its deliveries are claimed ahead, so that no request waits for the database. If it is
    slow they are not, so that claims do not outlive their lease. If it hangs or fails it is *doubted* until it answers
    again: it gets few slots, and is claimed for only in turns. `now` is the worker's clock (`time.monotonic`).

    Ordered deliveries of one resource follow one another: each waits for the success of the one before. If that fails,
    those behind it are given up.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self.turn_at = 0.0
        """When it last had its turn."""
        self.lane_turns = 0
        """Which lane comes next where there is not enough for all: it grows with each that was given one more."""
        self.may_have_more = True
        """Whether more may be due for it than is claimed. If not, a look each second is enough."""
        self.more_noted_at = 0.0
        """When that was last said."""
        self._is_stopped = False
        self._has_answered = False
        self._failures_in_row = 0
        self._retries_in_flight = 0
        self._moved_at = 0.0
        self._first: deque[Claimed] = deque()
        self._retries: deque[Claimed] = deque()
        self._followers: dict[UUID, deque[Claimed]] = {}
        """By resource, what waits for the one ordered delivery of it that is above or in flight."""
        self._following = 0
        self._broken: list[Claimed] = []
        """What followed one that failed."""
        self._last_answer_milliseconds: int | None = None
        self._connects_in = 0.0
        """How long it takes to connect, if each request needs a new connection: begun so long before its place."""

    @property
    def claims(self) -> int:
        """How many deliveries are claimed for it, in flight and waiting."""
        return self.in_flight + len(self._first) + len(self._retries) + self._following + len(self._broken)

    def is_doubted(self, now: float) -> bool:
        """Whether it keeps failing, or makes all requests wait for seconds."""
        return self._failures_in_row >= (FAILURES_MAX if self._has_answered else 1) or self._waits(now, STALLED_SECONDS)

    @property
    def keeps_failing(self) -> bool:
        """Whether so many attempts in a row failed that the next one most likely does."""
        return self._failures_in_row >= FAILURES_MAX

    def is_proven(self, now: float) -> bool:
        """Whether it is known to answer."""
        return self._has_answered and not self.is_doubted(now)

    def is_hungry(self, now: float) -> bool:
        """Whether it is time to claim more: half of the room, or all slots, are free."""
        return not self._is_stopped and self.claims <= self._ahead(now) // 2

    def is_fast(self, now: float) -> bool:
        """Whether it answers fast, so that deliveries are claimed far ahead for it."""
        return self._ahead(now) == AHEAD_WHEN_FAST

    def is_full(self, now: float) -> bool:
        """Whether it has enough claims to go on with for a while."""
        return self.claims > self._ahead(now) * 3 // 4

    def room(self, now: float) -> int:
        """How many more to claim."""
        return max(self._ahead(now) - self.claims, 0)

    def add(self, delivery: Claimed) -> None:
        """Add a claim behind the others."""
        if delivery.is_ordered:
            followers = self._followers.get(delivery.resource_id)
            if followers is not None:
                followers.append(delivery)
                self._following += 1
                return
            self._followers[delivery.resource_id] = deque()
        self._queue_of(delivery).append(delivery)

    def next(self, now: float) -> Claimed | None:
        """Put the next delivery in flight and return it: a retry while retries hold less than half of the slots.

        None: nothing waits that may begin now, or no slot is free.
        """
        # The slots are looked at last: this is asked twice for each delivery.
        if not (self._first or self._retries) or self.in_flight >= IN_FLIGHT_MAX:
            return None
        slots = self._slots(now)
        if self.in_flight >= slots:
            return None
        begun_by = now + self._connects_in
        first, retry = _first_of(self._first, begun_by), _first_of(self._retries, begun_by)
        delivery = retry if retry and (not first or self._retries_in_flight < slots // 2) else first
        if delivery is None:
            return None
        self._queue_of(delivery).popleft()
        self._retries_in_flight += delivery.is_retry
        if self.in_flight == 0:
            self._moved_at = now
        self.in_flight += 1
        return delivery

    def begins_in(self, now: float) -> float | None:
        """In how many seconds the next waiting delivery may begin that may not yet; None: there is none."""
        places = [queue[0].place for queue in (self._first, self._retries) if queue]
        waits = [place.begins_at - self._connects_in - now for place in places if place is not None]
        return min((wait for wait in waits if wait > 0), default=None) if waits else None

    def done(self, delivery: Claimed, answer: Answer | None, *, now: float) -> None:
        """Note that a delivery is no longer in flight. `answer` is None if nothing was sent."""
        self.in_flight -= 1
        self._retries_in_flight -= delivery.is_retry
        self._moved_at = now
        if delivery.is_ordered:
            self._follow(delivery, is_success=answer is not None and answer.is_success)
        if answer is None:
            return
        self._last_answer_milliseconds = answer.duration_ms
        self._connects_in = min(answer.connect_seconds, CONNECTED_AHEAD_SECONDS_MAX)
        self._is_stopped |= answer.is_gone
        if answer.is_success:
            self._has_answered, self._failures_in_row = True, 0
        else:
            self._failures_in_row += 1

    def stop(self) -> None:
        """Send nothing more: it is gone, or was paused."""
        self._is_stopped = True

    def give_up_surplus(self, now: float) -> list[Claimed]:
        """Remove and return the last waiting claims, as many as exceed the room there is now."""
        if self.claims <= AHEAD_WHEN_SLOW and not self._broken and not self._is_stopped:
            return []
        surplus = self.claims - self._ahead(now)
        return self._give_up(surplus) if surplus > 0 or self._broken else []

    def give_up_waiting(self) -> list[Claimed]:
        """Remove and return all waiting claims."""
        return self._give_up(self.claims)

    def _give_up(self, count: int) -> list[Claimed]:
        given_up, self._broken = self._broken, []
        for followers in self._followers.values():
            while len(given_up) < count and followers:
                given_up.append(followers.pop())
                self._following -= 1
        while len(given_up) < count and (self._first or self._retries):
            delivery = (self._retries or self._first).pop()
            given_up.append(delivery)
            if delivery.is_ordered:
                del self._followers[delivery.resource_id]  # Nobody follows it any more.
        return given_up

    def _follow(self, delivery: Claimed, *, is_success: bool) -> None:
        """Let the next one of the resource begin, or give up all that follow."""
        followers = self._followers.pop(delivery.resource_id)
        if is_success and followers:
            following = followers.popleft()
            self._following -= 1
            self._queue_of(following).appendleft(following)
            self._followers[delivery.resource_id] = followers
        else:
            self._broken += followers
            self._following -= len(followers)

    def _queue_of(self, delivery: Claimed) -> deque[Claimed]:
        return self._retries if delivery.is_retry else self._first

    def _waits(self, now: float, seconds: float) -> bool:
        return self.in_flight > 0 and now - self._moved_at >= seconds

    def _ahead(self, now: float) -> int:
        if self._is_stopped:
            return 0
        last = self._last_answer_milliseconds
        is_fast = last is not None and last <= FAST_MILLISECONDS and not self._waits(now, LAGGING_SECONDS)
        return AHEAD_WHEN_FAST if is_fast and self.is_proven(now) else AHEAD_WHEN_SLOW

    def _slots(self, now: float) -> int:
        last = self._last_answer_milliseconds
        is_slow = last is not None and last >= TIMEOUT_MILLISECONDS
        if self._is_stopped:
            return 0
        return IN_FLIGHT_IN_DOUBT_MAX if is_slow or self.is_doubted(now) else IN_FLIGHT_MAX


def _first_of(queue: deque[Claimed], now: float) -> Claimed | None:
    """The first delivery, if it may begin now."""
    return queue[0] if queue and queue[0].send_after <= now else None
