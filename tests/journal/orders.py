"""Instructions as verbs make them, without the verbs; and what the tests of the journal's core look at."""

import asyncio
import contextlib

from app.db.connection import by_key_pool, fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.idempotency.key import make_key
from app.journal.amounts import Amount
from app.journal.carry_out_batch import Done, NothingDone, carry_out_batch
from app.journal.instructions import Adjust, Capture, Expire, Place, Post, Release, Reverse, capture_content
from tests.bookkeeping import every_row

PATH = ()


def pounds(minor_units):
    """So many pennies."""
    return Amount(minor_units, 2, "GBP")


def post(actor, debit_id, credit_id, minor_units=1, key=None, *, kind=Post, amount=None, content=None, **more):
    """A transfer (or hold) of so many pennies; a `key` is bound to its content, or to `content`."""
    amount = amount or pounds(minor_units)
    content = content or (str(debit_id), str(credit_id), amount.canonical(), more.get("reference"))
    operation = "postTransfer" if kind is Post else "placeHold"
    return kind(
        actor=actor,
        resource_id=new_id(),
        key=None if key is None else make_key(operation, key, content, PATH),
        debit_id=debit_id,
        credit_id=credit_id,
        amount=amount,
        **more,
    )


def place(actor, debit_id, credit_id, minor_units=1, key=None, **more):
    """A hold of so many pennies."""
    return post(actor, debit_id, credit_id, minor_units, key, kind=Place, **more)


def capture(actor, hold_id, minor_units=None, key=None, **more):
    """The capture of a hold, or of so many pennies of it."""
    amount = None if minor_units is None else pounds(minor_units)
    content = capture_content(hold_id, amount, final=more.get("final", True))
    bound = None if key is None else make_key("captureHold", key, content, PATH)
    return Capture(actor=actor, resource_id=new_id(), key=bound, hold_id=hold_id, amount=amount, **more)


def release(actor, hold_id, key=None, minor_units=None, **more):
    """The release of a hold, or of so many pennies of it."""
    amount = None if minor_units is None else pounds(minor_units)
    content = (str(hold_id),) if amount is None else (str(hold_id), amount.canonical())
    bound = None if key is None else make_key("releaseHold", key, content, PATH)
    return Release(actor=actor, resource_id=new_id(), key=bound, hold_id=hold_id, amount=amount, **more)


def adjust(actor, hold_id, minor_units, key=None):
    """The adjustment of a hold to so many pennies."""
    amount = pounds(minor_units)
    bound = None if key is None else make_key("adjustHold", key, (str(hold_id), amount.canonical()), PATH)
    return Adjust(actor=actor, resource_id=new_id(), key=bound, hold_id=hold_id, amount=amount)


def expire(actor, hold_id):
    """The expiry of a hold."""
    return Expire(actor=actor, resource_id=new_id(), key=None, hold_id=hold_id)


def reverse(actor, transfer_id, key=None, reason=None, minor_units=None):
    """The reversal of a transfer, or of so many pennies of it."""
    amount = None if minor_units is None else pounds(minor_units)
    content = (str(transfer_id), reason, *(() if amount is None else (amount.canonical(),)))
    bound = None if key is None else make_key("reverseTransfer", key, content, PATH)
    return Reverse(actor=actor, resource_id=new_id(), key=bound, transfer_id=transfer_id, reason=reason, amount=amount)


@contextlib.asynccontextmanager
async def locked(customer_id, *account_ids):
    """Nobody posts to these accounts during the block."""
    async with pool().acquire() as connection, connection.transaction():
        for account_id in account_ids:
            await connection.execute(
                "SELECT FROM posting_accounts WHERE customer_id = $1 AND id = $2 FOR UPDATE", customer_id, account_id
            )
        yield connection


@contextlib.asynccontextmanager
async def key_in_use(customer_id, key, operation="postTransfer", *, waiting_max="30s"):
    """Another process has reserved this key during the block, and gives it back. Statements by memory wait so long."""
    for one in [await by_key_pool().acquire() for _ in range(by_key_pool().get_max_size())]:
        await one.execute(f"SET lock_timeout = '{waiting_max}'")
        await by_key_pool().release(one)
    async with pool().acquire() as connection:
        reserving = connection.transaction()
        await reserving.start()
        await connection.execute(
            "INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)"
            " VALUES ($1, $2, $3, sha256(''), $1, now())",
            customer_id,
            operation,
            key,
        )
        yield connection
        await reserving.rollback()


