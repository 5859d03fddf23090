"""End a batch: write everything it decided in one statement, whatever its size."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.db.statement import Statement, rows_sql
from app.db.transaction import Transaction
from app.events.record import NewEvent, add_events
from app.idempotency.key import KeyName
from app.idempotency.reserve_keys import KeyRequest, add_bound, add_given_back
from app.journal.backdated import add_backdated
from app.journal.books import Books
from app.journal.locked_pair import PostingAccount
from app.journal.records import Hold, Transfer
from app.outbox.promise import NewPromise, add_promises

EXPIRE_HOLD = "expire_hold"
"""The kind of work promised with a hold that expires."""


async def write_batch(
    tx: Transaction,
    customer_id: UUID,
    books: Books,
    events: Sequence[NewEvent],
    *,
    refused_keys: Sequence[KeyName],
    rebound_keys: Sequence[KeyRequest],
) -> None:
    """Write transfers, holds, totals and events from the books, and correct the reserved keys.

    A refused command gives its key back. If a later command of the batch has the same key, that command gets it.
    """
    statement = Statement(customer_id, books.now)
    _add_holds(statement, books)
    _add_transfers(statement, books.posted)
    add_backdated(statement, books.posted)
    _add_totals(statement, books)
    add_events(statement, events)
    add_given_back(statement, refused_keys)
    add_bound(statement, rebound_keys)
    await statement.run(tx)


def add_posted(statement: Statement, books: Books, events: Sequence[NewEvent]) -> None:
    """Add what a batch of plain transfers writes: the transfers, the totals of their accounts, and events."""
    _add_transfers(statement, books.posted)
    _add_totals(statement, books)
    add_events(statement, events)


_TRANSFERS_SQL = """
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, hold_id, payment_id,
                           reverses_id, group_id, reference, metadata, is_forced, posted_at, effective_at)
    SELECT $1, id, kind, amount, asset, scale, debit_id, debit_sequence, debit_balance, credit_id, credit_sequence,
           credit_balance, hold_id, payment_id, reverses_id, group_id, reference, COALESCE(metadata::jsonb, '{}'),
           COALESCE(is_forced, false), $2, effective_at
    FROM unnest($?::text::uuid[], $?::text::text[], $?::text::numeric[], $?::text[], $?::text::smallint[],
                $?::text::uuid[], $?::text::bigint[], $?::text::numeric[], $?::text::uuid[], $?::text::bigint[],
                $?::text::numeric[], $?::uuid[], $?::uuid[], $?::uuid[], $?::uuid[], $?::text[], $?::text[],
                $?::boolean[], $?::timestamptz[])
         AS n (id, kind, amount, asset, scale, debit_id, debit_sequence, debit_balance, credit_id, credit_sequence,
               credit_balance, hold_id, payment_id, reverses_id, group_id, reference, metadata, is_forced,
               effective_at)
"""


def _add_transfers(statement: Statement, transfers: list[Transfer]) -> None:
    if not transfers:
        return
    statement.add(
        "posted",
        _TRANSFERS_SQL,
        [one.id for one in transfers],
        [one.kind for one in transfers],
        [one.amount for one in transfers],
        [one.unit.asset for one in transfers],
        [one.unit.scale for one in transfers],
        [one.debit.account_id for one in transfers],
        [one.debit_sequence for one in transfers],
        [one.debit_balance_after for one in transfers],
        [one.credit.account_id for one in transfers],
        [one.credit_sequence for one in transfers],
        [one.credit_balance_after for one in transfers],
        [one.hold_id for one in transfers],
        [one.payment_id for one in transfers],
        [one.reverses_id for one in transfers],
        [one.group_id for one in transfers],
        [one.reference for one in transfers],
        [_json(one.metadata) for one in transfers],
        [one.is_forced or None for one in transfers],
        [one.backdated_to for one in transfers],
    )


_TOTALS_TYPES = "text::uuid text::numeric text::numeric text::numeric text::bigint text::boolean"
_TOTALS_COLUMNS = "id, debits, credits, held, sequence, is_posted"
_TOTALS_SET = """
    SET debits = n.debits, credits = n.credits, held = n.held, sequence = n.sequence,
        last_posted_at = CASE WHEN n.is_posted THEN $2 ELSE a.last_posted_at END
"""
_TOTALS_SQL = f"""
    UPDATE posting_accounts AS a {_TOTALS_SET}
    FROM {rows_sql(_TOTALS_TYPES, _TOTALS_COLUMNS)}
    WHERE a.customer_id = n.customer_id AND a.id = n.id
