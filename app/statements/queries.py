"""What statements read: the account, its totals in a span, and its entries, oldest first, with their other sides."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetch, fetchrow
from app.db.where import seen_by, seen_sql
from app.journal.balances_at import BalanceDate
from app.journal.posting_accounts import Book, NormalSide
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339
from app.statements.records import Line, Owner, Statement

PAGE_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class Account:
    """A posting account that a statement can be drawn up of."""

    owner: Owner
    book: Book
    holder_id: UUID | None
    asset: str
    scale: int
    normal_side: NormalSide


@dataclass(frozen=True, slots=True)
class Totals:
    """What was debited and credited, in minor units, by how many entries."""

    debits: int
    credits: int
    entry_count: int


_ACCOUNT_SQL = f"""
    SELECT a.id, a.book, a.holder_id, a.asset, a.scale, a.normal_side, l.iban, l.bic, l.sort_code, l.account_number,
           h.name AS holder_name, w.name AS wallet_name, w.account_reference
    FROM posting_accounts AS a
    LEFT JOIN ledgers AS l ON l.customer_id = a.customer_id AND l.id = a.id
    LEFT JOIN wallets AS w ON w.customer_id = a.customer_id AND w.id = a.id
    LEFT JOIN holders AS h ON h.customer_id = a.customer_id AND h.id = a.holder_id
    WHERE {seen_sql("a.customer_id", "a.holder_id")} AND a.id = $3 AND NOT a.is_system
"""


async def find_account(actor: Actor, account_id: UUID) -> Account | None:
    """The ledger or wallet, or None where this actor has none by that id.

    :raises Forbidden: the scope to read ledgers, or accounts, is missing.
    """
    row = await fetchrow(_ACCOUNT_SQL, *seen_by(actor), account_id)
    if row is None:
        return None
    book = Book(row["book"])
    actor.require(_scope_of(book))
    owner = Owner(
        id=row["id"],
        name=_name(actor, row),
        iban=row["iban"],
        bic=row["bic"],
        sort_code=row["sort_code"],
        account_number=row["account_number"],
    )
    return Account(owner, book, row["holder_id"], row["asset"], row["scale"], NormalSide(row["normal_side"]))


def _scope_of(book: Book) -> str:
    return "accounts:read" if book is Book.WALLET else "ledgers:read"


def _name(actor: Actor, row: Record) -> str | None:
    """A wallet's name, with its account's, or the holder's where the actor may read it."""
    if row["wallet_name"] is not None:
        return f"{row['account_reference']} {row['wallet_name']}"
    name: str | None = row["holder_name"] if actor.may("holders:read") else None
    return name


_DATES = {
    BalanceDate.POSTED: (("posted_at", ""),),
    # What is not backdated takes effect when it is posted. Each kind has an index of its own.
    BalanceDate.EFFECTIVE: (
        ("posted_at", " AND t.effective_at IS NULL"),
        ("effective_at", " AND t.effective_at IS NOT NULL"),
    ),
}


def _totals_sql(by: BalanceDate) -> str:
    parts = [
        f"""
        SELECT {"amount_minor_units, 0" if side == "debit" else "0, amount_minor_units"} FROM transfers AS t
        WHERE t.customer_id = $1 AND t.{side}_id = $2 AND t.{date} >= $3 AND t.{date} < $4{condition}
        """
        for side in ("debit", "credit")
        for date, condition in _DATES[by]
    ]
    return f"""
        SELECT coalesce(sum(debit), 0) AS debits, coalesce(sum(credit), 0) AS credits, count(*) AS entry_count
        FROM ({" UNION ALL ".join(parts)}) AS entries (debit, credit)
    """


_TOTALS_SQL = {by: _totals_sql(by) for by in BalanceDate}


async def read_totals(actor: Actor, account_id: UUID, start: datetime, end: datetime, by: BalanceDate) -> Totals:
    """The totals of an account that this actor may read, from `start` up to, but without, `end`."""
    row = await fetchrow(_TOTALS_SQL[by], actor.customer_id, account_id, start, end)
    assert row is not None, "a sum has a row"
    return Totals(row["debits"], row["credits"], row["entry_count"])


