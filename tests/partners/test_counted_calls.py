"""Calls of banks are counted by how the bank answered, and what it answers passes through."""

from uuid import UUID

import pytest

from app.partners.counted_calls import OPERATIONS, Answered, CallCounts
from app.partners.port import PartnerDeclined, PartnerUnableToAdvance, PartnerUnavailable
from app.partners.watched_partner import WatchedPartner

ARRIVAL_ID = UUID("0197a3c2-5b6e-7c11-8f00-0123456789a8")


class Bank:
    """Answers every call the same."""

    def __init__(self, answer):
        self._answer = answer
        self.asked = []

    def __getattr__(self, operation):
        async def call(request):
            self.asked.append((operation, request))
            if isinstance(self._answer, BaseException):
                raise self._answer
            return self._answer

        return call


def counted(counts):
    return {key: count for key, count in counts.calls.items() if count}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_passes_on_what_is_asked_and_answered(operation):
    bank, counts = Bank("an answer"), CallCounts()
    assert await getattr(WatchedPartner("payrnet", bank, "simulator", counts), operation)(ARRIVAL_ID) == "an answer"
    assert bank.asked == [(operation, ARRIVAL_ID)]
    assert counted(counts) == {("payrnet", operation, Answered.SUCCESS): 1}
    assert counts.durations["payrnet", operation].count == 1


@pytest.mark.parametrize(
    ("failure", "answered"),
    [
        (PartnerDeclined("no"), Answered.DECLINED),
        (PartnerUnableToAdvance("no"), Answered.DECLINED),
        (PartnerUnavailable("later"), Answered.UNAVAILABLE),
        (TimeoutError(), Answered.FAILED),
        (ValueError("a bug"), Answered.FAILED),
    ],
)
async def test_counts_how_the_bank_failed(failure, answered):
    counts = CallCounts()
    with pytest.raises(type(failure)):
        await WatchedPartner("payrnet", Bank(failure), "simulator", counts).send_payment(ARRIVAL_ID)
    assert counted(counts) == {("payrnet", "send_payment", answered): 1}


def test_begins_at_zero():
    counts = CallCounts()
    WatchedPartner("payrnet", Bank(None), "simulator", counts)
    assert counts.calls == {("payrnet", operation, answered): 0 for operation in OPERATIONS for answered in Answered}
