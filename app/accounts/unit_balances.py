"""What ledgers and wallets hold together, per unit: a holder's, an account's, or all that have some asset or metadata.

Lines of ledgers and lines of wallets stand apart, so whoever lacks the scope of the one reads the other.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.queries import READ
from app.accounts.status import AccountingType
from app.db.connection import Record, fetch
from app.db.where import Where
from app.journal.balances_at import BALANCE_SQL, BalanceDate
from app.journal.horizon import settle_instant
from app.journal.many_balances_at import accounts_then_sql, joins_then_sql
from app.kernel.actor import Actor
from app.kernel.checks import Metadata
from app.kernel.errors import DomainError
from app.kernel.money import Unit

READ_LEDGERS = "ledgers:read"


@dataclass(frozen=True, slots=True)
class UnitBalance:
    """The sum of ledgers (`accounting_type` is None) or of wallets of one type, in minor units on their normal side.
    `held` is None for an instant in the past, and then there are no overdraft limits.
    """

    unit: Unit
    accounting_type: AccountingType | None
    posted: int
    held: int | None
    count: int
    overdraft_limit: int = 0

    @property
    def available(self) -> int | None:
        """What can be spent; None for an instant in the past."""
        return None if self.held is None else self.posted - self.held + self.overdraft_limit


@dataclass(frozen=True, slots=True)
class BalanceFilter:
    """Which ledgers and wallets to sum; None means any. An account has wallets only."""

    holder_id: UUID | None = None
    account_reference: str | None = None
    asset: tuple[str, ...] | None = None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class OfHolder:
    """A holder, and the instant that is wanted; None: now."""

    holder_id: UUID
    at: datetime | None = None
    by: BalanceDate = BalanceDate.POSTED


# `a` is what is summed: posting accounts with the accounting type of their wallet, and the `place` of what asked.
_NOW_SQL = """
    SELECT a.place, a.asset, a.scale, a.accounting_type, count(*) AS count, sum(a.held) AS held,
           coalesce(sum(a.overdraft_limit), 0) AS overdraft_limit,
           sum(CASE a.normal_side WHEN 'CREDIT' THEN a.credits - a.debits ELSE a.debits - a.credits END) AS posted
    FROM ({accounts}) AS a
    GROUP BY a.place, a.asset, a.scale, a.accounting_type
    ORDER BY a.place, a.asset, a.scale, a.accounting_type NULLS FIRST
