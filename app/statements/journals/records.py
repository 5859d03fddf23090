"""Transfers, accounts and balances as programs of plain-text accounting see them: debits are above zero."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from app.accounts.status import AccountingType
from app.db.connection import Record
from app.journal.posting_accounts import NormalSide
from app.kernel.actor import Actor

Day: TypeAlias = str
"""A date in UTC: `2026-11-20`."""

ROOTS = {
    AccountingType.ASSET: "Assets",
    AccountingType.LIABILITY: "Liabilities",
    AccountingType.EQUITY: "Equity",
    AccountingType.REVENUE: "Income",
    AccountingType.EXPENSE: "Expenses",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account by a name that every program takes: `Liabilities:Ledgers:753FA673-…`. `title` is for people."""

    id: UUID
    name: str
    title: str | None
    asset: str
    scale: int
    is_debit_normal: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has after its entry of this sequence, in minor units; debits are above zero."""

    account: Account
    sequence: int
    minor_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A transfer. `effective_at` is its value date, if that is before."""

    id: str
    day: Day
    posted_at: datetime
    effective_at: datetime | None
    kind: str
    reference: str | None
    reverses_id: str | None
    amount: int
    debit: Account
    credit: Account


def account_of(actor: Actor, row: Record, side: str) -> Account:
    """The account on one side of a row of the export."""
    account_id: UUID = row[f"{side}_id"]
    is_debit_normal = row[f"{side}_normal_side"] == NormalSide.DEBIT.value
    leaf = str(account_id).upper()
    if row[f"{side}_is_system"]:
        name, title = f"Assets:Counterparts:{leaf}", row[f"{side}_system_name"]
    elif row[f"{side}_book"] == "WALLET":
        accounting_type = row[f"{side}_accounting_type"]
        by_side = AccountingType.ASSET if is_debit_normal else AccountingType.LIABILITY
        root = ROOTS[by_side if accounting_type is None else AccountingType(accounting_type)]
        name, title = f"{root}:Wallets:{leaf}", _joined(row[f"{side}_account_reference"], row[f"{side}_wallet_name"])
    else:
        holder = row[f"{side}_holder_name"] if actor.may("holders:read") else None
        name, title = f"Liabilities:Ledgers:{leaf}", _joined(holder, row[f"{side}_iban"])
    return Account(
        id=account_id,
        name=name,
        title=title,
        asset=row["asset"],
        scale=row["scale"],
        is_debit_normal=is_debit_normal,
    )


def _joined(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None
