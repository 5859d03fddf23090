"""Read payments: always of one customer. A holder's token sees only those of that holder's ledgers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import Record, fetch
from app.db.pages import Page, cursors_of, made_for_either, page_sql
from app.db.transaction import Transaction
from app.db.where import Where, seen_by, seen_sql
from app.journal.amount_range import AmountRange, add_amounts
from app.journal.newest_first import add_horizon
from app.kernel.actor import Actor
from app.kernel.checks import Metadata
from app.kernel.errors import NotFound, Path
from app.partners.port import Counterparty
from app.payments.records import PAYMENT_COLUMNS_SQL, Payment, payment_of
from app.payments.status import PaymentDirection, PaymentStatus

READ = "payments:read"

_FIND_SQL = f"""
    SELECT {PAYMENT_COLUMNS_SQL} FROM payments AS p
    JOIN posting_accounts AS a ON a.customer_id = p.customer_id AND a.id = p.ledger_id
    WHERE {seen_sql("p.customer_id", "a.holder_id")} AND p.id = ANY($3)
"""

_NUMBER_IN_IBAN_SQL = "substr(p.counterparty_iban, CASE WHEN p.counterparty_iban LIKE 'GB%' THEN 9 ELSE 5 END)"


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments to list; None means any."""

    ledger_id: UUID | None = None
    direction: PaymentDirection | None = None
    status: tuple[PaymentStatus, ...] | None = None
    reference: str | None = None
    reference_in_any_case: str | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None
    counterparty: Counterparty | None = None
    """With this account: an IBAN, and for a British one the sort code and the account number in it."""
    counterparty_number: str | None = None
    """With an IBAN in which this is the account number: all behind the check digits, and in a British one the sort code
    and the account number."""
    counterparty_name: str | None = None
    partner_reference: str | None = None
    partner_reference_in_any_case: str | None = None
    metadata: Metadata | None = None
    amount: AmountRange | None = None


async def find_payment(actor: Actor, payment_id: UUID) -> Payment | None:
    """The payment, or None where this actor has none by that id."""
    return (await find_payments(actor, [payment_id])).get(payment_id)


async def find_payments(actor: Actor, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """These payments by id, without those that the actor may not read."""
    actor.require(READ)
    rows = await fetch(_FIND_SQL, *seen_by(actor), list(payment_ids))
    return {row["id"]: payment_of(row) for row in rows}


async def read_payments(actor: Actor, wanted: PaymentFilter, page: Page) -> list[Payment]:
    """A part of the list, by the instants of making, in its order, whichever way it is paged. A list by time ends where
    no earlier payment can still appear.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    where = Where(actor.customer_id)
    where.add("p.ledger_id = {}", wanted.ledger_id)
    where.add("p.direction = {}", wanted.direction)
    where.add_one_of("p.status", wanted.status)
    where.add_text("p.reference", wanted.reference, wanted.reference_in_any_case)
    _add_counterparty(where, wanted)
    await add_amounts(where, actor, wanted.amount, wanted.ledger_id, "p", "p.amount_minor_units")
    where.add_text("p.partner_reference", wanted.partner_reference, wanted.partner_reference_in_any_case)
    where.add_metadata(wanted.metadata, table="p", is_rare=True)
    where.add("p.created_at >= {}", wanted.created_at_gte)
    where.add("p.created_at < {}", wanted.created_at_lt)
    await add_horizon(where, "p.created_at", wanted.created_at_gte, wanted.created_at_lt, is_one_account=False)
    made_for = made_for_either("payments", wanted, descending=page.descending)
    order = page_sql(where, page, made_for, instant="p.created_at", row_id="p.id")
    if actor.holder_id is None:
        found = f"SELECT p.* FROM payments AS p WHERE p.customer_id = $1{where.more_sql} {order}"
    else:  # Reads the first of each of the holder's ledgers, not everybody's payments.
        found = f"""
            SELECT p.* FROM posting_accounts AS a CROSS JOIN LATERAL (
                SELECT * FROM payments AS p WHERE p.customer_id = $1 AND p.ledger_id = a.id{where.more_sql} {order}
            ) AS p
            WHERE a.customer_id = $1 AND a.holder_id = {where.place(actor.holder_id)} {order}
        """
    rows = await fetch(
        f"SELECT {PAYMENT_COLUMNS_SQL} FROM ({found}) AS p ORDER BY p.created_at {page.way}, p.id {page.way}",
        *where.arguments,
    )
    return page.in_order([payment_of(row) for row in rows])


def _add_counterparty(where: Where, wanted: PaymentFilter) -> None:
    where.add("lower(p.counterparty_name) = lower({})", wanted.counterparty_name)
    where.add(f"{_NUMBER_IN_IBAN_SQL} = {{}}", wanted.counterparty_number)
    account = wanted.counterparty
    if account is None:
        return
    if account.sort_code is None:
        where.add("p.counterparty_iban = {}", account.iban)
    else:
        where.add(
            "(p.counterparty_iban = {} OR p.counterparty_sort_code = {} AND p.counterparty_account_number = {})",
            account.iban,
            account.sort_code,
            account.account_number,
        )


def payment_cursors(wanted: PaymentFilter, payments: Iterable[Payment], *, descending: bool = True) -> list[str]:
    """The cursors of these payments in the list of this filter and order."""
    return cursors_of(made_for_either("payments", wanted, descending=descending), payments)


async def read_payment(tx: Transaction, actor: Actor, payment_id: UUID, path: Path) -> Payment:
    """The payment as this transaction sees it.

    :raises NotFound: it is of another holder's ledger (the idempotency key was used for that one).
    """
    row = await tx.fetchrow(_FIND_SQL, *seen_by(actor), [payment_id])
    if row is None:
        raise NotFound("There is no such ledger.", path=path)
    return payment_of(row)


async def read_ledger(tx: Transaction, actor: Actor, ledger_id: UUID, path: Path) -> Record:
    """What a payment needs of its ledger. Not locked: the journal checks again with the account locked.

    :raises NotFound: this actor has none by that id.
    """
    row = await tx.fetchrow(
        f"""
        SELECT l.id, l.holder_id, l.status, l.is_virtual, l.asset, l.scale, l.partner_product, a.is_open,
               a.frozen_credits IS NOT NULL AS takes_no_credits
        FROM ledgers AS l JOIN posting_accounts AS a ON a.customer_id = l.customer_id AND a.id = l.id
        WHERE {seen_sql("l.customer_id", "l.holder_id")} AND l.id = $3
        """,
        *seen_by(actor),
        ledger_id,
    )
    if row is None:
        raise NotFound(f"There is no ledger {ledger_id}.", path=path)
    return row
