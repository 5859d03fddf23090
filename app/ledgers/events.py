"""The data of a ledger's events: the whole ledger except its balance, which the journal's events carry."""

from typing import Any

from app.db.connection import Record
from app.journal.frozen import describe_freeze
from app.kernel.clock import rfc3339
from app.kernel.money import describe_money
from app.lifecycle.advance import Noun

PLAIN_COLUMNS = (
    "type",
    "is_virtual",
    "asset_class",
    "asset",
    "scale",
    "status",
    "status_reason",
    "missing_data",
    "primary_uses",
    "assets_owned_by",
    "jurisdiction",
    "partner_product",
    "iban",
    "bic",
    "iban_status",
)


def describe_ledger(row: Record) -> dict[str, Any]:
    """An event's `data`."""
    has_uk_account = row["sort_code"] is not None
    return {
        "id": str(row["id"]),
        "holder_id": None if row["holder_id"] is None else str(row["holder_id"]),
        **{column: row[column] for column in PLAIN_COLUMNS},
        "uk_bank_account": (
            {"sort_code": row["sort_code"], "account_number": row["account_number"]} if has_uk_account else None
        ),
        "overdraft_limit": describe_money(row["overdraft_limit_minor_units"], row["asset"], row["scale"]),
        "freeze": describe_freeze(row),
        "metadata": row["metadata"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "version": row["version"],
    }


LEDGER_NOUN = Noun("ledger", "ledgers", describe_ledger, lambda row: row["holder_id"], has_changes=True)
