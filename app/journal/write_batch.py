"""End a batch: everything it decided, in one statement, however much it is."""

import functools
import itertools
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.identifiers import new_id
from app.db.notifications import EVENTS_TOPIC, WORK_TOPIC, feed_topic
from app.db.transaction import Transaction
from app.journal.books import Books
from app.journal.events import NewEvent
from app.journal.records import Hold, Transfer

EXPIRE_HOLD = "expire_hold"
"""The kind of work promised with a hold that expires."""
_ARGUMENT = re.compile(r"\$\?")


async def write_batch(
    tx: Transaction,
    customer_id: UUID,
    books: Books,
    events: Sequence[NewEvent],
    *,
    refused_keys: Sequence[tuple[str, str]],
    rebound_keys: Sequence[tuple[str, str, bytes, UUID]],
) -> None:
    """Write what the books now say: transfers, holds, totals, events; and put right the keys that were reserved.

    A refused command gives its key back; one whose key was first reserved for a refused command takes it over.
    """
    statement = _Statement(customer_id, books.now)
    _add_holds(statement, books)
    _add_transfers(statement, books.posted)
    _add_totals(statement, books)
    _add_events(statement, events)
    if refused_keys:
        statement.add("given_back", _GIVE_BACK_SQL, *map(list, zip(*refused_keys, strict=True)))
    if rebound_keys:
        statement.add("rebound", _REBIND_SQL, *map(list, zip(*rebound_keys, strict=True)))
    await statement.run(tx)
    topics = [EVENTS_TOPIC, feed_topic(customer_id)]
    if any(hold.expires_at is not None for hold in books.placed):
        topics.append(WORK_TOPIC)
    tx.wake(topics)


class _Statement:
    """One statement of named parts: `$1` is the customer, `$2` the time, and each `$?` of a part an argument of it."""

    def __init__(self, customer_id: UUID, now: datetime) -> None:
        self._parts: list[tuple[str, str]] = []
        self._arguments: list[Any] = [customer_id, now]

    def add(self, name: str, sql: str, *arguments: Any) -> None:
        self._parts.append((name, sql))
        self._arguments += arguments

    async def run(self, tx: Transaction) -> None:
        await tx.execute(_assembled(tuple(self._parts)), *self._arguments)


@functools.cache
def _assembled(parts: tuple[tuple[str, str], ...]) -> str:
    """The statement of these parts: a few dozen texts in all, since a part is there or not."""
    numbers = itertools.count(3)
    named = ", ".join(f"{name} AS ({_ARGUMENT.sub(lambda _: f'${next(numbers)}', sql)})" for name, sql in parts)
    return f"WITH {named} SELECT $1::uuid, $2::timestamptz"


def _rows(types: str, columns: str) -> str:
    """Arrays as rows `n` of these columns and the customer.

    OFFSET 0 keeps the planner from seeing that they all have the same customer, so that it looks each row up by its
    whole key. As long as it knows few rows of a table, it would read all of that customer's and compare.
    """
    arrays = ", ".join(f"$?::{one}[]" for one in types.split())
    return f"(SELECT $1::uuid AS customer_id, * FROM unnest({arrays}) AS n ({columns}) OFFSET 0) AS n"


_GIVE_BACK_SQL = f"""
    DELETE FROM idempotency_keys AS k USING {_rows("text text", "operation, key")}
    WHERE k.customer_id = n.customer_id AND k.operation = n.operation AND k.key = n.key
"""
_REBIND_SQL = f"""
    UPDATE idempotency_keys AS k SET command_hash = n.command_hash, resource_id = n.resource_id
    FROM {_rows("text text bytea uuid", "operation, key, command_hash, resource_id")}
    WHERE k.customer_id = n.customer_id AND k.operation = n.operation AND k.key = n.key
"""

# NUMERIC travels as text: an array of it would call Python for each number.
_TRANSFERS_SQL = """
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, hold_id, payment_id,
                           reverses_id, reference, metadata, posted_at)
    SELECT $1, id, kind, amount::numeric, asset, scale, debit_id, debit_sequence, debit_balance::numeric, credit_id,
           credit_sequence, credit_balance::numeric, hold_id, payment_id, reverses_id, reference,
           COALESCE(metadata::jsonb, '{}'), $2
    FROM unnest($?::uuid[], $?::text[], $?::text[], $?::text[], $?::smallint[], $?::uuid[], $?::bigint[], $?::text[],
                $?::uuid[], $?::bigint[], $?::text[], $?::uuid[], $?::uuid[], $?::uuid[], $?::text[], $?::text[])
         AS n (id, kind, amount, asset, scale, debit_id, debit_sequence, debit_balance, credit_id, credit_sequence,
               credit_balance, hold_id, payment_id, reverses_id, reference, metadata)
"""


def _add_transfers(statement: _Statement, transfers: list[Transfer]) -> None:
    if not transfers:
        return
    statement.add(
        "posted",
        _TRANSFERS_SQL,
        [one.id for one in transfers],
        [one.kind for one in transfers],
        [str(one.amount) for one in transfers],
        [one.unit.asset for one in transfers],
        [one.unit.scale for one in transfers],
        [one.debit.account_id for one in transfers],
        [one.debit_sequence for one in transfers],
        [str(one.debit_balance_after) for one in transfers],
        [one.credit.account_id for one in transfers],
        [one.credit_sequence for one in transfers],
        [str(one.credit_balance_after) for one in transfers],
        _seldom([one.hold_id for one in transfers]),
        _seldom([one.payment_id for one in transfers]),
        _seldom([one.reverses_id for one in transfers]),
        _seldom([one.reference for one in transfers]),
        _seldom([_json(one.metadata) for one in transfers]),
    )


