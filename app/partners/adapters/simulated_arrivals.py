"""Arrivals at accounts that the simulated bank gave out: each payment arrives once, and returns once at most.

The bank reports an arrival by promised work, in the transaction that stores it.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.transaction import Transaction
from app.kernel.actor import worker_actor
from app.kernel.money import Money, Unit
from app.outbox.promise import promise
from app.partners.port import Arrival, Counterparty, PaymentRequest
from app.partners.reserve_bank_identifiers import IBAN, UK_BANK_ACCOUNT

_REFERENCE_BYTES = 8


@dataclass(frozen=True, slots=True)
class GivenAccount:
    """An account that the bank gave out. `customer_id` is None until we have recorded it."""

    ledger_id: UUID
    product: str
    customer_id: UUID | None


def new_reference() -> str:
    """A new reference of the bank for a payment."""
    return f"SIM-{secrets.token_hex(_REFERENCE_BYTES).upper()}"


async def given_account(tx: Transaction, counterparty: Counterparty) -> GivenAccount | None:
    """The account that a counterparty names, if the bank gave it out, to any customer."""
    row = await tx.fetchrow(
        """
        SELECT account.ledger_id, account.product, reserved.customer_id
        FROM (
            SELECT ledger_id FROM simulator_accounts WHERE iban = $1
            UNION ALL SELECT ledger_id FROM simulator_ibans WHERE iban = $1
            UNION ALL SELECT ledger_id FROM simulator_accounts WHERE sort_code = $2 AND account_number = $3
        ) AS given
        JOIN simulator_accounts AS account USING (ledger_id)
        LEFT JOIN reserved_bank_identifiers AS reserved
            ON reserved.ledger_id = given.ledger_id
            AND (reserved.kind, reserved.value) IN (($4, $1), ($5, $2 || $3))
        ORDER BY reserved.customer_id NULLS LAST
        LIMIT 1
        """,
        counterparty.iban,
        counterparty.sort_code,
        counterparty.account_number,
        IBAN,
        UK_BANK_ACCOUNT,
    )
    return None if row is None else GivenAccount(row["ledger_id"], row["product"], row["customer_id"])


async def deliver(tx: Transaction, request: PaymentRequest, partner_reference: str, to: GivenAccount) -> None:
    """Make a payment arrive that was just sent."""
    assert to.customer_id is not None, "whoever pays waits until the account's giving is recorded"
    await _arrive(
        tx,
        to.customer_id,
        Arrival(
            arrival_id=new_id(),
            ledger_id=to.ledger_id,
            amount=request.amount,
            payer=request.payer,
            reference=request.reference,
            partner_reference=partner_reference,
            is_return=False,
        ),
        request.payment_id,
    )


async def find_arrival(tx: Transaction, arrival_id: UUID) -> Arrival | None:
    """What the bank knows of an arrival."""
    row = await tx.fetchrow("SELECT * FROM simulator_arrivals WHERE arrival_id = $1", arrival_id)
    return None if row is None else _arrival_of(row)


async def send_back(tx: Transaction, arrival_id: UUID) -> None:
    """Return a payment to its sender. Repeating it changes nothing, and a returned payment is never returned again."""
    row = await tx.fetchrow(
        """
        SELECT payment.*, arrival.is_return
        FROM simulator_arrivals AS arrival JOIN simulator_payments AS payment USING (payment_id)
        WHERE arrival.arrival_id = $1
        FOR UPDATE OF payment
        """,
        arrival_id,
    )
    assert row is not None, "the bank is told of an arrival that it told us of"
    if row["is_return"] or await tx.fetchval(
        "SELECT true FROM simulator_arrivals WHERE payment_id = $1 AND is_return", row["payment_id"]
    ):
        return
    returned = Arrival(
        arrival_id=new_id(),
        ledger_id=row["ledger_id"],
        amount=_money(row),
        payer=_payee(row),
        reference=f"Returned: {row['partner_reference']}",
        partner_reference=new_reference(),
        is_return=True,
    )
    await _arrive(tx, row["client_id"], returned, row["payment_id"])


async def _arrive(tx: Transaction, customer_id: UUID, arrival: Arrival, payment_id: UUID) -> None:
    payer, amount = arrival.payer, arrival.amount
    await tx.execute(
        """
        INSERT INTO simulator_arrivals (arrival_id, payment_id, is_return, ledger_id, asset, scale, amount_minor_units,
                                        payer_name, payer_iban, payer_sort_code, payer_account_number, reference,
                                        partner_reference, arrived_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        arrival.arrival_id,
        payment_id,
        arrival.is_return,
        arrival.ledger_id,
        amount.unit.asset,
        amount.unit.scale,
        amount.minor_units,
        payer.name,
        payer.iban,
        payer.sort_code,
        payer.account_number,
        arrival.reference,
        arrival.partner_reference,
        await tx.now(),
    )
    # Nothing of the sender's request is passed on, not even its id.
    await promise(tx, worker_actor(customer_id), "receive_payment", arrival.arrival_id)


def _payee(row: Record) -> Counterparty:
    account: str = row["counterparty_account"]
    if " " in account:
        return Counterparty(row["counterparty_name"], None, *account.split(" "))
    return Counterparty(row["counterparty_name"], account)


def _money(row: Record) -> Money:
    return Money(row["amount_minor_units"], Unit(row["asset"], row["scale"]))


def _arrival_of(row: Record) -> Arrival:
    return Arrival(
        arrival_id=row["arrival_id"],
        ledger_id=row["ledger_id"],
        amount=_money(row),
        payer=Counterparty(row["payer_name"], row["payer_iban"], row["payer_sort_code"], row["payer_account_number"]),
        reference=row["reference"],
        partner_reference=row["partner_reference"],
        is_return=row["is_return"],
    )
