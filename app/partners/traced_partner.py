"""A bank, each of whose calls is a span. The adapter within sends `headers_to_send()` along, if it speaks HTTP."""

from uuid import UUID

from app.kernel.tracing import Kind, Span, span_within
from app.partners.port import (
    AccountRequest,
    Arrival,
    AssignedIban,
    BankAccount,
    BankPartner,
    IbanRequest,
    PaymentRequest,
    SentPayment,
)


class TracedPartner:
    """The same bank. Spans name the adapter and the call, and nothing of what is asked or answered."""

    def __init__(self, partner: BankPartner, adapter: str) -> None:
        self.partner = partner
        self._adapter = adapter

    async def open_account(self, request: AccountRequest) -> BankAccount:
        """As the bank's."""
        with self._span("open_account"):
            return await self.partner.open_account(request)

    async def assign_iban(self, request: IbanRequest) -> AssignedIban:
        """As the bank's."""
        with self._span("assign_iban"):
            return await self.partner.assign_iban(request)

    async def send_payment(self, request: PaymentRequest) -> SentPayment:
        """As the bank's."""
        with self._span("send_payment"):
            return await self.partner.send_payment(request)

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """As the bank's."""
        with self._span("find_arrival"):
            return await self.partner.find_arrival(arrival_id)

    async def return_arrival(self, arrival_id: UUID) -> None:
        """As the bank's."""
        with self._span("return_arrival"):
            await self.partner.return_arrival(arrival_id)

    def _span(self, call: str) -> Span:
        return span_within(f"partner {self._adapter} {call}", Kind.CLIENT)
