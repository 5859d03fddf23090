"""Balances as they were at an instant: by the time of posting, which never changes, or by value date.

By value date it is the balance by the time of posting, plus what is backdated to that instant or before, less what of
that was posted by then. The sums of `backdated` hold both, but for the day of the instant itself: of that day the
entries are read, those before the instant or those after it, whichever is the shorter time.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from app.db.connection import Record, fetch
from app.db.not_written import NotWritten
from app.db.snapshot import before_snapshot, current_snapshot
from app.db.transaction import Transaction, transaction, whole_use_case
from app.journal.posting_accounts import Book
from app.kernel.actor import Actor
from app.kernel.errors import DomainError, Invalid, LimitExceeded, NotFound, Path
from app.kernel.money import Money, Unit

SETTLED_AFTER = timedelta(minutes=5)
"""The age at which an instant is settled: no posting stamped before it can still commit. A posting commits soon after
it has its locks, or the database's timeouts for locks and idle transactions end it. This is several times their sum.
"""

RETRY_AFTER_SECONDS = 1.0
LOCK_WAITERS_MAX = 4
"""How many readers of one process may wait for locks: each holds a connection that others may need."""

_lock_waiters = asyncio.Semaphore(LOCK_WAITERS_MAX)

Wanted = tuple[UUID, datetime]
"""A posting account and an instant."""


class BalanceDate(StrEnum):
    """By which of its dates an entry counts."""

    POSTED = "POSTED"
    EFFECTIVE = "EFFECTIVE"


@dataclass(slots=True)
class _Found:
    """A balance as read, whether it can still change, and whether its instant is in the future."""

    balance: Money
    is_settled: bool
    is_future: bool


def last_balance_sql(account: str, at: str) -> str:
    """The running balance of an account's last entry up to an instant, both as SQL says them; before the first there is
    none. It is the newest debit's or the newest credit's, by the higher sequence. `$1` is the customer.
    """
    return f"""
        SELECT balance FROM (
            (SELECT debit_sequence AS sequence, debit_balance_after AS balance FROM transfers
             WHERE customer_id = $1 AND debit_id = {account} AND posted_at <= {at}
             ORDER BY posted_at DESC, debit_sequence DESC LIMIT 1)
            UNION ALL
            (SELECT credit_sequence, credit_balance_after FROM transfers
             WHERE customer_id = $1 AND credit_id = {account} AND posted_at <= {at}
             ORDER BY posted_at DESC, credit_sequence DESC LIMIT 1)
        ) AS newest ORDER BY sequence DESC LIMIT 1
    """


_BACKDATED_SQL = """
    CROSS JOIN LATERAL (
        SELECT day, instant, instant >= day + interval '12 hours' AS is_late, day::date + 1 AS next_day
        FROM (SELECT date_trunc('day', n.at AT TIME ZONE 'UTC') AS day, n.at AT TIME ZONE 'UTC' AS instant) AS utc
    ) AS d
    CROSS JOIN LATERAL (
        SELECT CASE WHEN is_late THEN next_day ELSE day::date END AS whole_days_before,
               CASE WHEN is_late THEN n.at + interval '1 microsecond' ELSE day AT TIME ZONE 'UTC' END AS since,
               CASE WHEN is_late THEN next_day::timestamp AT TIME ZONE 'UTC'
                    ELSE n.at + interval '1 microsecond' END AS before,
               CASE WHEN is_late THEN -1 ELSE 1 END AS sign
    ) AS part
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(credits - debits), 0) AS credited FROM backdated_days
        WHERE customer_id = $1 AND account_id = n.id AND day < part.whole_days_before
    ) AS days
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(credited), 0) AS credited FROM (
            SELECT - amount_minor_units AS credited FROM transfers
            WHERE customer_id = $1 AND debit_id = n.id AND effective_at >= part.since AND effective_at < part.before
            UNION ALL
            SELECT amount_minor_units FROM transfers
            WHERE customer_id = $1 AND credit_id = n.id AND effective_at >= part.since AND effective_at < part.before
        ) AS entries
    ) AS same_day
    LEFT JOIN LATERAL (
        SELECT credited FROM backdated_totals
        WHERE customer_id = $1 AND account_id = n.id AND posted_at <= n.at ORDER BY posted_at DESC LIMIT 1
    ) AS posted ON true
"""
_MOVED_SQL = """
    + CASE a.normal_side WHEN 'CREDIT' THEN 1 ELSE -1 END
      * (days.credited + part.sign * same_day.credited - coalesce(posted.credited, 0))
