"""When an endpoint that keeps failing is paused, how it is probed, and when it is given up."""

from dataclasses import dataclass
from datetime import timedelta

from app.settings import Settings

FAILURES_TO_PAUSE = 10
PROBE_WAIT_GROWS_TO = 20
"""The longest wait between two probes, as a multiple of the first."""
PAUSED_MAX = timedelta(days=5)

PAUSED_REASON = (
    f"Its last {FAILURES_TO_PAUSE} attempts or more failed. Deliveries wait, and one is tried from time to time: "
    "the first success sends the others."
)
GIVEN_UP_REASON = f"It was paused for {PAUSED_MAX.days} days, and every attempt failed. Enable it to send what waits."


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failing`: how long failures in a row must last, beside being `FAILURES_TO_PAUSE`, before an endpoint is paused.

    `first_wait` is the time until the first probe. Each failed probe doubles it, up to `longest_wait`.
    """

    failing: timedelta = timedelta(seconds=60)
    first_wait: timedelta = timedelta(seconds=30)

    @classmethod
    def of(cls, settings: Settings) -> "Breaker":
        """The breaker of these settings."""
        return cls(
            timedelta(seconds=settings.webhook_pause_after_seconds), timedelta(seconds=settings.webhook_probe_seconds)
        )

    @property
    def longest_wait(self) -> timedelta:
        """The longest wait between two probes."""
        return self.first_wait * PROBE_WAIT_GROWS_TO

    def wait_after(self, probe_count: int, *, asked_for: timedelta | None = None) -> timedelta:
        """How long to wait after so many failed probes. What the receiver asked for may lengthen it."""
        doublings = min(probe_count, PROBE_WAIT_GROWS_TO)
        wait: timedelta = min(self.first_wait * 2**doublings, self.longest_wait)
        return wait if asked_for is None else max(wait, asked_for)
