"""Read ledgers: always of one customer. A holder's token sees only that holder's ledgers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetch, fetchrow
from app.db.pages import Page, count_rows, cursors_of, made_for, page_sql
from app.db.transaction import Transaction
from app.db.where import Where, seen_by, seen_sql
from app.events.number_events import number_before_reading
from app.journal.system_accounts import vault_key
from app.kernel.actor import Actor
from app.kernel.checks import Metadata, refuse
from app.kernel.errors import NotFound, Path
from app.ledgers.models import ALL_COLUMNS, COLUMNS_SQL, TABLES_SQL, UPDATED_AT_SQL, Columns, Ledger, ledger_of
from app.ledgers.status import IbanStatus, LedgerStatus, LedgerType

SEEN_SQL = seen_sql("l.customer_id", "l.holder_id")


@dataclass(frozen=True, slots=True)
class UkBankAccount:
    """A sort code of six and an account number of eight digits."""

    sort_code: str
    account_number: str


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which ledgers to list; None means any."""

    ids: tuple[UUID, ...] | None = None
    holder_id: UUID | None = None
    unassigned: bool | None = None
    status: tuple[LedgerStatus, ...] | None = None
    iban_status: tuple[IbanStatus, ...] | None = None
    type: tuple[LedgerType, ...] | None = None
    asset: tuple[str, ...] | None = None
    asset_class: tuple[str, ...] | None = None
    partner_product: tuple[str, ...] | None = None
    virtual: bool | None = None
    changed_since: datetime | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None
    iban: str | None = None
    uk_bank_account: UkBankAccount | None = None
    metadata: Metadata | None = None
    frozen: bool | None = None


class LedgerOrderField(StrEnum):
    """What a list of ledgers is ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


@dataclass(frozen=True, slots=True)
class LedgerOrder:
    """How a list of ledgers is ordered."""

    field: LedgerOrderField = LedgerOrderField.CREATED_AT
    descending: bool = True


async def find_ledger(actor: Actor, ledger_id: UUID) -> Ledger | None:
    """The ledger, or None where this actor has none by that id."""
    return await _find_one(actor, "l.id = $3", ledger_id)


async def find_ledger_by_iban(actor: Actor, iban: str) -> Ledger | None:
    """The ledger with this IBAN (without spaces, upper case), or None."""
    return await _find_one(actor, "l.iban = $3", iban)


async def find_ledger_by_uk_bank_account(actor: Actor, account: UkBankAccount) -> Ledger | None:
    """The ledger with this sort code and account number, or None."""
    return await _find_one(
        actor, "l.sort_code = $3 AND l.account_number = $4", account.sort_code, account.account_number
    )


async def find_ledgers(actor: Actor, ledger_ids: Sequence[UUID]) -> dict[UUID, Ledger]:
    """These ledgers by id, without those that the actor may not read."""
    actor.require("ledgers:read")
    rows = await fetch(
        f"SELECT {COLUMNS_SQL} FROM {TABLES_SQL} WHERE {SEEN_SQL} AND l.id = ANY($3)", *seen_by(actor), list(ledger_ids)
    )
    return {row["id"]: ledger_of(row) for row in rows}


async def lock_ledger(tx: Transaction, actor: Actor, ledger_id: UUID, path: Path) -> Record:
    """The ledger's own row, locked until the transaction ends.

    :raises NotFound: this actor has none by that id.
    """
    row = await tx.fetchrow(
        f"SELECT l.* FROM ledgers AS l WHERE {SEEN_SQL} AND l.id = $3 FOR UPDATE", *seen_by(actor), ledger_id
    )
    if row is None:
        raise NotFound(f"There is no ledger {ledger_id}.", path=path)
    return row


async def read_in_transaction(tx: Transaction, actor: Actor, ledger_id: UUID) -> Ledger:
    """The ledger as this transaction sees it. It must exist."""
    row = await tx.fetchrow(
        f"SELECT {COLUMNS_SQL} FROM {TABLES_SQL} WHERE l.customer_id = $1 AND l.id = $2", actor.customer_id, ledger_id
    )
    assert row is not None, "ledgers are never deleted"
    return ledger_of(row)


async def find_vault(actor: Actor, ledger_id: UUID, path: Path) -> UUID:
    """The vault that a virtual ledger is credited from and debited to. Requires no scope, since callers never see it.

    :raises NotFound: this actor has no such ledger.
    :raises Invalid: it is not virtual.
    """
    row = await fetchrow(
        f"""
        SELECT l.is_virtual, s.id AS vault_id FROM ledgers AS l
        LEFT JOIN system_accounts AS s ON s.customer_id = l.customer_id AND s.system_key = $4 || l.asset
        WHERE {SEEN_SQL} AND l.id = $3
        """,
        *seen_by(actor),
        ledger_id,
        vault_key(""),
    )
    if row is None:
        raise NotFound(f"There is no ledger {ledger_id}.", path=path)
    if not row["is_virtual"]:
        refuse("This ledger is not virtual: real money comes and goes through its bank, by payments.", path)
    vault_id: UUID | None = row["vault_id"]
    assert vault_id is not None, "the vault is opened together with the first ledger of its asset"
    return vault_id


async def list_ledgers(
    actor: Actor, wanted: LedgerFilter, order: LedgerOrder, page: Page, *, columns: Columns = ALL_COLUMNS
) -> list[Ledger]:
    """A part of the list, in the list's order whichever way it is paged. `columns` must include what the order needs.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require("ledgers:read")
    where = _where(actor, wanted)
    by_update = order.field is LedgerOrderField.UPDATED_AT
    await _note_changes(actor, wanted, by_update=by_update)
    # Both columns are of one table, so that one index finds the place of a cursor.
    column, id_column = ("c.changed_at", "c.ledger_id") if by_update else ("l.created_at", "l.id")
    page = replace(page, descending=order.descending)
    ending = page_sql(where, page, _made_for(wanted, order), instant=column, row_id=id_column)
    selected = columns.sql.replace(UPDATED_AT_SQL, "c.changed_at") if by_update else columns.sql
    tables = TABLES_SQL + _changes_join(wanted, by_update=by_update)
    rows = await fetch(f"SELECT {selected} FROM {tables} WHERE {where.sql} {ending}", *where.arguments)
    return page.in_order([columns.ledger_of(row) for row in rows])


