"""What one endpoint may use of a worker: requests in flight, and claims made ahead."""

from collections import deque

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
LAGGING_SECONDS = 1.0
STALLED_SECONDS = 5.0


class EndpointShare:
    """The claims of one endpoint: some in flight, some waiting, first attempts and retries apart.

    If an endpoint answers fast, its deliveries are claimed ahead, so that no request waits for the database. If it is
    slow they are not, so that claims do not outlive their lease. If it hangs or fails it is *doubted* until it answers
    again: it gets few slots, and is claimed for only in turns. `now` is the worker's clock (`time.monotonic`).
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self.turn_at = 0.0
        """When it last had its turn."""
        self.may_have_more = True
        """Whether more may be due for it than is claimed. If not, a look each second is enough."""
        self._is_gone = False
        self._has_answered = False
        self._failures_in_row = 0
        self._retries_in_flight = 0
        self._moved_at = 0.0
        self._first: deque[Claimed] = deque()
        self._retries: deque[Claimed] = deque()
        self._last_answer_milliseconds: int | None = None

    @property
    def claims(self) -> int:
        """How many deliveries are claimed for it, in flight and waiting."""
        return self.in_flight + len(self._first) + len(self._retries)

    def is_doubted(self, now: float) -> bool:
        """Whether it keeps failing, or makes all requests wait for seconds."""
        return self._failures_in_row >= (FAILURES_MAX if self._has_answered else 1) or self._waits(now, STALLED_SECONDS)

    def is_proven(self, now: float) -> bool:
        """Whether it is known to answer."""
        return self._has_answered and not self.is_doubted(now)

    def is_hungry(self, now: float) -> bool:
        """Whether it is time to claim more: half of the room, or all slots, are free."""
        return not self._is_gone and self.claims <= self._ahead(now) // 2

    def room(self, now: float) -> int:
        """How many more to claim."""
        return max(self._ahead(now) - self.claims, 0)

    def add(self, delivery: Claimed) -> None:
        """Add a claim behind the others."""
        (self._retries if delivery.is_retry else self._first).append(delivery)

    def next(self, now: float) -> Claimed | None:
        """Put the next delivery in flight and return it: a retry while retries hold less than half of the slots.

        None: nothing waits, or no slot is free.
        """
        slots = self._slots(now)
        if self.in_flight >= slots:
            return None
        if self._retries and (not self._first or self._retries_in_flight < slots // 2):
            delivery = self._retries.popleft()
            self._retries_in_flight += 1
        elif self._first:
            delivery = self._first.popleft()
        else:
            return None
        if self.in_flight == 0:
            self._moved_at = now
        self.in_flight += 1
        return delivery

    def done(self, delivery: Claimed, answer: Answer | None, *, now: float) -> None:
        """Note that a delivery is no longer in flight. `answer` is None if nothing was sent."""
        self.in_flight -= 1
        self._retries_in_flight -= delivery.is_retry
        self._moved_at = now
        if answer is None:
            return
        self._last_answer_milliseconds = answer.duration_ms
        self._is_gone = self._is_gone or answer.is_gone
        if answer.is_success:
            self._has_answered, self._failures_in_row = True, 0
        else:
            self._failures_in_row += 1

    def give_up_surplus(self, now: float) -> list[Claimed]:
        """Remove and return the last waiting claims, as many as exceed the room there is now."""
        return self._give_up(self.claims - self._ahead(now))

    def give_up_waiting(self) -> list[Claimed]:
        """Remove and return all waiting claims."""
        return self._give_up(self.claims)

    def _give_up(self, count: int) -> list[Claimed]:
        given_up: list[Claimed] = []
        while len(given_up) < count and (self._first or self._retries):
            given_up.append((self._retries or self._first).pop())
        return given_up

    def _waits(self, now: float, seconds: float) -> bool:
        return self.in_flight > 0 and now - self._moved_at >= seconds

    def _ahead(self, now: float) -> int:
        if self._is_gone:
            return 0
        last = self._last_answer_milliseconds
        is_fast = last is not None and last <= FAST_MILLISECONDS and not self._waits(now, LAGGING_SECONDS)
        return AHEAD_WHEN_FAST if is_fast and self.is_proven(now) else AHEAD_WHEN_SLOW

    def _slots(self, now: float) -> int:
        last = self._last_answer_milliseconds
        is_slow = last is not None and last >= TIMEOUT_MILLISECONDS
        if self._is_gone:
            return 0
        return IN_FLIGHT_IN_DOUBT_MAX if is_slow or self.is_doubted(now) else IN_FLIGHT_MAX
