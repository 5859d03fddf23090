"""Lists of accounts and of wallets: filters, pages and counts."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
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
from app.db.identifiers import parse_id
from app.db.where import Where
from app.events.number_events import number_before_reading
from app.kernel.actor import Actor
from app.kernel.checks import Metadata, parse_instant
from app.kernel.cursor import decode_cursor, encode_cursors
from app.kernel.errors import Path

COUNT_MAX = 10_000


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


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: `limit` items after one cursor or before another; `backward` takes the last ones."""

    limit: int
    after: str | None = None
    before: str | None = None
    backward: bool = False
    descending: bool = True

    @property
    def with_one_more(self) -> "Page":
        """The same page with one more item, which shows whether there are more."""
        return replace(self, limit=self.limit + 1)


async def list_accounts(actor: Actor, wanted: AccountFilter, page: Page) -> list[Account]:
    """A part of the list, by the instants of creation, in its order, whichever way it was paged.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    where = _of_accounts(actor, wanted)
    rows = await fetch(
        f"SELECT {ACCOUNT_COLUMNS_SQL} FROM accounts AS a WHERE {where.sql}"
        f" {_page_sql('a', where, page, _made_for('accounts', wanted, page))}",
        *where.arguments,
    )
    found = [account_of(row) for row in rows]
    return found[::-1] if page.backward else found


async def count_accounts(actor: Actor, wanted: AccountFilter) -> int | None:
    """How many, exact up to 10,000; None beyond."""
    actor.require(READ)
    return await _count("accounts AS a", _of_accounts(actor, wanted))


def account_cursors(wanted: AccountFilter, page: Page, accounts: Iterable[Account]) -> list[str]:
    """The cursors of these accounts in the list of this filter and order."""
    return encode_cursors(_made_for("accounts", wanted, page), map(_place, accounts))


async def list_wallets(actor: Actor, wanted: WalletFilter, page: Page) -> list[Wallet]:
    """A part of the list, by the instants of creation, in its order, whichever way it was paged.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    await _note_changes(actor, wanted)
    where = _of_wallets(actor, wanted)
    rows = await fetch(
        f"SELECT {WALLET_COLUMNS_SQL} FROM {WALLET_TABLES_SQL}{_changes_join(wanted)} WHERE {where.sql}"
        f" {_page_sql('w', where, page, _made_for('wallets', wanted, page))}",
        *where.arguments,
    )
    found = [wallet_of(row) for row in rows]
    return found[::-1] if page.backward else found


async def count_wallets(actor: Actor, wanted: WalletFilter) -> int | None:
    """How many, exact up to 10,000; None beyond."""
    actor.require(READ)
    await _note_changes(actor, wanted)
    return await _count(f"wallets AS w{_changes_join(wanted)}", _of_wallets(actor, wanted))


def wallet_cursors(wanted: WalletFilter, page: Page, wallets: Iterable[Wallet]) -> list[str]:
    """The cursors of these wallets in the list of this filter and order."""
    return encode_cursors(_made_for("wallets", wanted, page), map(_place, wallets))


def _of_accounts(actor: Actor, wanted: AccountFilter) -> Where:
    where = Where(actor.customer_id, "a.customer_id")
    where.add("a.holder_id = {}", actor.holder_id)
    where.add_one_of("a.type", wanted.type)
    where.add_one_of("a.reference", wanted.references)
    where.add("a.holder_id = {}", wanted.holder_id)
    where.add("a.updated_at >= {}", wanted.changed_since)
    _add_metadata(where, "a", wanted.metadata)
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
    _add_metadata(where, "w", wanted.metadata)
    return where


def _add_metadata(where: Where, table: str, wanted: Metadata | None) -> None:
    """Add the condition that a row's metadata contains this."""
    if wanted:
        # The first condition is that of the index, which leaves out the many rows without metadata.
        where.add(f"{table}.metadata <> '{{{{}}}}'")
        where.add(f"tenant_metadata({table}.customer_id, {table}.metadata) @> tenant_metadata($1, {{}}::jsonb)", wanted)


def _changes_join(wanted: WalletFilter) -> str:
    if wanted.changed_since is None:
        return ""
    return " JOIN wallet_changes AS c ON c.customer_id = w.customer_id AND c.wallet_id = w.id"


async def _note_changes(actor: Actor, wanted: WalletFilter) -> None:
    """Let the sequencer note credits and debits in `wallet_changes` before it is read."""
    if wanted.changed_since is not None:
        await number_before_reading(actor.customer_id)


async def _count(tables: str, where: Where) -> int | None:
    rows = await fetch(
        f"""
        SELECT count(*) AS n FROM (SELECT 1 FROM {tables} WHERE {where.sql} LIMIT {COUNT_MAX + 1}) AS counted
        """,
        *where.arguments,
    )
    counted = int(rows[0]["n"])
    return counted if counted <= COUNT_MAX else None


def _page_sql(table: str, where: Where, page: Page, made_for: list[Any]) -> str:
    """The SQL that cuts the page out of the list; it follows the conditions."""
    places = f"({table}.created_at, {table}.id)"
    asked = ""
    for cursor, forward, path in ((page.after, True, ("after",)), (page.before, False, ("before",))):
        if cursor is not None:
            comparison = ">" if forward is not page.descending else "<"
            instant, object_id = _decoded(made_for, cursor, path)
            asked += f" AND {places} {comparison} ({where.place(instant)}, {where.place(object_id)})"
    direction = "DESC" if page.descending is not page.backward else "ASC"
    limit = where.place(page.limit)
    return f"{asked} ORDER BY {table}.created_at {direction}, {table}.id {direction} LIMIT {limit}"


def _decoded(made_for: list[Any], cursor: str, path: Path) -> tuple[datetime, UUID]:
    instant, object_id = decode_cursor(made_for, cursor, [str, str], path=path)
    return parse_instant(instant, path), parse_id(object_id, path)


def _place(found: Account | Wallet) -> list[str]:
    return [found.created_at.isoformat(), str(found.id)]


def _made_for(name: str, wanted: AccountFilter | WalletFilter, page: Page) -> list[Any]:
    given = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    return [name, page.descending, {key: repr(value) for key, value in given.items() if value is not None}]
