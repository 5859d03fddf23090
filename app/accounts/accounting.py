"""Balances of wallets by accounting type and unit: of one account, and of the whole institution with its equation."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.queries import READ
from app.accounts.status import NORMAL_SIDE_OF, AccountingType
from app.db.connection import Record, fetch, fetchval
from app.db.where import seen_by, seen_sql
from app.journal.balances_at import BalanceDate, balances_at
from app.journal.posting_accounts import NormalSide
from app.kernel.actor import Actor
from app.kernel.errors import DomainError, Forbidden, Invalid
from app.kernel.money import Unit


@dataclass(frozen=True, slots=True)
class AccountingBalance:
    """The sum of all wallets of one type and unit, in minor units on the type's normal side. `held` is None for an
    instant in the past, and then there are no overdraft limits.
    """

    accounting_type: AccountingType
    unit: Unit
    posted: int
    held: int | None
    count: int
    overdraft_limit: int = 0

    @property
    def available(self) -> int | None:
        """What can be spent; None for an instant in the past."""
        return None if self.held is None else self.posted - self.held + self.overdraft_limit


@dataclass(frozen=True, slots=True)
class AccountingReport:
    """One line for each type and unit, as of `at`."""

    lines: list[AccountingBalance]
    at: datetime

    @property
    def balanced(self) -> bool:
        """Whether in each unit assets and expenses equal liabilities, equity and revenue."""
        sums: defaultdict[Unit, int] = defaultdict(int)
        for line in self.lines:
            is_debit = NORMAL_SIDE_OF[line.accounting_type] is NormalSide.DEBIT
            sums[line.unit] += line.posted if is_debit else -line.posted
        return not any(sums.values())


_SUMS_SQL = f"""
    SELECT w.account_id, w.accounting_type, w.currency, w.decimal_places, count(*) AS count, sum(p.held) AS held,
           coalesce(sum(p.overdraft_limit), 0) AS overdraft_limit,
           sum(CASE p.normal_side WHEN 'CREDIT' THEN p.credits - p.debits ELSE p.debits - p.credits END) AS posted
    FROM wallets AS w JOIN posting_accounts AS p ON p.customer_id = w.customer_id AND p.id = w.id
    WHERE {seen_sql("w.customer_id", "w.holder_id")} AND w.account_id = ANY($3)
    GROUP BY w.account_id, w.accounting_type, w.currency, w.decimal_places
    ORDER BY w.account_id, w.currency, w.decimal_places, w.accounting_type
"""
_THEN_SQL = f"""
    SELECT id, account_id, accounting_type, currency, decimal_places FROM wallets
    WHERE {seen_sql()} AND account_id = ANY($3) AND ($4::timestamptz IS NULL OR created_at <= $4)
    ORDER BY id
"""


async def balances_of_accounts(actor: Actor, account_ids: Sequence[UUID]) -> dict[UUID, list[AccountingBalance]]:
    """The present balances of the wallets of each of these accounts, by unit and accounting type."""
    actor.require(READ)
    rows = await fetch(_SUMS_SQL, *seen_by(actor), list(account_ids))
    found: defaultdict[UUID, list[AccountingBalance]] = defaultdict(list)
    for row in rows:
        found[row["account_id"]].append(_line(row))
    return found


async def balances_of_account_at(
    actor: Actor, account_id: UUID, at: datetime, by: BalanceDate = BalanceDate.POSTED
) -> list[AccountingBalance]:
    """The balances at an instant of the wallets that an account then had; by value date, of all that it has now.

    :raises Invalid: the instant is in the future.
    """
    actor.require(READ)
    rows = await fetch(_THEN_SQL, *seen_by(actor), [account_id], _created_by(at, by))
    return await _summed_at(actor, rows, at, by)


async def read_accounting_report(
    actor: Actor, at: datetime | None = None, by: BalanceDate = BalanceDate.POSTED
) -> AccountingReport:
    """The balances of all of the customer's wallets, now or at an instant. Each transfer debits one wallet and credits
    another, so the equation is true only over all of them: GROUP accounts and CHART accounts together.

    :raises Forbidden: the actor is one holder's, whose side of the books never balances.
    :raises Invalid: the instant is in the future.
    """
    actor.require(READ)
    if actor.holder_id is not None:
        raise Forbidden("The accounting report is over all holders: use an API key, not one holder's token.")
    if at is not None:
        rows = await fetch(
            """
            SELECT id, accounting_type, currency, decimal_places FROM wallets
            WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR created_at <= $2) ORDER BY id
            """,
            actor.customer_id,
            _created_by(at, by),
        )
        return AccountingReport(await _summed_at(actor, rows, at, by), at)
    rows = await fetch(
        """
        SELECT moment.at, sums.* FROM (SELECT statement_timestamp() AS at) AS moment LEFT JOIN (
            SELECT w.accounting_type, w.currency, w.decimal_places, count(*) AS count, sum(p.held) AS held,
                   coalesce(sum(p.overdraft_limit), 0) AS overdraft_limit,
                   sum(CASE p.normal_side WHEN 'CREDIT' THEN p.credits - p.debits ELSE p.debits - p.credits END)
                       AS posted
            FROM wallets AS w JOIN posting_accounts AS p ON p.customer_id = w.customer_id AND p.id = w.id
            WHERE w.customer_id = $1 GROUP BY w.accounting_type, w.currency, w.decimal_places
        ) AS sums ON true
        ORDER BY currency, decimal_places, accounting_type
        """,
        actor.customer_id,
    )
    lines = [_line(row) for row in rows if row["count"] is not None]
    return AccountingReport(lines, rows[0]["at"])


def _created_by(at: datetime, by: BalanceDate) -> datetime | None:
    """Of which age wallets are wanted: a history may go back to before its wallets were made here."""
    return at if by is BalanceDate.POSTED else None


async def _summed_at(actor: Actor, rows: Sequence[Record], at: datetime, by: BalanceDate) -> list[AccountingBalance]:
    if not rows:
        await _check_past(at)
    balances = await balances_at(actor, [(row["id"], at) for row in rows], by=by)
    sums: defaultdict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for row, balance in zip(rows, balances, strict=True):
        if isinstance(balance, DomainError):
            raise balance
        total = sums[row["currency"], row["decimal_places"], row["accounting_type"]]
        total[0] += balance.minor_units
        total[1] += 1
    return _sorted(
        AccountingBalance(AccountingType(kind), Unit(currency, scale), posted, None, count)
        for (currency, scale, kind), (posted, count) in sums.items()
    )


async def _check_past(at: datetime) -> None:
    """Refuse an instant in the future, as `balances_at` does, even if there is no wallet."""
    if await fetchval("SELECT $1 > clock_timestamp()", at):
        raise Invalid("This instant is still to come: nobody knows yet. Ask for one that has passed.", path=("at",))


def _sorted(lines: Iterable[AccountingBalance]) -> list[AccountingBalance]:
    return sorted(lines, key=lambda line: (line.unit.asset, line.unit.scale, line.accounting_type.value))


def _line(row: Record) -> AccountingBalance:
    return AccountingBalance(
        AccountingType(row["accounting_type"]),
        Unit(row["currency"], row["decimal_places"]),
        int(row["posted"]),
        int(row["held"]),
        row["count"],
        int(row["overdraft_limit"]),
    )
