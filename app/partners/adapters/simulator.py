"""The simulated bank. It remembers what it was asked, so that all processes, and every repeat, get the same answer.

Its memory is tables of its own, without tenant, written in its own transactions. It stands for another company, which
may have done its part even if we crashed before its answer came.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction, transaction
from app.kernel.magic_values import SLOW_FACTOR, UNAVAILABLE_ASKS, magic_values
from app.partners.adapters.allot_ibans import SimulatedNumber, next_number
from app.partners.adapters.simulated_arrivals import GivenAccount, find_arrival, given_account, send_back
from app.partners.adapters.simulated_payments import pay
from app.partners.catalog import Catalog, Product
from app.partners.port import (
    AccountRequest,
    Arrival,
    AssignedIban,
    BankAccount,
    IbanRequest,
    PartnerDeclined,
    PartnerUnableToAdvance,
    PartnerUnavailable,
    PaymentRequest,
    SentPayment,
)


class Simulator:
    """All simulated banks of a catalog. Each answers after `delay_seconds`, or ten times that for `slow`."""

    def __init__(self, catalog: Catalog, *, delay_seconds: float) -> None:
        self._catalog = catalog
        self._delay_seconds = delay_seconds

    async def open_account(self, request: AccountRequest) -> BankAccount:
        """See `BankPartner`. A GBP account gets sort code, account number, IBAN and BIC; others get nothing yet."""
        product = self._product(request.product)
        asked = magic_values(request.metadata)
        account: BankAccount | None = None
        async with transaction() as tx:
            ask = await _note_ask(tx, "ACCOUNT", request.ledger_id)
            is_up = ask.count > UNAVAILABLE_ASKS or "unavailable" not in asked
            if is_up and "decline" not in asked:
                account = await _open(tx, request, product)
        await self._take_time(ask, asked)
        if not is_up:
            raise PartnerUnavailable("The simulated bank is unavailable, as its magic value asks.")
        if account is None:
            raise PartnerDeclined("The bank declined this ledger.")
        return account

    async def assign_iban(self, request: IbanRequest) -> AssignedIban:
        """See `BankPartner`."""
        product = self._product(request.product)
        asked = magic_values(request.metadata)
        assigned: AssignedIban | None = None
        is_refused = product.bic is None or bool(asked & {"decline-iban", "unable-to-advance"})
        async with transaction() as tx:
            ask = await _note_ask(tx, "IBAN", request.request_id)
            is_up = ask.count > UNAVAILABLE_ASKS or "unavailable" not in asked
            if is_up and not is_refused:
                assigned = await _assign(tx, request, product)
        await self._take_time(ask, asked)
        if not is_up:
            raise PartnerUnavailable("The simulated bank is unavailable, as its magic value asks.")
        if "unable-to-advance" in asked:
            raise PartnerUnableToAdvance("The bank cannot advance this request for an IBAN.")
        if assigned is None:
            raise PartnerDeclined("The bank declined this request for an IBAN.")
        return assigned

    async def send_payment(self, request: PaymentRequest) -> SentPayment:
        """See `BankPartner`."""
        self._product(request.product)
        asked = magic_values(request.metadata)
        sent: SentPayment | None = None
        async with transaction() as tx:
            ask = await _note_ask(tx, "PAYMENT", request.payment_id)
            is_up = ask.count > UNAVAILABLE_ASKS or "unavailable" not in asked
            to = await given_account(tx, request.counterparty)
            refusal = self._refusal(request, to) or ("The bank declined this payment." if "decline" in asked else None)
            is_known = to is None or to.customer_id is not None
            if is_up and is_known and refusal is None:
                sent = await pay(tx, request, to)
        await self._take_time(ask, asked)
        if not is_known:
            raise PartnerUnavailable("The account at the other end is still being opened.")
        if not is_up:
            raise PartnerUnavailable("The simulated bank is unavailable, as its magic value asks.")
        if sent is None:
            assert refusal is not None, "what is not refused is sent"
            raise PartnerDeclined(refusal)
        return sent

    async def find_arrival(self, arrival_id: UUID) -> Arrival | None:
        """What the bank knows of an arrival that it reported."""
        async with transaction() as tx:
            return await find_arrival(tx, arrival_id)

    async def return_arrival(self, arrival_id: UUID) -> None:
        """See `BankPartner`."""
        async with transaction() as tx:
            await send_back(tx, arrival_id)

    def _refusal(self, request: PaymentRequest, to: GivenAccount | None) -> str | None:
        """Why the receiving account cannot take the money, if the simulated bank gave it out and knows."""
        product = None if to is None else self._catalog.product(to.product)
        if product is None or product.asset == request.amount.unit.asset:
            return None
        return f"The account at the other end takes {product.asset}, not {request.amount.unit.asset}."

    def _product(self, name: str) -> Product:
        product = self._catalog.product(name)
        if product is None:
            raise PartnerUnavailable(f"The catalog has no product {name} any more: put it back.")
        return product

    async def _take_time(self, ask: "_Ask", asked: frozenset[str]) -> None:
        # Waits after the answer is stored: a caller that crashes while waiting gets the same answer when it asks again.
        # The time counts from the first ask, so that a caller that gave up does not wait the full time again.
        needed_seconds = self._delay_seconds * (SLOW_FACTOR if "slow" in asked else 1)
        await asyncio.sleep(max(0.0, needed_seconds - ask.seconds_since_first))


@dataclass(frozen=True, slots=True)
class _Ask:
    """How often a request was asked, this time included, and how long ago first."""

    count: int
    seconds_since_first: float


async def _note_ask(tx: Transaction, kind: str, request_id: UUID) -> _Ask:
    """Count this ask. Locks the request, so that two asks at the same time do the work once."""
    row = await tx.fetchrow(
        """
        INSERT INTO simulator_requests AS request (kind, request_id, ask_count, first_asked_at)
        VALUES ($1, $2, 1, $3)
        ON CONFLICT (kind, request_id) DO UPDATE SET ask_count = request.ask_count + 1
        RETURNING ask_count, extract(epoch FROM $3 - first_asked_at)::float8 AS seconds
        """,
        kind,
        request_id,
        await tx.now(),
    )
    assert row is not None
    return _Ask(row["ask_count"], row["seconds"])


async def _open(tx: Transaction, request: AccountRequest, product: Product) -> BankAccount:
    known = await tx.fetchrow("SELECT * FROM simulator_accounts WHERE ledger_id = $1", request.ledger_id)
    if known is not None:
        return _account_of(known)
    number: SimulatedNumber | None = None
    if product.asset == "GBP":
        number = await next_number(tx, product)
    opened = await tx.fetchrow(
        """
        INSERT INTO simulator_accounts (ledger_id, product, sort_code, account_number, iban, bic, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
        """,
        request.ledger_id,
        product.name,
        number.sort_code if number else None,
        number.account_number if number else None,
        number.iban if number else None,
        number.bic if number else None,
        await tx.now(),
    )
    assert opened is not None
    return _account_of(opened)


def _account_of(row: Record) -> BankAccount:
    return BankAccount(row["sort_code"], row["account_number"], row["iban"], row["bic"])


async def _assign(tx: Transaction, request: IbanRequest, product: Product) -> AssignedIban:
    known = await tx.fetchrow("SELECT iban, bic FROM simulator_ibans WHERE request_id = $1", request.request_id)
    if known is not None:
        return AssignedIban(known["iban"], known["bic"])
    number = await next_number(tx, product)
    await tx.execute(
        "INSERT INTO simulator_ibans (request_id, ledger_id, iban, bic, assigned_at) VALUES ($1, $2, $3, $4, $5)",
        request.request_id,
        request.ledger_id,
        number.iban,
        number.bic,
        await tx.now(),
    )
    return AssignedIban(number.iban, number.bic)
