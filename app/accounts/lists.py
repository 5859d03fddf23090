"""Lists of accounts and of wallets: filters, pages and counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.models import (
    ACCOUNT_COLUMNS_SQL,
    WALLET_COLUMNS_SQL,
    WALLET_TABLES_SQL,
    Account,
    Wallet,
    account_of,
    wallet_of,
)
from app.accounts.queries import READ
from app.accounts.status import AccountingType, AccountType
from app.db.connection import fetch
from app.db.pages import Page, count_rows, cursors_of, made_for, page_sql
from app.db.where import Where
from app.events.number_events import number_before_reading
from app.kernel.actor import Actor
from app.kernel.checks import Metadata


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts; None means any."""

    type: tuple[AccountType, ...] | None = None
    references: tuple[str, ...] | None = None
    holder_id: UUID | None = None
    changed_since: datetime | None = None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class WalletFilter:
    """Which wallets; None means any. `account_id` limits them to one account that was found."""

    account_reference: str | None = None
    currency: tuple[str, ...] | None = None
    accounting_type: tuple[AccountingType, ...] | None = None
    holder_id: UUID | None = None
    changed_since: datetime | None = None
    metadata: Metadata | None = None
    account_id: UUID | None = None
    frozen: bool | None = None


async def list_accounts(actor: Actor, wanted: AccountFilter, page: Page) -> list[Account]:
    """A part of the list, by the instants of creation, in its order, whichever way it was paged.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    where = _of_accounts(actor, wanted)
    order = page_sql(where, page, made_for("accounts", wanted, page.descending), instant="a.created_at", row_id="a.id")
    rows = await fetch(f"SELECT {ACCOUNT_COLUMNS_SQL} FROM accounts AS a WHERE {where.sql} {order}", *where.arguments)
    return page.in_order([account_of(row) for row in rows])


async def count_accounts(actor: Actor, wanted: AccountFilter) -> int | None:
    """How many, exact up to 10,000; None beyond."""
    actor.require(READ)
    return await count_rows("accounts AS a", _of_accounts(actor, wanted))


def account_cursors(wanted: AccountFilter, page: Page, accounts: Iterable[Account]) -> list[str]:
    """The cursors of these accounts in the list of this filter and order."""
    return cursors_of(made_for("accounts", wanted, page.descending), accounts)


async def list_wallets(actor: Actor, wanted: WalletFilter, page: Page) -> list[Wallet]:
    """A part of the list, by the instants of creation, in its order, whichever way it was paged.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    await _note_changes(actor, wanted)
    where = _of_wallets(actor, wanted)
    order = page_sql(where, page, made_for("wallets", wanted, page.descending), instant="w.created_at", row_id="w.id")
    tables = f"{WALLET_TABLES_SQL}{_changes_join(wanted)}"
    rows = await fetch(f"SELECT {WALLET_COLUMNS_SQL} FROM {tables} WHERE {where.sql} {order}", *where.arguments)
    return page.in_order([wallet_of(row) for row in rows])


async def count_wallets(actor: Actor, wanted: WalletFilter) -> int | None:
    """How many, exact up to 10,000; None beyond."""
    actor.require(READ)
    await _note_changes(actor, wanted)
    return await count_rows(f"wallets AS w{_changes_join(wanted)}", _of_wallets(actor, wanted))


def wallet_cursors(wanted: WalletFilter, page: Page, wallets: Iterable[Wallet]) -> list[str]:
    """The cursors of these wallets in the list of this filter and order."""
    return cursors_of(made_for("wallets", wanted, page.descending), wallets)


def _of_accounts(actor: Actor, wanted: AccountFilter) -> Where:
    where = Where(actor.customer_id, "a.customer_id")
    where.add("a.holder_id = {}", actor.holder_id)
    where.add_one_of("a.type", wanted.type)
    where.add_one_of("a.reference", wanted.references)
    where.add("a.holder_id = {}", wanted.holder_id)
    where.add("a.updated_at >= {}", wanted.changed_since)
    where.add_metadata(wanted.metadata, table="a", is_rare=True)
    return where


def _of_wallets(actor: Actor, wanted: WalletFilter) -> Where:
    where = Where(actor.customer_id, "w.customer_id")
    where.add("w.holder_id = {}", actor.holder_id)
    where.add("w.account_id = {}", wanted.account_id)
    if wanted.frozen is not None:
        where.add("w.freeze_scope IS NOT NULL" if wanted.frozen else "w.freeze_scope IS NULL")
    where.add(
        "w.account_id = (SELECT id FROM accounts WHERE customer_id = $1 AND reference = {})", wanted.account_reference
    )
    where.add_one_of("w.currency", wanted.currency)
    where.add_one_of("w.accounting_type", wanted.accounting_type)
    where.add("w.holder_id = {}", wanted.holder_id)
    where.add("c.customer_id = $1 AND c.changed_at >= {}", wanted.changed_since)
    where.add_metadata(wanted.metadata, table="w", is_rare=True)
    return where


def _changes_join(wanted: WalletFilter) -> str:
    if wanted.changed_since is None:
        return ""
    return " JOIN wallet_changes AS c ON c.customer_id = w.customer_id AND c.wallet_id = w.id"


async def _note_changes(actor: Actor, wanted: WalletFilter) -> None:
    """Let the sequencer note credits and debits in `wallet_changes` before it is read."""
    if wanted.changed_since is not None:
        await number_before_reading(actor.customer_id)
