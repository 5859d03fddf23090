"""Begin a batch: reserve its idempotency keys, lock what it touches, and read both in as few round trips as possible.

Lock order: idempotency keys, holds and transfers, posting accounts, closed books; within each by id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.db.connection import Record
from app.db.statement import as_text
from app.db.transaction import Transaction
from app.idempotency.key import Key, KeyName
from app.idempotency.reserve_keys import (
    RESERVED_COUNT_SQL,
    RESERVED_SQL,
    BoundKey,
    KeyRequest,
    arguments_of,
    read_keys,
    reserve_new_keys,
)
from app.journal.books import Books
from app.journal.closed_books import keep_open
from app.journal.instructions import Capture, Instruction, Movement, OnHold, Post, Reverse
from app.journal.locked_pair import PostingAccount
from app.journal.records import (
    HOLD_COLUMNS_SQL,
    HOLD_JOINS_SQL,
    TRANSFER_COLUMNS_SQL,
    TRANSFER_JOINS_SQL,
    CreditSide,
    DebitSide,
    Hold,
    Transfer,
    hold_of,
    is_ended_by_earlier,
    transfer_of,
)

MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Locked:
    """What a batch begins with: the books, the keys known before, and the keys it reserved."""

    books: Books
    known: dict[KeyName, BoundKey]
    reserved: dict[KeyName, Instruction]


# The parts of a statement run in no defined order, so the lock reads from the reservation's result. The time is taken
# outside the locking part, since inside it would be the time before the wait. Each account is looked up separately: on
# a table without statistics, a join would read all of the customer's accounts.
_LOCK_SQL = """
    SELECT l.*, clock_timestamp() AS locked_at, {reserved} AS reserved_count,
           (SELECT closed_through FROM closed_books WHERE customer_id = $1) AS closed_through
    FROM (
        SELECT a.* FROM unnest($%d::text::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT id, book, asset, scale, normal_side, holder_id, is_open, is_system, allow_negative, debits, credits,
                   held, sequence, last_posted_at, overdraft_limit, forced_below, frozen_debits, frozen_credits
            FROM posting_accounts
            WHERE customer_id = $1 AND id = wanted.id AND {reserved} >= 0
            FOR NO KEY UPDATE LIMIT 1
        ) AS a
    ) AS l
"""
RESERVE_AND_LOCK_SQL = RESERVED_SQL + _LOCK_SQL.format(reserved=RESERVED_COUNT_SQL) % 6
LOCK_SQL = _LOCK_SQL.format(reserved="0") % 2

_HOLDS_SQL = f"""
    SELECT {HOLD_COLUMNS_SQL} FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT * FROM holds WHERE customer_id = $1 AND id = wanted.id %s LIMIT 1
    ) AS h {HOLD_JOINS_SQL}
"""
LOCK_HOLDS_SQL = _HOLDS_SQL % "FOR UPDATE"
READ_HOLDS_SQL = _HOLDS_SQL % ""
LOCK_TRANSFERS_SQL = """
    SELECT t.id FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT id FROM transfers WHERE customer_id = $1 AND id = wanted.id FOR NO KEY UPDATE LIMIT 1
    ) AS t
"""
READ_TRANSFERS_SQL = f"""
    SELECT {TRANSFER_COLUMNS_SQL} FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT * FROM transfers WHERE customer_id = $1 AND id = wanted.id LIMIT 1
    ) AS t {TRANSFER_JOINS_SQL}
