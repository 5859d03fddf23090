"""The whole journal for programs of plain-text accounting: every transfer, and balances at the end of each day."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from app.db.connection import Record, fetch, fetchval
from app.journal.horizon import settled_until
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import Forbidden
from app.statements.journals import beancount, hledger
from app.statements.journals.records import Account, Balance, Day, Posted, account_of

PAGE_SIZE = 1_000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = UUID(int=0)
SCOPES = ("transfers:read", "ledgers:read", "accounts:read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A kind of journal: the ending of its files, how it is written, and how many digits its reader adds exactly."""

    ending: str
    head: str
    write_account: Callable[[Account, str], str]
    write_transfer: Callable[[Posted], str]
    write_balances: Callable[[Day, Iterable[Balance]], str]
    digits_max: int | None


JOURNALS = {
    "beancount": Journal(
        ending="beancount",
        head=beancount.HEAD,
        write_account=beancount.write_account,
        write_transfer=beancount.write_transfer,
        write_balances=beancount.write_balances,
        digits_max=beancount.DIGITS_MAX,
    ),
    "hledger": Journal(
        ending="journal",
        head=hledger.HEAD,
        write_account=hledger.write_account,
        write_transfer=hledger.write_transfer,
        write_balances=hledger.write_balances,
        digits_max=None,
    ),
}


async def export_journal(actor: Actor, kind: Journal) -> AsyncIterator[bytes]:
    """The journal up to an instant before which nothing can still be posted, in pieces of one page each.

    :raises Forbidden: a scope is missing, or the actor is one holder's.
    :raises Invalid: the program cannot add amounts of so many digits.
    """
    for scope in SCOPES:
        actor.require(scope)
    if actor.holder_id is not None:
        raise Forbidden("One holder's token sees one holder's transfers, and no whole journal.")
    if kind.digits_max is not None:
        await _check_digits(actor, kind.digits_max)
    return _pieces(actor, kind, await settled_until())


async def _check_digits(actor: Actor, digits_max: int) -> None:
    """What an account ever moved bounds each sum of its entries."""
    largest = await fetchval(
        "SELECT coalesce(max(greatest(debits, credits)), 0) FROM posting_accounts WHERE customer_id = $1",
        actor.customer_id,
    )
    digits = len(str(largest))
    if digits > digits_max:
        message = f"beancount adds with {digits_max} digits, and here an account has moved an amount of {digits}"
        refuse(f"{message}: it would round. Choose hledger.", ("format",))


async def _pieces(actor: Actor, kind: Journal, end: datetime) -> AsyncIterator[bytes]:
    yield kind.head.encode()
    place: tuple[datetime, UUID] = (BEGINNING, NO_ID)
    day: Day | None = None
    balances: dict[UUID, Balance] = {}
    while True:
        rows = await fetch(_PAGE_SQL, actor.customer_id, end, *place, PAGE_SIZE)
        texts: list[str] = []
        for row in rows:
            posted = _posted(actor, row)
            if day is not None and posted.day != day:
                texts.append(kind.write_balances(day, balances.values()))
                balances = {}
            day = posted.day
            for account, is_first in (
                (posted.debit, row["debit_sequence"] == 1),
                (posted.credit, row["credit_sequence"] == 1),
            ):
                if is_first:
                    texts.append(kind.write_account(account, day))
            texts.append(kind.write_transfer(posted))
            _note(balances, row, posted)
        if texts:
            yield "".join(texts).encode()
        if len(rows) < PAGE_SIZE:
            break
        place = (rows[-1]["posted_at"], rows[-1]["id"])
    if day is not None:
        yield kind.write_balances(day, balances.values()).encode()


def _note(balances: dict[UUID, Balance], row: Record, posted: Posted) -> None:
    """Keep the balance after the last entry of each account on a day. Debits are above zero, as such programs count."""
    for side, account in (("debit", posted.debit), ("credit", posted.credit)):
        known = balances.get(account.id)
        if known is None or known.sequence < row[f"{side}_sequence"]:
            normal = row[f"{side}_balance_after"]
            debited = normal if account.is_debit_normal else -normal
            balances[account.id] = Balance(account, row[f"{side}_sequence"], debited)


def _posted(actor: Actor, row: Record) -> Posted:
    return Posted(
        id=str(row["id"]),
        day=row["posted_at"].date().isoformat(),
        posted_at=row["posted_at"],
        effective_at=row["effective_at"],
        kind=row["kind"],
        reference=row["reference"],
        reverses_id=None if row["reverses_id"] is None else str(row["reverses_id"]),
        amount=row["amount_minor_units"],
        debit=account_of(actor, row, "debit"),
        credit=account_of(actor, row, "credit"),
    )


def _side_sql(side: str) -> tuple[str, str]:
    """The columns and the joins of one side of a transfer; each row is looked up by its key."""
    names = ("book", "is_system", "normal_side", "holder_name", "wallet_name", "account_reference", "accounting_type",
             "system_name", "iban")  # fmt: skip
    columns = ", ".join(f"{side}_side.{name} AS {side}_{name}" for name in names)
    joins = f"""
        CROSS JOIN LATERAL (
            SELECT a.book, a.is_system, a.normal_side, h.name AS holder_name, w.name AS wallet_name,
                   w.account_reference, w.accounting_type, s.name AS system_name, l.iban
            FROM posting_accounts AS a
            LEFT JOIN holders AS h ON h.customer_id = a.customer_id AND h.id = a.holder_id
            LEFT JOIN wallets AS w ON w.customer_id = a.customer_id AND w.id = a.id
            LEFT JOIN system_accounts AS s ON s.customer_id = a.customer_id AND s.id = a.id
            LEFT JOIN ledgers AS l ON l.customer_id = a.customer_id AND l.id = a.id
            WHERE a.customer_id = $1 AND a.id = t.{side}_id LIMIT 1
        ) AS {side}_side
    """
    return columns, joins


_DEBIT, _CREDIT = _side_sql("debit"), _side_sql("credit")
_PAGE_SQL = f"""
    SELECT t.*, {_DEBIT[0]}, {_CREDIT[0]}
    FROM (
        SELECT id, kind, amount_minor_units, asset, scale, posted_at, effective_at, reference, reverses_id, debit_id,
               debit_sequence, debit_balance_after, credit_id, credit_sequence, credit_balance_after
        FROM transfers WHERE customer_id = $1 AND posted_at < $2 AND (posted_at, id) > ($3, $4)
        ORDER BY posted_at, id LIMIT $5
    ) AS t {_DEBIT[1]} {_CREDIT[1]}
    ORDER BY t.posted_at, t.id
"""
