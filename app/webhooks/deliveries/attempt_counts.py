"""What this process counts of its attempts: how they ended, and how long events took to their receivers."""

from collections import Counter
from datetime import datetime

from app.kernel.histogram import Histogram
from app.webhooks.deliveries.claimed import Claimed
from app.webhooks.deliveries.send_request import Answer

DELIVERED, FAILED, PUT_OFF = "delivered", "failed", "put_off"
STAGES = ("dns", "blocked", "connect", "tls", "timeout", "status")
RECEIPT_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0)


class AttemptCounts:
    """Counts since this process began."""

    def __init__(self) -> None:
        self.attempts: Counter[tuple[str, str]] = Counter()
        """By outcome and stage; the stage is empty where none failed."""
        self.receipts = Histogram(RECEIPT_SECONDS)
        """Seconds from an event to its receiver's answer."""

    def note(self, delivery: Claimed, answer: Answer | None, *, now: datetime) -> None:
        """Note an attempt that ended `now`; None if it was put off. Times are those of first attempts that succeed."""
        if answer is None:
            self.attempts[PUT_OFF, ""] += 1
        elif not answer.is_success:
            self.attempts[FAILED, stage_of(answer)] += 1
        else:
            self.attempts[DELIVERED, ""] += 1
            if not delivery.is_retry and not delivery.is_replayed and delivery.event is not None:
                self.receipts.note(max((now - delivery.event.happened_at).total_seconds(), 0.0))


def stage_of(answer: Answer) -> str:
    """The stage that failed, with which an error begins."""
    stage = (answer.error or "").partition(":")[0]
    return stage if stage in STAGES else "status"


attempt_counts = AttemptCounts()
"""This process's."""
