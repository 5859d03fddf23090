"""Balances of wallets by accounting type and unit: of one account, and of the whole institution with its equation."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.queries import READ
from app.accounts.status import NORMAL_SIDE_OF
from app.accounts.unit_balances import UnitBalance, line_of, sums_now_sql, sums_then_sql
from app.db.connection import fetch
from app.db.where import seen_by, seen_sql
from app.journal.balances_at import BalanceDate
from app.journal.horizon import settle_instant
from app.journal.posting_accounts import NormalSide
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.kernel.money import Unit


@dataclass(frozen=True, slots=True)
class AccountingReport:
    """One line for each type and unit of wallets, as of `at`."""

    lines: list[UnitBalance]
    at: datetime

    @property
    def balanced(self) -> bool:
        """Whether in each unit assets and expenses equal liabilities, equity and revenue."""
        sums: defaultdict[Unit, int] = defaultdict(int)
        for line in self.lines:
            assert line.accounting_type is not None, "these are lines of wallets"
            is_debit = NORMAL_SIDE_OF[line.accounting_type] is NormalSide.DEBIT
            sums[line.unit] += line.posted if is_debit else -line.posted
        return not any(sums.values())


_WALLET_COLUMNS_SQL = "p.*, w.accounting_type, w.created_at AS made_at"
_OF_ACCOUNTS_SQL = f"""
    SELECT {_WALLET_COLUMNS_SQL}, asked.place, $4::timestamptz AS at
    FROM unnest($3::uuid[]) WITH ORDINALITY AS asked (account_id, place)
    JOIN wallets AS w ON w.customer_id = $1 AND w.account_id = asked.account_id
    JOIN posting_accounts AS p ON p.customer_id = $1 AND p.id = w.id
    WHERE {seen_sql("w.customer_id", "w.holder_id")}
"""
_OF_ALL_SQL = f"""
    SELECT {_WALLET_COLUMNS_SQL}, 1 AS place, $2::timestamptz AS at
    FROM wallets AS w JOIN posting_accounts AS p ON p.customer_id = $1 AND p.id = w.id WHERE w.customer_id = $1
"""


async def balances_of_accounts(actor: Actor, account_ids: Sequence[UUID]) -> dict[UUID, list[UnitBalance]]:
    """The present balances of the wallets of each of these accounts, by unit and accounting type."""
    actor.require(READ)
    rows = await fetch(sums_now_sql(_OF_ACCOUNTS_SQL), *seen_by(actor), list(account_ids), None)
    found: defaultdict[UUID, list[UnitBalance]] = defaultdict(list)
    for row in rows:
        found[account_ids[row["place"] - 1]].append(line_of(row, is_now=True))
    return found


async def balances_of_account_at(
    actor: Actor, account_id: UUID, at: datetime, by: BalanceDate = BalanceDate.POSTED
) -> list[UnitBalance]:
    """The balances at an instant of the wallets that an account then had; by value date, of all that it has now.

    :raises Invalid: the instant is in the future.
    :raises LimitExceeded: something that began before it is still being written.
    """
    actor.require(READ)
    await settle_instant(at)
    rows = await fetch(sums_then_sql(_OF_ACCOUNTS_SQL, by), *seen_by(actor), [account_id], at)
    return [line_of(row, is_now=False) for row in rows]


async def read_accounting_report(
    actor: Actor, at: datetime | None = None, by: BalanceDate = BalanceDate.POSTED
) -> AccountingReport:
    """The balances of all of the customer's wallets, now or at an instant. Each transfer debits one wallet and credits
    another, so the equation is true only over all of them: GROUP accounts and CHART accounts together.

    :raises Forbidden: the actor is one holder's, whose side of the books never balances.
    :raises Invalid: the instant is in the future.
    :raises LimitExceeded: something that began before it is still being written.
    """
    actor.require(READ)
    if actor.holder_id is not None:
        raise Forbidden("The accounting report is over all holders: use an API key, not one holder's token.")
    if at is not None:
        await settle_instant(at)
        rows = await fetch(sums_then_sql(_OF_ALL_SQL, by, "$2::timestamptz"), actor.customer_id, at)
        return AccountingReport([line_of(row, is_now=False) for row in rows], at)
    rows = await fetch(
        f"""
        SELECT moment.at, sums.* FROM (SELECT statement_timestamp() AS at) AS moment
        LEFT JOIN ({sums_now_sql(_OF_ALL_SQL)}) AS sums ON true
        ORDER BY sums.asset, sums.scale, sums.accounting_type
        """,
        actor.customer_id,
        None,
    )
    lines = [line_of(row, is_now=True) for row in rows if row["count"] is not None]
    return AccountingReport(lines, rows[0]["at"])