"""
# By the time of posting those that there were; by value date all there are, since a history may go back further.
_THEN_SQL = {
    by: f"""
    SELECT a.place, a.asset, a.scale, a.accounting_type, count(*) AS count, sum({BALANCE_SQL[by]}) AS posted
    FROM a {joins_then_sql(by)}
    {"WHERE a.made_at <= a.at" if by is BalanceDate.POSTED else ""}
    GROUP BY a.place, a.asset, a.scale, a.accounting_type
    ORDER BY a.place, a.asset, a.scale, a.accounting_type NULLS FIRST
    """
    for by in BalanceDate
}


def sums_now_sql(accounts: str) -> str:
    """The statement of the present lines of these accounts, as SQL selects them: posting accounts `p.*` with `place`,
    `at`, `accounting_type` and `made_at`. `$1` is the customer.
    """
    return _NOW_SQL.format(accounts=accounts)


def sums_then_sql(accounts: str, by: BalanceDate, at: str | None = None) -> str:
    """The same at the instant `at` of each of them. The argument is that instant, where all have the same."""
    return accounts_then_sql(accounts, at) + _THEN_SQL[by]


_OF_HOLDERS_SQL = """
    SELECT p.*, h.place, h.at, wallet.accounting_type, coalesce(wallet.created_at, ledger.created_at) AS made_at
    FROM unnest($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS h (holder_id, at, place)
    CROSS JOIN LATERAL (
        SELECT * FROM posting_accounts WHERE customer_id = $1 AND holder_id = h.holder_id AND NOT is_system OFFSET 0
    ) AS p
    LEFT JOIN LATERAL (
        SELECT accounting_type, created_at FROM wallets WHERE customer_id = $1 AND id = p.id LIMIT 1
    ) AS wallet ON true
    LEFT JOIN LATERAL (
        SELECT created_at FROM ledgers WHERE customer_id = $1 AND id = p.id LIMIT 1
    ) AS ledger ON true
    WHERE ($4::uuid IS NULL OR h.holder_id = $4) AND CASE WHEN p.book = 'WALLET' THEN $5::boolean ELSE $6::boolean END
"""


async def balances_of_holders(
    actor: Actor, wanted: Sequence[OfHolder]
) -> dict[OfHolder, list[UnitBalance] | DomainError]:
    """What the ledgers and wallets of each of these holders hold or held, by unit and accounting type. A refusal stands
    in place of the lines if the instant is in the future.

    :raises Forbidden: the actor may read neither ledgers nor wallets.
    """
    _require_either(actor)
    found: dict[OfHolder, list[UnitBalance] | DomainError] = {}
    groups: defaultdict[BalanceDate | None, list[OfHolder]] = defaultdict(list)
    for one in wanted:
        refusal = None if one.at is None else await _refusal(one.at)
        if refusal is None:
            groups[None if one.at is None else one.by].append(one)
        else:
            found[one] = refusal
    for by, group in groups.items():
        found |= await _of_holders(actor, group, by)
    return found


async def _of_holders(
    actor: Actor, wanted: Sequence[OfHolder], by: BalanceDate | None
) -> dict[OfHolder, list[UnitBalance] | DomainError]:
    rows = await fetch(
        sums_now_sql(_OF_HOLDERS_SQL) if by is None else sums_then_sql(_OF_HOLDERS_SQL, by),
        actor.customer_id,
        [one.holder_id for one in wanted],
        [one.at for one in wanted],
        actor.holder_id,
        actor.may(READ),
        actor.may(READ_LEDGERS),
    )
    lines: defaultdict[int, list[UnitBalance]] = defaultdict(list)
    for row in rows:
        lines[row["place"]].append(line_of(row, is_now=by is None))
    return {one: lines[place] for place, one in enumerate(wanted, start=1)}


async def read_balances(
    actor: Actor, wanted: BalanceFilter, at: datetime | None = None, by: BalanceDate = BalanceDate.POSTED
) -> list[UnitBalance]:
    """What all ledgers and wallets that meet the filter hold, or held at an instant, by unit and accounting type.

    :raises Forbidden: the actor may read neither ledgers nor wallets, or not the wallets of the account that is named.
    :raises Invalid: the instant is in the future.
    """
    _require_either(actor)
    if wanted.account_reference is not None:
        actor.require(READ)
    if at is not None:
        await settle_instant(at)
    where = Where(actor.customer_id, "p.customer_id")
    instant = "NULL::timestamptz" if at is None else f"{where.place(at)}::timestamptz"
    accounts = _accounts_sql(actor, wanted, where, instant)
    sql = sums_now_sql(accounts) if at is None else sums_then_sql(accounts, by, instant)
    return [line_of(row, is_now=at is None) for row in await fetch(sql, *where.arguments)]


def _accounts_sql(actor: Actor, wanted: BalanceFilter, where: Where, at: str) -> str:
    parts = []
    if actor.may(READ_LEDGERS) and wanted.account_reference is None:
        conditions = _conditions(actor, wanted, where, "l", "asset")
        parts.append(_of_sql("ledgers AS l", "NULL::text", at, conditions))
    if actor.may(READ):
        conditions = _conditions(actor, wanted, where, "w", "currency")
        parts.append(_of_sql("wallets AS w", "w.accounting_type", at, conditions))
    return " UNION ALL ".join(parts)


# Of some, each account is looked up; a plain join reads all of the customer's, which is quicker if all are wanted.
_LOOKED_UP_SQL = """
    CROSS JOIN LATERAL (SELECT * FROM posting_accounts WHERE customer_id = $1 AND id = {id} LIMIT 1) AS p
"""
_JOINED_SQL = "JOIN posting_accounts AS p ON p.customer_id = $1 AND p.id = {id}"


def _of_sql(table: str, accounting_type: str, at: str, conditions: str) -> str:
    alias = table[-1]
    return f"""
        SELECT p.*, 1 AS place, {at} AS at, {accounting_type} AS accounting_type, {alias}.created_at AS made_at
        FROM {table} {(_LOOKED_UP_SQL if conditions else _JOINED_SQL).format(id=f"{alias}.id")}
        WHERE {alias}.customer_id = $1{conditions}
    """


def _conditions(actor: Actor, wanted: BalanceFilter, arguments: Where, table: str, asset: str) -> str:
    """Conditions on ledgers or wallets, whose values go to the arguments of the whole statement."""
    where = Where(actor.customer_id)
    where.arguments = arguments.arguments
    where.add(f"{table}.holder_id = {{}}", actor.holder_id)
    where.add(f"{table}.holder_id = {{}}", wanted.holder_id)
    where.add_one_of(f"{table}.{asset}", wanted.asset)
    where.add(
        f"{table}.account_id = (SELECT id FROM accounts WHERE customer_id = $1 AND reference = {{}})",
        wanted.account_reference,
    )
    where.add_metadata(wanted.metadata, table=table, is_rare=table == "w")
    return where.more_sql


def _require_either(actor: Actor) -> None:
    if not actor.may(READ):
        actor.require(READ_LEDGERS)


async def _refusal(at: datetime) -> DomainError | None:
    try:
        await settle_instant(at)
    except DomainError as refusal:
        return refusal
    return None


def line_of(row: Record, *, is_now: bool) -> UnitBalance:
    """The line of a row of these statements."""
    kind = row["accounting_type"]
    return UnitBalance(
        Unit(row["asset"], row["scale"]),
        None if kind is None else AccountingType(kind),
        int(row["posted"]),
        int(row["held"]) if is_now else None,
        row["count"],
        int(row["overdraft_limit"]) if is_now else 0,
    )