"""


async def reserve_and_lock(tx: Transaction, customer_id: UUID, instructions: Sequence[Instruction]) -> Locked:
    """Reserve and lock all that these instructions of one customer name."""
    reserved = _first_by_key(instructions)
    account_ids: set[UUID] = {
        side for asked in instructions if isinstance(asked, Movement) for side in (asked.debit_id, asked.credit_id)
    }
    hold_ids = sorted({asked.hold_id for asked in instructions if isinstance(asked, OnHold)})
    transfer_ids = sorted({asked.transfer_id for asked in instructions if isinstance(asked, Reverse)})
    keys = [request_of(asked.key, asked.resource_id) for asked in reserved.values() if asked.key]
    holds: dict[UUID, Hold] = {}
    transfers: dict[UUID, Transfer] = {}
    if hold_ids or transfer_ids:
        reserved_count = await reserve_new_keys(tx, customer_id, keys)
        holds = await _lock_holds(tx, customer_id, hold_ids)
        transfers = await _lock_transfers(tx, customer_id, transfer_ids)
        for hold in holds.values():
            account_ids |= {hold.debit.account_id, hold.credit.account_id}
        for transfer in transfers.values():
            account_ids |= {transfer.debit.account_id, transfer.credit.account_id}
        rows = await tx.fetch(LOCK_SQL, customer_id, as_text(sorted(account_ids)))
    elif reserved:
        rows = await tx.fetch(RESERVE_AND_LOCK_SQL, customer_id, *arguments_of(keys), as_text(sorted(account_ids)))
        reserved_count = rows[0]["reserved_count"] if rows else 0
    else:
        rows = await tx.fetch(LOCK_SQL, customer_id, as_text(sorted(account_ids)))
        reserved_count = 0
    known: dict[KeyName, BoundKey] = {}
    if reserved_count < len(reserved):
        known = {name: key for name, key in (await read_keys(tx, customer_id, reserved)).items() if not key.is_ours}
        for name in known:
            del reserved[name]
    accounts = {row["id"]: PostingAccount(row) for row in rows}
    named: list[Hold | Transfer] = [*holds.values(), *transfers.values()]
    for moved in named:
        # Holds and transfers were read before the accounts were locked: a ledger may have got its holder since.
        moved.debit = DebitSide(accounts[moved.debit.account_id].side)
        moved.credit = CreditSide(accounts[moved.credit.account_id].side)
    now = _instant(rows) or await tx.now()
    # Read again, under its lock: what the rows say of it may be older than the wait for their locks.
    closed_through = await keep_open(tx, customer_id) if any(map(_is_dated, instructions)) else None
    return Locked(Books(accounts, holds, transfers, now, closed_through), known, reserved)


async def read_known_objects(
    tx: Transaction, customer_id: UUID, *, hold_ids: Collection[UUID], transfer_ids: Collection[UUID]
) -> dict[UUID, Transfer | Hold]:
    """What was made with keys that were used before, in its present state, by id."""
    found: dict[UUID, Transfer | Hold] = {}
    if hold_ids:
        rows = await tx.fetch(READ_HOLDS_SQL, customer_id, list(hold_ids))
        found |= {row["id"]: hold_of(row) for row in rows}
    if transfer_ids:
        rows = await tx.fetch(READ_TRANSFERS_SQL, customer_id, list(transfer_ids))
        found |= {row["id"]: transfer_of(row) for row in rows}
    return found


def _is_dated(instruction: Instruction) -> bool:
    return isinstance(instruction, Post | Capture) and instruction.effective_at is not None


def request_of(
    key: Key, resource_id: UUID, about_id: UUID | None = None, other_hash: bytes | None = None
) -> KeyRequest:
    """What reserves a key for an instruction."""
    return KeyRequest(key.operation, key.key, key.command_hash, resource_id, about_id, other_hash)


def _first_by_key(instructions: Sequence[Instruction]) -> dict[KeyName, Instruction]:
    """The first instruction of each key, in the lock order of keys."""
    first: dict[KeyName, Instruction] = {}
    for asked in instructions:
        if asked.key is not None:
            first.setdefault(asked.key.name, asked)
    return dict(sorted(first.items()))


async def _lock_holds(tx: Transaction, customer_id: UUID, hold_ids: list[UUID]) -> dict[UUID, Hold]:
    rows = await tx.fetch(LOCK_HOLDS_SQL, customer_id, hold_ids)
    holds = {row["id"]: hold_of(row) for row in rows}
    # An earlier version's capture that committed while we waited is newer than the lock's snapshot: its transfer was
    # not seen.
    unseen = [row["id"] for row in rows if is_ended_by_earlier(row)]
    if unseen:
        holds |= {row["id"]: hold_of(row) for row in await tx.fetch(READ_HOLDS_SQL, customer_id, unseen)}
    return holds


async def _lock_transfers(tx: Transaction, customer_id: UUID, transfer_ids: list[UUID]) -> dict[UUID, Transfer]:
    if not transfer_ids:
        return {}
    await tx.execute(LOCK_TRANSFERS_SQL, customer_id, transfer_ids)
    # A separate statement: a reversal that committed while we waited is newer than the lock's snapshot.
    rows = await tx.fetch(READ_TRANSFERS_SQL, customer_id, transfer_ids)
    return {row["id"]: transfer_of(row) for row in rows}


def _instant(rows: Sequence[Record]) -> datetime | None:
    """The batch's time: after the last lock, and after each account's last entry and whatever is closed, even if the
    clock was set back. So within an account only entries of one batch share a time, and their transfers' ids give their
    order.
    """
    stamps = [row["locked_at"] for row in rows]
    if rows and rows[0]["closed_through"] is not None:
        stamps.append(rows[0]["closed_through"] + MICROSECOND)
    stamps += [row["last_posted_at"] + MICROSECOND for row in rows if row["last_posted_at"] is not None]
    return max(stamps, default=None)