def _page_sql(by: BalanceDate) -> str:
    """The next entries after an instant and a sequence, with their other sides. Each row is looked up by its key."""
    parts = [
        f"""
        (SELECT t.id, t.kind, t.amount_minor_units, t.posted_at, t.effective_at, t.reference, t.reverses_id,
                t.payment_id, '{side.upper()}' AS direction, t.{side}_sequence AS sequence,
                t.{side}_balance_after AS balance_after, t.{other}_id AS other_id, t.{date} AS counted_at
         FROM transfers AS t
         WHERE t.customer_id = $1 AND t.{side}_id = $2 AND t.{date} < $3
             AND (t.{date}, t.{side}_sequence) > ($4, $5){condition}
         ORDER BY t.{date}, t.{side}_sequence LIMIT $6)
        """
        for side, other in (("debit", "credit"), ("credit", "debit"))
        for date, condition in _DATES[by]
    ]
    return f"""
        SELECT e.*, o.is_system, o.book, o.holder_id, s.name AS system_name, h.name AS holder_name,
               w.name AS wallet_name, w.account_reference, l.iban, l.bic, l.sort_code, l.account_number,
               p.counterparty_name, p.counterparty_iban, p.counterparty_sort_code, p.counterparty_account_number
        FROM (SELECT * FROM ({" UNION ALL ".join(parts)}) AS sides ORDER BY counted_at, sequence LIMIT $6) AS e
        CROSS JOIN LATERAL (
            SELECT is_system, book, holder_id FROM posting_accounts WHERE customer_id = $1 AND id = e.other_id LIMIT 1
        ) AS o
        LEFT JOIN LATERAL (
            SELECT name FROM system_accounts WHERE customer_id = $1 AND id = e.other_id LIMIT 1
        ) AS s ON o.is_system
        LEFT JOIN LATERAL (
            SELECT name FROM holders WHERE customer_id = $1 AND id = o.holder_id LIMIT 1
        ) AS h ON NOT o.is_system
        LEFT JOIN LATERAL (
            SELECT name, account_reference FROM wallets WHERE customer_id = $1 AND id = e.other_id LIMIT 1
        ) AS w ON o.book = 'WALLET'
        LEFT JOIN LATERAL (
            SELECT iban, bic, sort_code, account_number FROM ledgers
            WHERE customer_id = $1 AND id = e.other_id LIMIT 1
        ) AS l ON o.book <> 'WALLET' AND NOT o.is_system
        LEFT JOIN LATERAL (
            SELECT counterparty_name, counterparty_iban, counterparty_sort_code, counterparty_account_number
            FROM payments WHERE customer_id = $1 AND id = e.payment_id LIMIT 1
        ) AS p ON e.payment_id IS NOT NULL
        ORDER BY e.counted_at, e.sequence
    """


_PAGE_SQL = {by: _page_sql(by) for by in BalanceDate}


async def pages_of_lines(actor: Actor, statement: Statement) -> AsyncIterator[list[Line]]:
    """The entries of a statement, oldest first by its date, page by page. By the time of posting each line has its
    stored balance; by value date 0, to be computed.
    """
    sql = _PAGE_SQL[statement.by]
    place: tuple[datetime, int] = (statement.start, 0)
    while True:
        rows = await fetch(sql, actor.customer_id, statement.side.account_id, statement.end, *place, PAGE_SIZE)
        if rows:
            yield [_line(actor, row, statement.by) for row in rows]
            place = (rows[-1]["counted_at"], rows[-1]["sequence"])
        if len(rows) < PAGE_SIZE:
            return


def _line(actor: Actor, row: Record, by: BalanceDate) -> Line:
    posted_at = rfc3339(row["posted_at"])
    name, iban, bic, sort_code, account_number = _other_side(actor, row)
    return Line(
        posted_at=posted_at,
        effective_at=posted_at if row["effective_at"] is None else rfc3339(row["effective_at"]),
        direction=row["direction"],
        amount=row["amount_minor_units"],
        balance=row["balance_after"] if by is BalanceDate.POSTED else 0,
        sequence=row["sequence"],
        kind=row["kind"],
        transfer_id=str(row["id"]),
        reverses_id=None if row["reverses_id"] is None else str(row["reverses_id"]),
        reference=row["reference"],
        counterparty_id=str(row["other_id"]),
        counterparty_name=name,
        counterparty_iban=iban,
        counterparty_bic=bic,
        counterparty_sort_code=sort_code,
        counterparty_account_number=account_number,
    )


def _other_side(actor: Actor, row: Record) -> tuple[Any, ...]:
    """Name, IBAN, BIC, sort code and account number of the other side, as far as the actor may read them."""
    if row["counterparty_name"] is not None and actor.may("payments:read"):
        return (
            row["counterparty_name"],
            row["counterparty_iban"],
            None,
            row["counterparty_sort_code"],
            row["counterparty_account_number"],
        )
    if row["is_system"]:
        return row["system_name"], None, None, None, None
    if actor.holder_id not in {None, row["holder_id"]} or not actor.may(_scope_of(Book(row["book"]))):
        return None, None, None, None, None
    return _name(actor, row), row["iban"], row["bic"], row["sort_code"], row["account_number"]
