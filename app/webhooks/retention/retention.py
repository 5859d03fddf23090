"""How long deliveries and attempts stay."""

from dataclasses import dataclass
from datetime import timedelta

from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long deliveries stay after they were delivered (or cancelled) or exhausted, and attempts after they
    began. None: for good; attempts never stay longer than their delivery.
    """

    delivered: timedelta | None
    exhausted: timedelta | None
    attempts: timedelta | None

    @classmethod
    def of(cls, settings: Settings) -> "Retention":
        """What the settings say."""
        return cls(
            _days(settings.retention_delivered_days),
            _days(settings.retention_exhausted_days),
            _days(settings.retention_attempts_days),
        )

    @property
    def shortest(self) -> timedelta | None:
        """The shortest of them; None if everything stays for good."""
        spans = [span for span in (self.delivered, self.exhausted, self.attempts) if span is not None]
        return min(spans, default=None)


def _days(days: float | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)
