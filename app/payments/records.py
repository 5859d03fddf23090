"""A payment as it is read. Its hold and its transfer are rows that refer to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.records import record_of
from app.kernel.money import Money, Unit
from app.partners.port import Counterparty
from app.payments.status import PaymentDirection, PaymentStatus


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment to or from outside. An outgoing one has a `hold_id`, an ACCEPTED one a `transfer_id`."""

    customer_id: UUID
    id: UUID
    ledger_id: UUID
    direction: PaymentDirection
    status: PaymentStatus
    status_reason: str | None
    amount: Money
    counterparty: Counterparty
    reference: str | None
    metadata: dict[str, Any]
    partner_reference: str | None
    hold_id: UUID | None
    transfer_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


PAYMENT_COLUMNS_SQL = """
    p.*,
    (SELECT h.id FROM holds AS h WHERE h.customer_id = p.customer_id AND h.payment_id = p.id) AS hold_id,
    (SELECT t.id FROM transfers AS t WHERE t.customer_id = p.customer_id AND t.payment_id = p.id) AS transfer_id
"""


def payment_of(row: Record) -> Payment:
    """The payment of a row of `PAYMENT_COLUMNS_SQL`."""
    return record_of(
        Payment,
        row,
        direction=PaymentDirection(row["direction"]),
        status=PaymentStatus(row["status"]),
        amount=Money(row["amount_minor_units"], Unit(row["asset"], row["scale"])),
        counterparty=counterparty_of(row),
    )


def counterparty_of(row: Record) -> Counterparty:
    """The other side of a row of `payments`."""
    return Counterparty(
        row["counterparty_name"],
        row["counterparty_iban"],
        row["counterparty_sort_code"],
        row["counterparty_account_number"],
    )
