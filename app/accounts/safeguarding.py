"""An omnibus ledger against the wallets that it backs: what it holds, what they hold together, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts.queries import READ
from app.db.connection import Record, fetch, fetchval
from app.db.snapshot import before_snapshot, current_snapshot
from app.journal.balances_at import RETRY_AFTER_SECONDS, SETTLED_AFTER, last_balance_sql
from app.journal.horizon import wait_until_settled
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Invalid, LimitExceeded
from app.kernel.money import Money, Unit

SCOPES = ("ledgers:read", READ)


@dataclass(frozen=True, slots=True)
class Safeguarding:
    """What a ledger holds and what the wallets of its accounts hold together, as of `at`.

    Only wallets of the type LIABILITY count, which say what is owed to holders, and each that is below zero counts as
    zero: what one holder owes covers nothing that is owed to another. The sum and the difference have as many decimals
    as the finest of the ledger and the wallets. `wallet_count` leaves out wallets that were closed.
    """

    ledger_id: UUID
    balance: Money
    wallets: Money
    wallet_count: int
    at: datetime

    @property
    def difference(self) -> Money:
        """The balance less the wallets' sum: below zero, they hold more than the ledger."""
        unit = self.wallets.unit
        return Money(_in_scale(self.balance, unit.scale) - self.wallets.minor_units, unit)


_NOW_SQL = """
    SELECT ledger.asset, ledger.scale, statement_timestamp() AS at, false AS is_future, false AS is_young,
           CASE own.normal_side WHEN 'CREDIT' THEN own.credits - own.debits ELSE own.debits - own.credits END
               AS balance,
           sums.scale AS wallet_scale, coalesce(sums.total, 0) AS total, coalesce(sums.open_count, 0) AS open_count
    FROM ledgers AS ledger
    JOIN posting_accounts AS own ON own.customer_id = ledger.customer_id AND own.id = ledger.id
    LEFT JOIN LATERAL (
        SELECT w.decimal_places AS scale, count(*) FILTER (WHERE w.closed_at IS NULL) AS open_count,
               sum(greatest(p.credits - p.debits, 0)) AS total
        FROM accounts AS a
        JOIN wallets AS w ON w.customer_id = a.customer_id AND w.account_id = a.id AND w.currency = ledger.asset
                         AND w.accounting_type = 'LIABILITY'
        JOIN posting_accounts AS p ON p.customer_id = w.customer_id AND p.id = w.id
        WHERE a.customer_id = ledger.customer_id AND a.backing_ledger_id = ledger.id
        GROUP BY w.decimal_places
    ) AS sums ON true
    WHERE ledger.customer_id = $1 AND ledger.id = $2
"""


_THEN_SQL = f"""
    SELECT ledger.asset, ledger.scale, $3::timestamptz AS at, $3 > clock_timestamp() AS is_future,
           $3 >= clock_timestamp() - $4::interval AS is_young, coalesce(own.balance, 0) AS balance,
           sums.scale AS wallet_scale, coalesce(sums.total, 0) AS total, coalesce(sums.open_count, 0) AS open_count
    FROM ledgers AS ledger
    LEFT JOIN LATERAL ({last_balance_sql("ledger.id", "$3")}) AS own ON true
    LEFT JOIN LATERAL (
        SELECT w.decimal_places AS scale, count(*) FILTER (WHERE w.closed_at IS NULL OR w.closed_at > $3) AS open_count,
               sum(greatest(last.balance, 0)) AS total
        FROM (
            SELECT account_id FROM account_backings
            WHERE customer_id = $1 AND ledger_id = $2 AND since <= $3 AND (until IS NULL OR until > $3)
            UNION ALL
            SELECT id FROM accounts AS a
            WHERE customer_id = $1 AND backing_ledger_id = $2 AND created_at <= $3 AND NOT EXISTS (
                SELECT FROM account_backings WHERE customer_id = $1 AND account_id = a.id
            )
        ) AS backed
        JOIN wallets AS w ON w.customer_id = $1 AND w.account_id = backed.account_id AND w.currency = ledger.asset
                         AND w.accounting_type = 'LIABILITY'
        LEFT JOIN LATERAL ({last_balance_sql("w.id", "$3")}) AS last ON true
        WHERE w.created_at <= $3
        GROUP BY w.decimal_places
    ) AS sums ON true
    WHERE ledger.customer_id = $1 AND ledger.id = $2
"""


async def read_safeguarding(actor: Actor, ledger_id: UUID, at: datetime | None = None) -> Safeguarding | None:
    """A ledger against the wallets of the accounts that it backs, now or at an instant; None if there is no such one.

    It is read by one statement, so that no money that moves meanwhile is counted twice or not at all. At an instant the
    accounts are those that the ledger backed then, whatever became of them since, with entries of that instant; so an
    answer once given never changes.

    :raises Forbidden: a scope is missing, or the actor is one holder's, who sees only some of the wallets.
    :raises Invalid: the instant is in the future.
    :raises LimitExceeded: something that began before the instant is still being written.
    """
    for scope in SCOPES:
        actor.require(scope)
    if actor.holder_id is not None:
        message = "Safeguarding is over the wallets of all holders: use an API key, not one holder's token."
        raise Forbidden(message)
    rows = await _read(actor, ledger_id, at)
    if not rows:
        return None
    return _summed(ledger_id, rows)


async def _read(actor: Actor, ledger_id: UUID, at: datetime | None) -> Sequence[Record]:
    if at is None:
        return await fetch(_NOW_SQL, actor.customer_id, ledger_id)
    arguments: tuple[Any, ...] = (actor.customer_id, ledger_id, at, SETTLED_AFTER)
    rows = await fetch(_THEN_SQL, *arguments)
    if rows and rows[0]["is_future"]:
        raise Invalid("This instant is still to come: nobody knows yet. Ask for one that has passed.", path=("at",))
    if not rows or not rows[0]["is_young"]:
        return rows
    if current_snapshot() is not None:
        # Kept as read: if something may still commit, the whole answer is made again.
        await before_snapshot([("settled", at)], lambda: _settle(at))
        return rows
    await _settle(at)
    return await fetch(_THEN_SQL, *arguments)


async def _settle(at: datetime) -> None:
    """Wait until nothing under way, no posting and no new link, can have a time up to this instant."""
    if await fetchval("SELECT pg_is_in_recovery()"):
        message = (
            "This is a standby, so an instant of the last five minutes cannot be settled: ask for an earlier one, or "
            "the primary."
        )
        raise LimitExceeded(message, retry_after_seconds=SETTLED_AFTER.total_seconds())
    if not await wait_until_settled(at):
        message = "Something that began before this instant is still being written: ask again after the delay."
        raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)


def _summed(ledger_id: UUID, rows: Sequence[Record]) -> Safeguarding:
    """The sums of wallets, which are by their decimals, in the finest of them."""
    first = rows[0]
    asset = first["asset"]
    sums = [
        Money(int(row["total"]), Unit(asset, row["wallet_scale"])) for row in rows if row["wallet_scale"] is not None
    ]
    scale = max([first["scale"], *(one.unit.scale for one in sums)])
    return Safeguarding(
        ledger_id=ledger_id,
        balance=Money(int(first["balance"]), Unit(asset, first["scale"])),
        wallets=Money(sum(_in_scale(one, scale) for one in sums), Unit(asset, scale)),
        wallet_count=sum(row["open_count"] for row in rows),
        at=first["at"],
    )


def _in_scale(money: Money, scale: int) -> int:
    """The same amount with more decimals."""
    return money.minor_units * int(10 ** (scale - money.unit.scale))