"""
# With what could not be refused: a frozen total moves with it, and `forced_below` is as much as the floor needs.
_FORCED_TOTALS_SQL = f"""
    UPDATE posting_accounts AS a {_TOTALS_SET},
        forced_below = n.forced_below,
        frozen_debits = CASE WHEN a.frozen_debits IS NULL OR NOT n.is_forced THEN a.frozen_debits ELSE n.debits END,
        frozen_credits = CASE WHEN a.frozen_credits IS NULL OR NOT n.is_forced THEN a.frozen_credits ELSE n.credits END
    FROM {rows_sql(f"{_TOTALS_TYPES} text::boolean text::numeric", f"{_TOTALS_COLUMNS}, is_forced, forced_below")}
    WHERE a.customer_id = n.customer_id AND a.id = n.id
"""


def _add_totals(statement: Statement, books: Books) -> None:
    changed = [account for account in books.accounts.values() if account.is_changed]
    if not changed:
        return
    columns = [
        [account.side.account_id for account in changed],
        [account.debits for account in changed],
        [account.credits for account in changed],
        [account.held for account in changed],
        [account.sequence for account in changed],
        [account.last_posted_at == books.now for account in changed],
    ]
    if any(account.is_forced or account.forced_below for account in changed):
        columns.append([account.is_forced for account in changed])
        columns.append([_below_floor(account) for account in changed])
        statement.add("totals", _FORCED_TOTALS_SQL, *columns)
    else:
        statement.add("totals", _TOTALS_SQL, *columns)


def _below_floor(account: PostingAccount) -> int | None:
    """By how much it is below its floor, or None. Only what could not be refused takes it there."""
    is_below = account.available < 0 and not account.allow_negative
    return -account.available if is_below else None


_PLACE_SQL = """
    INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id, payment_id,
                       expires_at, reference, metadata, created_at, updated_at)
    SELECT $1, id, 'PLACED', amount, asset, scale, debit_id, credit_id, payment_id, expires_at, reference,
           COALESCE(metadata::jsonb, '{}'), $2, $2
    FROM unnest($?::text::uuid[], $?::text::numeric[], $?::text[], $?::text::smallint[], $?::text::uuid[],
                $?::text::uuid[], $?::text::uuid[], $?::timestamptz[], $?::text[], $?::text[])
         AS n (id, amount, asset, scale, debit_id, credit_id, payment_id, expires_at, reference, metadata)
"""
_MOVED = rows_sql(
    "text::uuid text::text text::numeric text::numeric text::numeric text::uuid text::integer",
    "id, status, amount, captured, released, transfer_id, version",
)
_MOVE_SQL = f"""
    UPDATE holds AS h
    SET status = n.status, amount_minor_units = n.amount, captured_minor_units = n.captured,
        released_minor_units = n.released, last_transfer_id = n.transfer_id, version = n.version,
        parts_version = n.version, updated_at = $2
    FROM {_MOVED}
    WHERE h.customer_id = n.customer_id AND h.id = n.id
"""


def _add_holds(statement: Statement, books: Books) -> None:
    if books.placed:
        _add_placed(statement, books.placed)
    if books.moved:
        moved = list(books.moved.values())
        statement.add(
            "moved",
            _MOVE_SQL,
            [hold.id for hold in moved],
            [hold.status for hold in moved],
            # While it is PLACED, what remains: earlier versions end a hold by this amount.
            [hold.remaining or hold.amount for hold in moved],
            [hold.captured for hold in moved],
            [hold.released for hold in moved],
            [hold.transfer_id for hold in moved],
            [hold.version for hold in moved],
        )


def _add_placed(statement: Statement, placed: list[Hold]) -> None:
    statement.add(
        "placed",
        _PLACE_SQL,
        [hold.id for hold in placed],
        [hold.amount for hold in placed],
        [hold.unit.asset for hold in placed],
        [hold.unit.scale for hold in placed],
        [hold.debit.account_id for hold in placed],
        [hold.credit.account_id for hold in placed],
        [hold.payment_id for hold in placed],
        [hold.expires_at for hold in placed],
        [hold.reference for hold in placed],
        [_json(hold.metadata) for hold in placed],
    )
    expiring = [hold for hold in placed if hold.expires_at is not None]
    if expiring:
        add_promises(statement, [NewPromise(EXPIRE_HOLD, hold.id, not_before=hold.expires_at) for hold in expiring])


def _json(metadata: dict[str, Any]) -> str | None:
    return orjson.dumps(metadata).decode() if metadata else None