async def until_waiting(count=1):
    """Wait until so many transactions wait for locks; answers the ids of their backends."""
    while True:
        rows = await fetch(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        if len(rows) >= count:
            return [row["pid"] for row in rows]
        await asyncio.sleep(0.005)


async def transaction_count():
    """How many transactions have written the transfers that there are."""
    return await fetchval("SELECT count(DISTINCT xmin::text) FROM transfers")


async def transfer_count(customer_id):
    """How many transfers a customer has."""
    return await fetchval("SELECT count(*) FROM transfers WHERE customer_id = $1", customer_id)


async def assert_connections_are_back():
    """Every connection of the pool is idle, usable, and in no transaction."""
    size = pool().get_max_size()
    async with asyncio.timeout(60):
        held = [await pool().acquire() for _ in range(size)]
    for connection in held:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT 1") == 1
        await pool().release(connection)


async def rows_changed(before):
    """How many rows each table has gained, lost or had written again since `before`."""
    after = await every_row()
    return {
        table: (len(set(rows) - set(before[table])), len(set(before[table]) - set(rows)))
        for table, rows in after.items()
        if rows != before[table]
    }


UNITS_OUT_OF_BALANCE = """
    SELECT asset, scale, book FROM posting_accounts GROUP BY 1, 2, 3 HAVING sum(debits) <> sum(credits)
"""
ENTRIES = """
    WITH entries AS (
        SELECT customer_id, debit_id AS account_id, debit_sequence AS sequence, debit_balance_after AS balance_after,
               amount_minor_units AS debit, 0 AS credit, posted_at, asset, scale
        FROM transfers
        UNION ALL
        SELECT customer_id, credit_id, credit_sequence, credit_balance_after, 0, amount_minor_units, posted_at, asset,
               scale
        FROM transfers
    ), running AS (
        SELECT entries.*, CASE normal_side WHEN 'DEBIT' THEN 1 ELSE -1 END
                   * sum(debit - credit) OVER (PARTITION BY entries.customer_id, account_id ORDER BY entries.sequence)
                   AS balance,
               row_number() OVER (PARTITION BY entries.customer_id, account_id ORDER BY entries.sequence) AS place,
               lag(posted_at) OVER (PARTITION BY entries.customer_id, account_id ORDER BY entries.sequence) AS before,
               account.asset = entries.asset AND account.scale = entries.scale AS is_of_the_unit
        FROM entries JOIN posting_accounts AS account
            ON account.customer_id = entries.customer_id AND account.id = account_id
    )
"""
WRONG_ENTRIES = f"""
    {ENTRIES} SELECT * FROM running
    WHERE balance <> balance_after OR place <> sequence OR posted_at < before OR NOT is_of_the_unit
"""
WRONG_ACCOUNTS = f"""
    {ENTRIES}, sums AS (
        SELECT customer_id, account_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS count,
               max(posted_at) AS posted_at
        FROM entries GROUP BY 1, 2
    ), holding AS (
        SELECT hold.customer_id, side.account_id, sum(amount_minor_units) AS held
        FROM holds AS hold CROSS JOIN LATERAL (VALUES (debit_id, 'CREDIT'), (credit_id, 'DEBIT'))
            AS side (account_id, lowered)
        JOIN posting_accounts AS account ON account.customer_id = hold.customer_id AND account.id = side.account_id
        WHERE status = 'PLACED' AND account.normal_side = side.lowered
        GROUP BY 1, 2
    )
    SELECT account.* FROM posting_accounts AS account
    LEFT JOIN sums ON sums.customer_id = account.customer_id AND sums.account_id = account.id
    LEFT JOIN holding ON holding.customer_id = account.customer_id AND holding.account_id = account.id
    WHERE account.debits <> coalesce(sums.debits, 0) OR account.credits <> coalesce(sums.credits, 0)
        OR sequence <> coalesce(count, 0) OR last_posted_at IS DISTINCT FROM posted_at
        OR account.held <> coalesce(holding.held, 0)
        OR (NOT allow_negative AND account.held >
            CASE normal_side WHEN 'DEBIT' THEN 1 ELSE -1 END * (account.debits - account.credits)
                + coalesce(overdraft_limit, 0) + coalesce(forced_below, 0))
        OR frozen_debits <> account.debits OR frozen_credits <> account.credits
"""
WRONG_HOLDS = """
    SELECT hold.*, captures.* FROM holds AS hold LEFT JOIN (
        SELECT customer_id, hold_id, sum(amount_minor_units) AS captured, min(debit_id::text) AS least_debit_id,
               max(debit_id::text) AS debit_id, min(credit_id::text) AS least_credit_id,
               max(credit_id::text) AS credit_id, count(*) AS count
        FROM transfers WHERE hold_id IS NOT NULL GROUP BY 1, 2
    ) AS captures ON captures.customer_id = hold.customer_id AND captures.hold_id = hold.id
    WHERE coalesce(hold.captured_minor_units, 0) <> coalesce(captures.captured, 0)
        OR CASE hold.status
            WHEN 'PLACED' THEN amount_minor_units = 0
            ELSE amount_minor_units <> captured_minor_units + released_minor_units
                OR (hold.status = 'CAPTURED') <> (captured_minor_units > 0)
           END
        OR captures.debit_id <> hold.debit_id::text OR captures.least_debit_id <> hold.debit_id::text
        OR captures.credit_id <> hold.credit_id::text OR captures.least_credit_id <> hold.credit_id::text
        OR hold.version <= captures.count OR (hold.version > 1) <> (captured_minor_units IS NOT NULL)
"""
WRONG_REVERSALS = """
    SELECT reversal.* FROM transfers AS reversal
    JOIN transfers AS original ON original.customer_id = reversal.customer_id AND original.id = reversal.reverses_id
    WHERE (original.debit_id, original.credit_id) IS DISTINCT FROM (reversal.credit_id, reversal.debit_id)
        OR original.kind IN ('REVERSAL', 'PAYMENT_IN', 'PAYMENT_OUT')
        OR original.amount_minor_units < (
            SELECT sum(amount_minor_units) FROM transfers AS part
            WHERE part.customer_id = original.customer_id AND part.reverses_id = original.id
        )
"""
WRONG_EVENTS = """
    SELECT transfer.id, count(event.id) FROM transfers AS transfer
    LEFT JOIN events AS event ON event.customer_id = transfer.customer_id AND event.resource_id = transfer.id
        AND event.type = 'transfer.posted'
    GROUP BY 1 HAVING count(event.id) <> 1
    UNION ALL
    SELECT hold.id, count(event.id) FROM holds AS hold
    LEFT JOIN events AS event ON event.customer_id = hold.customer_id AND event.resource_id = hold.id
        AND event.resource_type = 'hold'
    GROUP BY 1, hold.version HAVING count(event.id) <> hold.version
"""


async def assert_books_balance():
    """Everything that must hold between accounts, transfers, holds and events, whoever's they are."""
    for name, sql in {
        "units out of balance": UNITS_OUT_OF_BALANCE,
        "wrong entries": WRONG_ENTRIES,
        "wrong accounts": WRONG_ACCOUNTS,
        "wrong holds": WRONG_HOLDS,
        "wrong reversals": WRONG_REVERSALS,
        "wrong events": WRONG_EVENTS,
    }.items():
        wrong = await fetch(sql)
        assert wrong == [], name


async def carry_out(actor, *instructions, atomic=False):
    """Outcomes of these instructions in a transaction of their own, without the coalescer."""
    try:
        async with transaction() as tx:
            return await carry_out_batch(tx, actor.customer_id, instructions, atomic=atomic)
    except NothingDone as nothing:
        return nothing.outcomes


def made(outcome):
    """The transfer or hold that came out, which was not there before."""
    assert isinstance(outcome, Done), outcome
    assert not outcome.replayed
    return outcome.object


def kinds(outcomes):
    """What came out of each: `True` for new, `"replayed"`, or the refusal's class."""
    return [
        ("replayed" if outcome.replayed else True) if isinstance(outcome, Done) else type(outcome)
        for outcome in outcomes
    ]
