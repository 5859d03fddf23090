"""A bank that is watched: what it is asked, how it answers, and how long that takes."""

from collections.abc import Awaitable
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from app.kernel.tracing import Kind, Span, span_within
from app.partners.counted_calls import Answered, CallCounts, call_counts
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

Given = TypeVar("Given")


class WatchedPartner:
    """The same bank, each of whose calls is counted and is a span. `ref` is its ref in the catalog.

    Spans name the adapter and the call, and nothing of what is asked or answered. The adapter sends `headers_to_send()`
    along, if it speaks HTTP.
    """

    def __init__(self, ref: str, bank: BankPartner, adapter: str, counts: CallCounts = call_counts) -> None:
        self.ref = ref
        self.bank = bank
        self._adapter = adapter
        self._counts = counts
        counts.expect(ref)

    async def open_account(self, request: AccountRequest) -> BankAccount:
        """See `BankPartner`."""
        return await self._watched("open_account", self.bank.open_account(request))

    async def assign_iban(self, request: IbanRequest) -> AssignedIban:
        """See `BankPartner`."""
        return await self._watched("assign_iban", self.bank.assign_iban(request))

    async def send_payment(self, request: PaymentRequest) -> SentPayment:
        """See `BankPartner`."""
        return await self._watched("send_payment", self.bank.send_payment(request))

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """See `BankPartner`."""
        return await self._watched("find_arrival", self.bank.find_arrival(arrival_id))

    async def return_arrival(self, arrival_id: UUID) -> None:
        """See `BankPartner`."""
        return await self._watched("return_arrival", self.bank.return_arrival(arrival_id))

    async def _watched(self, operation: str, call: Awaitable[Given]) -> Given:
        began, answered = perf_counter(), Answered.FAILED
        try:
            with span_of(self._adapter, operation):
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


def span_of(adapter: str, operation: str) -> Span:
    """The span of one call of an adapter."""
    return span_within(f"partner {adapter} {operation}", Kind.CLIENT)
