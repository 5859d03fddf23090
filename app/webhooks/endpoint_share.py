"""What one endpoint may take up of a worker: requests in flight, and claims made ahead."""

from collections import deque
from collections.abc import Iterable

from app.webhooks.claimed import Claimed

IN_FLIGHT_MAX = 8
IN_FLIGHT_AFTER_TIMEOUT = 2
AHEAD_WHEN_SLOW = 8
AHEAD_WHEN_FAST = 128
FAST_MILLISECONDS = 250
TIMEOUT_MILLISECONDS = 5_000


class EndpointShare:
    """The claims of one endpoint: some in flight, some waiting, first attempts and retries apart.

    An endpoint that answers fast is claimed ahead, so that no request waits for the database; one that is slow is not,
    so that its claims do not outlive their lease; one that let us wait for seconds gets few slots, so that many such
    do not take up the worker.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self._retries_in_flight = 0
        self._first: deque[Claimed] = deque()
        self._retries: deque[Claimed] = deque()
        self._last_answer_milliseconds: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is claimed."""
        return self.in_flight == 0 and not self._first and not self._retries

    @property
    def is_hungry(self) -> bool:
        """Whether it is time to claim more: half of the room, or all slots, are free."""
        return self.in_flight + self._waiting <= self._ahead // 2

    def room(self) -> int:
        """How many more to claim."""
        return max(self._ahead - self.in_flight - self._waiting, 0)

    def add(self, claimed: Iterable[Claimed]) -> None:
        """Take claims in, in their order."""
        for delivery in claimed:
            (self._retries if delivery.is_retry else self._first).append(delivery)

    def next(self) -> Claimed | None:
        """The next to be sent now, which then is in flight: retries while they hold less than half of the slots.

        None: nothing waits, or no slot is free.
        """
        if self.in_flight >= self._slots:
            return None
        if self._retries and (not self._first or self._retries_in_flight < self._slots // 2):
            delivery = self._retries.popleft()
            self._retries_in_flight += 1
        elif self._first:
            delivery = self._first.popleft()
        else:
            return None
        self.in_flight += 1
        return delivery

    def done(self, delivery: Claimed, *, took_milliseconds: int | None) -> None:
        """A delivery is in flight no more; None: nothing was sent."""
        self.in_flight -= 1
        self._retries_in_flight -= delivery.is_retry
        if took_milliseconds is not None:
            self._last_answer_milliseconds = took_milliseconds

    def give_up_waiting(self) -> list[Claimed]:
        """All that waits; it waits no more."""
        waiting = [*self._first, *self._retries]
        self._first.clear()
        self._retries.clear()
        return waiting

    @property
    def _waiting(self) -> int:
        return len(self._first) + len(self._retries)

    @property
    def _ahead(self) -> int:
        last = self._last_answer_milliseconds
        return AHEAD_WHEN_FAST if last is not None and last <= FAST_MILLISECONDS else AHEAD_WHEN_SLOW

    @property
    def _slots(self) -> int:
        last = self._last_answer_milliseconds
        return IN_FLIGHT_AFTER_TIMEOUT if last is not None and last >= TIMEOUT_MILLISECONDS else IN_FLIGHT_MAX