_TOTALS_SQL = f"""
    UPDATE posting_accounts AS a
    SET debits = n.debits::numeric, credits = n.credits::numeric, held = n.held::numeric, sequence = n.sequence,
        last_posted_at = n.last_posted_at
    FROM {_rows("uuid text text text bigint timestamptz", "id, debits, credits, held, sequence, last_posted_at")}
    WHERE a.customer_id = n.customer_id AND a.id = n.id
"""


def _add_totals(statement: _Statement, books: Books) -> None:
    changed = [account for account in books.accounts.values() if account.is_changed]
    if not changed:
        return
    statement.add(
        "totals",
        _TOTALS_SQL,
        [account.side.account_id for account in changed],
        [str(account.debits) for account in changed],
        [str(account.credits) for account in changed],
        [str(account.held) for account in changed],
        [account.sequence for account in changed],
        [account.last_posted_at for account in changed],
    )


_PLACE_SQL = """
    INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id, payment_id,
                       expires_at, reference, metadata, created_at, updated_at)
    SELECT $1, id, 'PLACED', amount::numeric, asset, scale, debit_id, credit_id, payment_id, expires_at, reference,
           COALESCE(metadata::jsonb, '{}'), $2, $2
    FROM unnest($?::uuid[], $?::text[], $?::text[], $?::smallint[], $?::uuid[], $?::uuid[], $?::uuid[],
                $?::timestamptz[], $?::text[], $?::text[])
         AS n (id, amount, asset, scale, debit_id, credit_id, payment_id, expires_at, reference, metadata)
"""
_PROMISE_SQL = f"""
    INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, next_attempt_at, created_at)
    SELECT $1, id, '{EXPIRE_HOLD}', hold_id, 'PENDING', expires_at, $2
    FROM unnest($?::uuid[], $?::uuid[], $?::timestamptz[]) AS n (id, hold_id, expires_at)
"""
_MOVE_SQL = f"""
    UPDATE holds AS h SET status = n.status, version = n.version, updated_at = $2
    FROM {_rows("uuid text integer", "id, status, version")}
    WHERE h.customer_id = n.customer_id AND h.id = n.id
"""


def _add_holds(statement: _Statement, books: Books) -> None:
    if books.placed:
        _add_placed(statement, books.placed)
    if books.moved:
        statement.add(
            "moved",
            _MOVE_SQL,
            [hold.id for hold in books.moved],
            [hold.status.value for hold in books.moved],
            [hold.version for hold in books.moved],
        )


def _add_placed(statement: _Statement, placed: list[Hold]) -> None:
    statement.add(
        "placed",
        _PLACE_SQL,
        [hold.id for hold in placed],
        [str(hold.amount) for hold in placed],
        [hold.unit.asset for hold in placed],
        [hold.unit.scale for hold in placed],
        [hold.debit.account_id for hold in placed],
        [hold.credit.account_id for hold in placed],
        [hold.payment_id for hold in placed],
        [hold.expires_at for hold in placed],
        [hold.reference for hold in placed],
        _seldom([_json(hold.metadata) for hold in placed]),
    )
    expiring = [hold for hold in placed if hold.expires_at is not None]
    if expiring:
        statement.add(
            "promised",
            _PROMISE_SQL,
            [new_id() for _ in expiring],
            [hold.id for hold in expiring],
            [hold.expires_at for hold in expiring],
        )


# Each event is sent once and written twice. The numbers are drawn from the sequence in this order, with all rows
# locked: per account it is the order of the entries.
_TOLD_SQL = """
    SELECT * FROM unnest($?::uuid[], $?::text[], $?::text[], $?::uuid[], $?::uuid[], $?::uuid[], $?::integer[],
                         $?::text[], $?::text[], $?::text[], $?::text[], $?::uuid[], $?::uuid[])
         WITH ORDINALITY AS n (id, type, resource_type, resource_id, holder_id, other_holder_id, version, body, via,
                               actor, request_id, debit_id, credit_id, place)
"""
_RECORD_SQL = """
    INSERT INTO events (customer_id, id, type, resource_type, resource_id, holder_id, other_holder_id,
                        resource_version, body, via, actor, request_id, occurred_at)
    SELECT $1, id, type, resource_type, resource_id, holder_id, other_holder_id, version, body, via, actor, request_id,
           $2
    FROM told
"""
_QUEUE_SQL = """
    INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, holder_id, other_holder_id,
                                   debit_id, credit_id, occurred_at)
    SELECT $1, id, type, resource_type, resource_id, holder_id, other_holder_id, debit_id, credit_id, $2
    FROM told ORDER BY place
"""


def _add_events(statement: _Statement, events: Sequence[NewEvent]) -> None:
    statement.add(
        "told",
        _TOLD_SQL,
        [one.id for one in events],
        [one.type for one in events],
        [one.resource_type for one in events],
        [one.resource_id for one in events],
        _seldom([one.debit.holder_id for one in events]),
        _seldom([one.credit.holder_id for one in events]),
        [one.version for one in events],
        [one.body for one in events],
        [one.actor.via for one in events],
        [one.actor.name for one in events],
        _seldom([one.actor.request_id for one in events]),
        [one.debit.account_id for one in events],
        [one.credit.account_id for one in events],
    )
    statement.add("recorded", _RECORD_SQL)
    statement.add("queued", _QUEUE_SQL)


def _seldom(column: list[Any]) -> list[Any]:
    """Nothing, where all of it is None: `unnest` fills short columns with NULL, and each value sent costs."""
    return [] if column.count(None) == len(column) else column


def _json(metadata: dict[str, Any]) -> str | None:
    return orjson.dumps(metadata).decode() if metadata else None
