"""What this process counts of its attempts: how they ended, and how long events took to their receivers."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

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
        self.receipt_seconds_sum = 0.0
        self._receipts = [0] * (len(RECEIPT_SECONDS) + 1)

    def note(self, delivery: Claimed, answer: Answer | None, *, now: datetime) -> None:
        """Note an attempt that ended `now`; None if it was put off. Times are those of first attempts that succeed."""
        if answer is None:
            self.attempts[PUT_OFF, ""] += 1
        elif not answer.is_success:
            self.attempts[FAILED, stage_of(answer)] += 1
        else:
            self.attempts[DELIVERED, ""] += 1
            if not delivery.is_retry and not delivery.is_replayed and delivery.event is not None:
                self._note_receipt((now - delivery.event.happened_at).total_seconds())

    def receipts(self) -> Iterator[tuple[float, int]]:
        """For each limit of `RECEIPT_SECONDS`, and infinity: how many events took at most so long."""
        total = 0
        for limit, count in zip((*RECEIPT_SECONDS, float("inf")), self._receipts, strict=True):
            total += count
            yield limit, total

    def _note_receipt(self, seconds: float) -> None:
        self.receipt_seconds_sum += max(seconds, 0.0)
        self._receipts[bisect_left(RECEIPT_SECONDS, seconds)] += 1


def stage_of(answer: Answer) -> str:
    """The stage that failed, with which an error begins."""
    stage = (answer.error or "").partition(":")[0]
    return stage if stage in STAGES else "status"


attempt_counts = AttemptCounts()
"""This process's."""
