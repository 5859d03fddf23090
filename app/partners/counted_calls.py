"""Counts what a bank is asked, how it answers, and how long that takes."""

from collections import Counter
from collections.abc import Awaitable
from enum import StrEnum
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from app.kernel.histogram import Histogram
from app.partners.port import (
    AccountRequest,
    Arrival,
    AssignedIban,
    BankAccount,
    BankPartner,
    IbanRequest,
    PartnerDeclined,
    PartnerUnableToAdvance,
    PartnerUnavailable,
    PaymentRequest,
    SentPayment,
)

DURATION_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

OPERATIONS = ("open_account", "assign_iban", "send_payment", "find_arrival", "return_arrival")

Given = TypeVar("Given")


class Answered(StrEnum):
    """How a bank answered."""

    SUCCESS = "success"
    DECLINED = "declined"
    """It said no, or cannot go on with this request."""
    UNAVAILABLE = "unavailable"
    """No usable answer: it is asked again later."""
    FAILED = "failed"
    """The adapter failed in a way that it does not know, or its answer did not come in time."""


class CallCounts:
    """Counts since this process began, by the bank's ref and what it was asked."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str, Answered]] = Counter()
        self.durations: dict[tuple[str, str], Histogram] = {}

    def expect(self, partner: str) -> None:
        """Begin at zero: a count that begins at one is no rise to Prometheus."""
        for operation in OPERATIONS:
            for answered in Answered:
                self.calls[partner, operation, answered] += 0

    def note(self, partner: str, operation: str, answered: Answered, seconds: float) -> None:
        """Count one call."""
        self.calls[partner, operation, answered] += 1
        durations = self.durations.get((partner, operation))
        if durations is None:
            durations = self.durations[partner, operation] = Histogram(DURATION_SECONDS)
        durations.note(seconds)


call_counts = CallCounts()
"""This process's."""


class CountedPartner:
    """A bank whose calls are counted. `ref` is its ref in the catalog."""

    def __init__(self, ref: str, bank: BankPartner, counts: CallCounts = call_counts) -> None:
        self.ref = ref
        self.bank = bank
        self._counts = counts
        counts.expect(ref)

    async def open_account(self, request: AccountRequest) -> BankAccount:
        """See `BankPartner`."""
        return await self._counted("open_account", self.bank.open_account(request))

    async def assign_iban(self, request: IbanRequest) -> AssignedIban:
        """See `BankPartner`."""
        return await self._counted("assign_iban", self.bank.assign_iban(request))

    async def send_payment(self, request: PaymentRequest) -> SentPayment:
        """See `BankPartner`."""
        return await self._counted("send_payment", self.bank.send_payment(request))

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """See `BankPartner`."""
        return await self._counted("find_arrival", self.bank.find_arrival(arrival_id))

    async def return_arrival(self, arrival_id: UUID) -> None:
        """See `BankPartner`."""
        return await self._counted("return_arrival", self.bank.return_arrival(arrival_id))

    async def _counted(self, operation: str, call: Awaitable[Given]) -> Given:
        began, answered = perf_counter(), Answered.FAILED
        try:
            given = await call
            answered = Answered.SUCCESS
        except (PartnerDeclined, PartnerUnableToAdvance):
            answered = Answered.DECLINED
            raise
        except PartnerUnavailable:
            answered = Answered.UNAVAILABLE
            raise
        finally:
            self._counts.note(self.ref, operation, answered, perf_counter() - began)
        return given
