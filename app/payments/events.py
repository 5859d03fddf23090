"""The data of a payment's events: the whole payment except its counterparty, which is personal data."""

from functools import partial
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.kernel.clock import rfc3339
from app.kernel.money import describe_money
from app.lifecycle.advance import Noun


def payment_noun(*, holder_id: UUID | None, hold_id: UUID | None, transfer_id: UUID | None) -> Noun:
    """The noun of one payment. Its holder, hold and transfer are stored in other tables."""
    describe = partial(describe_payment, hold_id=hold_id, transfer_id=transfer_id)
    return Noun("payment", "payments", describe, lambda _row: holder_id)


def describe_payment(row: Record, *, hold_id: UUID | None, transfer_id: UUID | None) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(row["id"]),
        "direction": row["direction"],
        "status": row["status"],
        "status_reason": row["status_reason"],
        "ledger_id": str(row["ledger_id"]),
        "amount": describe_money(row["amount_minor_units"], row["asset"], row["scale"]),
        "reference": row["reference"],
        "metadata": row["metadata"],
        "hold_id": None if hold_id is None else str(hold_id),
        "transfer_id": None if transfer_id is None else str(transfer_id),
        "partner_reference": row["partner_reference"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "version": row["version"],
    }