"""
BALANCE_SQL = {
    BalanceDate.POSTED: "coalesce(last.balance, 0)",
    BalanceDate.EFFECTIVE: f"coalesce(last.balance, 0){_MOVED_SQL}",
}
"""The balance of the posting account `a` at an instant, in a statement that has `last`, the account's last balance by
the time of posting, and the joins below.
"""
BACKDATED_JOINS_SQL = {BalanceDate.POSTED: "", BalanceDate.EFFECTIVE: _BACKDATED_SQL}
"""To be joined to posting accounts `a` of the customer `$1`, and to `n` with their `id` and the instant `at`."""

_BALANCES_SQL = {
    by: f"""
    SELECT n.place, a.book, a.asset, a.scale, {BALANCE_SQL[by]} AS balance, n.at > clock_timestamp() AS is_future,
           coalesce(a.last_posted_at > n.at, false) OR n.at < clock_timestamp() - $5::interval AS is_settled
    FROM unnest($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS n (id, at, place)
    CROSS JOIN LATERAL (
        SELECT * FROM posting_accounts
        WHERE customer_id = $1 AND id = n.id AND NOT is_system AND ($4::uuid IS NULL OR holder_id = $4) LIMIT 1
    ) AS a
    LEFT JOIN LATERAL ({last_balance_sql("n.id", "n.at")}) AS last ON true
    {BACKDATED_JOINS_SQL[by]}
    """
    for by in BalanceDate
}
_SHARE_SQL = "SELECT FROM posting_accounts WHERE customer_id = $1 AND id = ANY($2) ORDER BY id FOR SHARE"


async def balances_at(
    actor: Actor,
    wanted: Sequence[Wanted],
    path: Path = ("at",),
    *,
    by: BalanceDate = BalanceDate.POSTED,
    are_settled: bool = False,
) -> list[Money | DomainError]:
    """The balance of each of these accounts at its instant, including entries of that instant.

    It is zero before the first entry. By the time of posting an answer never changes later; by value date, whatever is
    backdated later changes it, unless the books are closed. A refusal stands in place of a balance if the instant is in
    the future, by the database's clock, or if the account is not the actor's.

    Instants before the horizon `are_settled`: no posting need be waited for, so a read-only database answers, too.
    """
    found = _found(actor, await fetch(_BALANCES_SQL[by], *_arguments(actor, wanted)))
    if are_settled:
        return [_answer(found.get(place), account_id, path) for place, (account_id, _) in enumerate(wanted)]
    unsettled = [place for place, one in found.items() if not one.is_settled and not one.is_future]
    if unsettled and current_snapshot() is not None:
        # These balances are kept as read: if a posting may still commit, the whole answer is made again.
        pairs = [wanted[place] for place in unsettled]
        await before_snapshot(pairs, lambda: _settle(actor, pairs))
    elif unsettled:
        again = await _read_settled(actor, [wanted[place] for place in unsettled], by)
        found |= {unsettled[place]: one for place, one in again.items()}
    return [_answer(found.get(place), account_id, path) for place, (account_id, _) in enumerate(wanted)]


@whole_use_case
async def _read_settled(actor: Actor, wanted: Sequence[Wanted], by: BalanceDate) -> dict[int, _Found]:
    """Read while no posting is under way: earlier ones have committed, and later ones get later times.

    :raises LimitExceeded: a posting took longer than a lock is waited for, or the database is read-only.
    """
    async with _shared(actor, wanted) as tx:
        # A separate statement: what committed while we waited for the lock is newer than the lock's snapshot.
        return _found(actor, await tx.fetch(_BALANCES_SQL[by], *_arguments(actor, wanted)))


@whole_use_case
async def _settle(actor: Actor, wanted: Sequence[Wanted]) -> None:
    """Wait until no posting under way can have a time up to these instants: the next snapshot has them all.

    :raises LimitExceeded: a posting took longer than a lock is waited for, or the database is read-only.
    """
    async with _shared(actor, wanted):
        pass


@asynccontextmanager
async def _shared(actor: Actor, wanted: Sequence[Wanted]) -> AsyncIterator[Transaction]:
    """A transaction during which nothing is posted to these accounts."""
    account_ids = list({account_id for account_id, _ in wanted})
    try:
        async with _lock_waiters, transaction() as tx:
            await tx.execute(_SHARE_SQL, actor.customer_id, account_ids)
            yield tx
    except asyncpg.LockNotAvailableError as busy:
        raise too_busy() from busy
    except NotWritten as read_only:
        raise cannot_settle() from read_only


def _arguments(actor: Actor, wanted: Sequence[Wanted]) -> tuple[Any, ...]:
    ids, instants = [account_id for account_id, _ in wanted], [at for _, at in wanted]
    return actor.customer_id, ids, instants, actor.holder_id, SETTLED_AFTER


def _found(actor: Actor, rows: Sequence[Record]) -> dict[int, _Found]:
    """What was read, by index in `wanted`."""
    for book in {row["book"] for row in rows}:
        actor.require("accounts:read" if book == Book.WALLET else "ledgers:read")
    return {
        row["place"] - 1: _Found(
            Money(row["balance"], Unit(row["asset"], row["scale"])), row["is_settled"], row["is_future"]
        )
        for row in rows
    }


def _answer(found: _Found | None, account_id: UUID, path: Path) -> Money | DomainError:
    if found is None:
        return NotFound(f"There is no ledger or wallet {account_id}.")
    return still_to_come(path) if found.is_future else found.balance


def still_to_come(path: Path) -> Invalid:
    """The refusal of an instant in the future."""
    return Invalid("This instant is still to come: nobody knows yet. Ask for one that has passed.", path=path)


def too_busy() -> LimitExceeded:
    """The refusal of a young instant, while something is written for longer than a lock is waited for."""
    message = "This ledger or wallet is busy with something that takes long: ask again after the delay."
    return LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)


def cannot_settle() -> LimitExceeded:
    """The refusal of a young instant where the database takes no writes."""
    message = (
        "The database is read-only now, so a balance of the last five minutes cannot be settled: "
        "ask for an earlier instant, or again after the delay."
    )
    return LimitExceeded(message, retry_after_seconds=SETTLED_AFTER.total_seconds())
