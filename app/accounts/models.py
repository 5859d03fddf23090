"""An account and a wallet as they are read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts.status import AccountingType, AccountType
from app.db.connection import Record
from app.journal.frozen import Freeze, freeze_of
from app.kernel.money import Unit

ACCOUNT_COLUMNS_SQL = (
    "a.customer_id, a.id, a.type, a.reference, a.holder_id, a.backing_ledger_id, a.metadata, a.version, a.created_at,"
    " a.updated_at, a.closed_at, a.closed_reason"
)
WALLET_UPDATED_AT_SQL = "greatest(w.updated_at, p.last_posted_at)"
WALLET_COLUMNS_SQL = (
    "w.customer_id, w.id, w.account_id, w.account_reference, w.holder_id, w.name, w.currency, w.accounting_type,"
    " w.decimal_places, w.allow_negative, w.overdraft_limit_minor_units, w.freeze_scope, w.freeze_reason, w.frozen_at,"
    " w.metadata, w.version, w.created_at,"
    f" {WALLET_UPDATED_AT_SQL} AS updated_at, w.closed_at, w.closed_reason,"
    " CASE WHEN p.normal_side = 'CREDIT' THEN p.credits - p.debits ELSE p.debits - p.credits END AS posted_minor_units,"
    " p.held AS held_minor_units, p.sequence"
)
WALLET_TABLES_SQL = "wallets AS w JOIN posting_accounts AS p ON p.customer_id = w.customer_id AND p.id = w.id"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as it is read, without its wallets."""

    customer_id: UUID
    id: UUID
    type: AccountType
    reference: str
    holder_id: UUID | None
    backing_ledger_id: UUID | None
    metadata: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    closed_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """A wallet as it is read, with its posting account's totals in minor units, on its normal side."""

    customer_id: UUID
    id: UUID
    account_id: UUID
    account_reference: str
    holder_id: UUID | None
    name: str
    currency: str
    accounting_type: AccountingType
    decimal_places: int
    allow_negative: bool
    metadata: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    closed_reason: str | None = None
    overdraft_limit_minor_units: int = 0
    freeze_scope: str | None = None
    freeze_reason: str | None = None
    frozen_at: datetime | None = None
    posted_minor_units: int = 0
    held_minor_units: int = 0
    sequence: int = 0

    @property
    def unit(self) -> Unit:
        """Its currency and scale."""
        return Unit(self.currency, self.decimal_places)

    @property
    def available_minor_units(self) -> int:
        """What can be spent."""
        return self.posted_minor_units - self.held_minor_units + self.overdraft_limit_minor_units

    @property
    def freeze(self) -> Freeze | None:
        """What is forbidden, why, and since when; None unless it is frozen."""
        return freeze_of(self.freeze_scope, self.freeze_reason, self.frozen_at)


_TYPES = {member.value: member for member in AccountType}
_ACCOUNTING_TYPES = {member.value: member for member in AccountingType}


def account_of(row: Record | dict[str, Any]) -> Account:
    """The account of a row of `ACCOUNT_COLUMNS_SQL`."""
    made = dict(row)
    made["type"] = _TYPES[made["type"]]
    return Account(**made)


def wallet_of(row: Record | dict[str, Any]) -> Wallet:
    """The wallet of a row of `WALLET_COLUMNS_SQL`."""
    made = dict(row)
    made["accounting_type"] = _ACCOUNTING_TYPES[made["accounting_type"]]
    return Wallet(**made)
