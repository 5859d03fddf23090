"""End a batch: everything it decided, in one statement, however much it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.notifications import EVENTS_TOPIC, WORK_TOPIC, feed_topic
from app.db.transaction import Transaction
from app.journal.books import Books
from app.journal.events import NewEvent
from app.journal.records import Hold, Transfer
from app.kernel.identifiers import new_id

EXPIRE_HOLD = "expire_hold"
"""The kind of work promised with a hold that expires."""


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
        statement.add(
            "DELETE FROM idempotency_keys AS k USING unnest({}::text[], {}::text[]) AS n (operation, key)"
            " WHERE k.customer_id = $1 AND k.operation = n.operation AND k.key = n.key",
            *map(list, zip(*refused_keys, strict=True)),
        )
    if rebound_keys:
        statement.add(
            "UPDATE idempotency_keys AS k SET command_hash = n.command_hash, resource_id = n.resource_id"
            " FROM unnest({}::text[], {}::text[], {}::bytea[], {}::uuid[])"
            " AS n (operation, key, command_hash, resource_id)"
            " WHERE k.customer_id = $1 AND k.operation = n.operation AND k.key = n.key",
            *map(list, zip(*rebound_keys, strict=True)),
        )
    await statement.run(tx)
    topics = [EVENTS_TOPIC, feed_topic(customer_id)]
    if any(hold.expires_at is not None for hold in books.placed):
        topics.append(WORK_TOPIC)
    tx.wake(topics)


class _Statement:
    """One statement of many parts: `$1` is the customer, `$2` the time, and each `{}` of a part an argument of it."""

    def __init__(self, customer_id: UUID, now: datetime) -> None:
        self._parts: list[str] = []
        self._arguments: list[Any] = [customer_id, now]

    def add(self, sql: str, *arguments: Any) -> None:
        first = len(self._arguments) + 1
        self._arguments += arguments
        self._parts.append(sql.format(*(f"${first + index}" for index in range(len(arguments)))))

    async def run(self, tx: Transaction) -> None:
        named = ", ".join(f"part_{number} AS ({sql})" for number, sql in enumerate(self._parts))
        await tx.execute(f"WITH {named} SELECT $1::uuid, $2::timestamptz", *self._arguments)


def _add_transfers(statement: _Statement, transfers: list[Transfer]) -> None:
    if not transfers:
        return
    statement.add(
        "INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,"
        " debit_balance_after, credit_id, credit_sequence, credit_balance_after, hold_id, payment_id, reverses_id,"
        " reference, metadata, posted_at)"
        " SELECT $1, id, kind, amount::numeric, asset, scale, debit_id, debit_sequence, debit_balance::numeric,"
        " credit_id, credit_sequence, credit_balance::numeric, hold_id, payment_id, reverses_id, reference,"
        " metadata::jsonb, $2"
        " FROM unnest({}::uuid[], {}::text[], {}::text[], {}::text[], {}::smallint[], {}::uuid[], {}::bigint[],"
        " {}::text[], {}::uuid[], {}::bigint[], {}::text[], {}::uuid[], {}::uuid[], {}::uuid[], {}::text[], {}::text[])"
        " AS n (id, kind, amount, asset, scale, debit_id, debit_sequence, debit_balance, credit_id, credit_sequence,"
        " credit_balance, hold_id, payment_id, reverses_id, reference, metadata)",
        [one.id for one in transfers],
        [one.kind.value for one in transfers],
        [str(one.amount) for one in transfers],
        [one.unit.asset for one in transfers],
        [one.unit.scale for one in transfers],
        [one.debit.account_id for one in transfers],
        [one.debit_sequence for one in transfers],
        [str(one.debit_balance_after) for one in transfers],
        [one.credit.account_id for one in transfers],
        [one.credit_sequence for one in transfers],
        [str(one.credit_balance_after) for one in transfers],
        [one.hold_id for one in transfers],
        [one.payment_id for one in transfers],
        [one.reverses_id for one in transfers],
        [one.reference for one in transfers],
        [_json(one.metadata) for one in transfers],
    )


def _add_totals(statement: _Statement, books: Books) -> None:
    changed = [account for account in books.accounts.values() if account.is_changed]
    if not changed:
        return
    statement.add(
        "UPDATE posting_accounts AS a SET debits = n.debits::numeric, credits = n.credits::numeric,"
        " held = n.held::numeric, sequence = n.sequence, last_posted_at = n.last_posted_at"
        " FROM unnest({}::uuid[], {}::text[], {}::text[], {}::text[], {}::bigint[], {}::timestamptz[])"
        " AS n (id, debits, credits, held, sequence, last_posted_at)"
        " WHERE a.customer_id = $1 AND a.id = n.id",
        [account.side.account_id for account in changed],
        [str(account.debits) for account in changed],
        [str(account.credits) for account in changed],
        [str(account.held) for account in changed],
        [account.sequence for account in changed],
        [account.last_posted_at for account in changed],
    )


def _add_holds(statement: _Statement, books: Books) -> None:
    if books.placed:
        _add_placed(statement, books.placed)
    if books.moved:
        statement.add(
            "UPDATE holds AS h SET status = n.status, version = n.version, updated_at = $2"
            " FROM unnest({}::uuid[], {}::text[], {}::integer[]) AS n (id, status, version)"
            " WHERE h.customer_id = $1 AND h.id = n.id",
            [hold.id for hold in books.moved],
            [hold.status.value for hold in books.moved],
            [hold.version for hold in books.moved],
        )


def _add_placed(statement: _Statement, placed: list[Hold]) -> None:
    statement.add(
        "INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id,"
        " payment_id, expires_at, reference, metadata, created_at, updated_at)"
        " SELECT $1, id, 'PLACED', amount::numeric, asset, scale, debit_id, credit_id, payment_id, expires_at,"
        " reference, metadata::jsonb, $2, $2"
        " FROM unnest({}::uuid[], {}::text[], {}::text[], {}::smallint[], {}::uuid[], {}::uuid[], {}::uuid[],"
        " {}::timestamptz[], {}::text[], {}::text[])"
        " AS n (id, amount, asset, scale, debit_id, credit_id, payment_id, expires_at, reference, metadata)",
        [hold.id for hold in placed],
        [str(hold.amount) for hold in placed],
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
        statement.add(
            "INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, next_attempt_at, created_at)"
            f" SELECT $1, id, '{EXPIRE_HOLD}', hold_id, 'PENDING', expires_at, $2"
            " FROM unnest({}::uuid[], {}::uuid[], {}::timestamptz[]) AS n (id, hold_id, expires_at)",
            [new_id() for _ in expiring],
            [hold.id for hold in expiring],
            [hold.expires_at for hold in expiring],
        )


def _add_events(statement: _Statement, events: Sequence[NewEvent]) -> None:
    if not events:
        return
    arguments = (
        [one.id for one in events],
        [one.type for one in events],
        [one.resource_type for one in events],
        [one.resource_id for one in events],
        [one.debit.holder_id for one in events],
        [one.credit.holder_id for one in events],
    )
    statement.add(
        "INSERT INTO events (customer_id, id, type, resource_type, resource_id, holder_id, other_holder_id,"
        " resource_version, body, via, actor, request_id, occurred_at)"
        " SELECT $1, id, type, resource_type, resource_id, holder_id, other_holder_id, version, body, via, actor,"
        " request_id, $2"
        " FROM unnest({}::uuid[], {}::text[], {}::text[], {}::uuid[], {}::uuid[], {}::uuid[], {}::integer[],"
        " {}::text[], {}::text[], {}::text[], {}::text[])"
        " AS n (id, type, resource_type, resource_id, holder_id, other_holder_id, version, body, via, actor,"
        " request_id)",
        *arguments,
        [one.version for one in events],
        [one.body for one in events],
        [one.actor.via.value for one in events],
        [one.actor.name for one in events],
        [one.actor.request_id for one in events],
    )
    # Drawn from the sequence in this order, with all rows locked: per account it is the order of the entries.
    statement.add(
        "INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, holder_id,"
        " other_holder_id, debit_id, credit_id, occurred_at)"
        " SELECT $1, id, type, resource_type, resource_id, holder_id, other_holder_id, debit_id, credit_id, $2"
        " FROM unnest({}::uuid[], {}::text[], {}::text[], {}::uuid[], {}::uuid[], {}::uuid[], {}::uuid[], {}::uuid[])"
        " WITH ORDINALITY AS n (id, type, resource_type, resource_id, holder_id, other_holder_id, debit_id, credit_id,"
        " place) ORDER BY place",
        *arguments,
        [one.debit.account_id for one in events],
        [one.credit.account_id for one in events],
    )


def _json(metadata: dict[str, Any]) -> str:
    return orjson.dumps(metadata).decode() if metadata else "{}"
