"""The events of accounts and wallets. A wallet's balance is in the journal's own events."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.journal.frozen import describe_freeze
from app.kernel.clock import rfc3339
from app.kernel.money import describe_money
from app.lifecycle.advance import Noun


def describe_account(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(row["id"]),
        "type": row["type"],
        "reference": row["reference"],
        "holder_id": _text(row["holder_id"]),
        "backing_ledger_id": _text(row["backing_ledger_id"]),
        "metadata": row["metadata"],
        **_life(row),
    }


def describe_wallet(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(row["id"]),
        "account_id": str(row["account_id"]),
        "account_reference": row["account_reference"],
        "name": row["name"],
        "currency": row["currency"],
        "accounting_type": row["accounting_type"],
        "decimal_places": row["decimal_places"],
        "allow_negative": row["allow_negative"],
        "overdraft_limit": describe_money(row["overdraft_limit_minor_units"], row["currency"], row["decimal_places"]),
        "freeze": describe_freeze(row),
        "metadata": row["metadata"],
        **_life(row),
    }


def _life(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    closed_at = row["closed_at"]
    return {
        "closed_at": None if closed_at is None else rfc3339(closed_at),
        "closed_reason": row["closed_reason"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "version": row["version"],
    }


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)


ACCOUNT_NOUN = Noun("account", "accounts", describe_account, lambda row: row["holder_id"])
WALLET_NOUN = Noun("wallet", "wallets", describe_wallet, lambda row: row["holder_id"], has_changes=True)