async def count_ledgers(actor: Actor, wanted: LedgerFilter) -> int | None:
    """How many there are: exact up to 10,000; None beyond."""
    actor.require("ledgers:read")
    await _note_changes(actor, wanted)
    return await count_rows(f"ledgers AS l{_changes_join(wanted)}", _where(actor, wanted))


def ledger_cursors(wanted: LedgerFilter, order: LedgerOrder, ledgers: Iterable[Ledger]) -> list[str]:
    """The cursors of these ledgers in the list of this filter and order."""
    by_update = order.field is LedgerOrderField.UPDATED_AT
    return cursors_of(_made_for(wanted, order), ledgers, instant="updated_at" if by_update else "created_at")


async def _find_one(actor: Actor, condition: str, *values: Any) -> Ledger | None:
    actor.require("ledgers:read")
    row = await fetchrow(
        f"SELECT {COLUMNS_SQL} FROM {TABLES_SQL} WHERE {SEEN_SQL} AND {condition}", *seen_by(actor), *values
    )
    return None if row is None else ledger_of(row)


def _made_for(wanted: LedgerFilter, order: LedgerOrder) -> list[Any]:
    return made_for("ledgers", wanted, order.field, order.descending)


async def _note_changes(actor: Actor, wanted: LedgerFilter, *, by_update: bool = False) -> None:
    """Call before reading `ledger_changes`: the sequencer writes credits and debits there."""
    if wanted.changed_since is not None or by_update:
        await number_before_reading(actor.customer_id)


def _changes_join(wanted: LedgerFilter, *, by_update: bool = False) -> str:
    if wanted.changed_since is None and not by_update:
        return ""
    return " JOIN ledger_changes AS c ON c.customer_id = l.customer_id AND c.ledger_id = l.id"


def _where(actor: Actor, wanted: LedgerFilter) -> Where:
    where = Where(actor.customer_id, "l.customer_id")
    where.add("l.holder_id = {}", actor.holder_id)
    if wanted.unassigned is not None:
        where.add("l.holder_id IS NULL" if wanted.unassigned else "l.holder_id IS NOT NULL")
    if wanted.frozen is not None:
        where.add("l.freeze_scope IS NOT NULL" if wanted.frozen else "l.freeze_scope IS NULL")
    where.add("l.is_virtual = {}", wanted.virtual)
    for column in ("status", "iban_status", "type", "asset", "asset_class", "partner_product"):
        where.add_one_of(f"l.{column}", getattr(wanted, column))
    where.add("l.id = ANY({})", None if wanted.ids is None else list(wanted.ids))
    where.add("l.holder_id = {}", wanted.holder_id)
    where.add("l.created_at >= {}", wanted.created_at_gte)
    where.add("l.created_at < {}", wanted.created_at_lt)
    where.add("l.iban = {}", wanted.iban)
    where.add("c.customer_id = $1 AND c.changed_at >= {}", wanted.changed_since)
    if wanted.uk_bank_account is not None:
        account = wanted.uk_bank_account
        where.add("l.sort_code = {} AND l.account_number = {}", account.sort_code, account.account_number)
    where.add_metadata(wanted.metadata, table="l")
    return where
