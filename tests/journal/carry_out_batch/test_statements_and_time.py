"""How many statements a batch takes, and when and in which order its entries are posted."""

import asyncio

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.transaction import transaction
from app.journal.carry_out_batch import carry_out_batch
from app.journal.reserve_and_lock import MICROSECOND
from tests.bookkeeping import open_account
from tests.journal.orders import (
    assert_books_balance,
    capture,
    carry_out,
    locked,
    made,
    place,
    post,
    release,
    reverse,
    until_waiting,
)

pytestmark = pytest.mark.postgres15


async def statements_of(actor, *instructions):
    """The statements that a batch sends between BEGIN and COMMIT, without what asyncpg asks once per connection."""
    sent = []
    async with transaction() as tx:
        with tx.connection.query_logger(lambda record: sent.append(record.query)):
            await carry_out_batch(tx, actor.customer_id, instructions)
    return [
        statement for statement in sent if "current_setting('jit')" not in statement and "typeinfo" not in statement
    ]


async def test_sends_the_same_number_of_statements_whatever_the_size(actor):
    accounts = [await open_account(actor.customer_id, balance=1_000_000) for _ in range(6)]

    def pairs(count):
        return [(accounts[number % 6], accounts[(number + 1) % 6]) for number in range(count)]

    assert len(await statements_of(actor, *(post(actor, *pair) for pair in pairs(1)))) == 2
    assert len(await statements_of(actor, *(post(actor, *pair) for pair in pairs(1_000)))) == 2
    keyed = [post(actor, *pair, 1, f"key-{number}") for number, pair in enumerate(pairs(1_000))]
    assert len(await statements_of(actor, *keyed)) == 2
    more = [post(actor, *pair, 1, f"key-{number}") for number, pair in enumerate(pairs(1_000), 500)]
    assert len(await statements_of(actor, *more)) == 4


async def test_sends_the_same_number_of_statements_for_any_number_of_holds_and_reversals(actor, payer, payee):
    counts = []
    for size in (1, 100):
        outcomes = await carry_out(
            actor,
            *(place(actor, payer, payee) for _ in range(2 * size)),
            *(post(actor, payer, payee) for _ in range(size)),
        )
        ids = [made(outcome).id for outcome in outcomes]
        sent = await statements_of(
            actor,
            *(capture(actor, hold_id, key=f"capture-{hold_id}") for hold_id in ids[:size]),
            *(release(actor, hold_id) for hold_id in ids[size : 2 * size]),
            *(reverse(actor, transfer_id, f"reverse-{transfer_id}") for transfer_id in ids[2 * size :]),
            post(actor, payer, payee),
            place(actor, payer, payee),
        )
        counts.append(len(sent))
    assert counts == [6, 6]
    await assert_books_balance()


async def test_tells_of_entries_in_the_order_of_their_sequence(actor):
    accounts = [await open_account(actor.customer_id, balance=10_000) for _ in range(4)]
    orders = [post(actor, accounts[n % 4], accounts[(n + 1 + n % 3) % 4], 1 + n % 7, f"k{n}") for n in range(700)]

    await asyncio.gather(*(carry_out(actor, *orders[start : start + 100]) for start in range(0, 700, 100)))

    told = await fetch(
        """
        SELECT transfer.* FROM unnumbered_events AS event JOIN transfers AS transfer ON transfer.id = event.resource_id
        ORDER BY event.insertion
        """
    )
    assert len(told) == 700 + 4
    for account_id in accounts:
        sequences = [
            row["debit_sequence"] if row["debit_id"] == account_id else row["credit_sequence"]
            for row in told
            if account_id in (row["debit_id"], row["credit_id"])
        ]
        assert sequences == list(range(1, len(sequences) + 1))
    await assert_books_balance()


async def test_always_posts_later_than_an_account_s_last_entry(actor, payer, payee):
    """As if the database's clock had gone back since."""
    await pool().execute("UPDATE posting_accounts SET last_posted_at = now() + interval '1 hour' WHERE id = $1", payee)
    future = await fetchval("SELECT last_posted_at FROM posting_accounts WHERE id = $1", payee)
    other = await open_account(actor.customer_id, balance=10)

    first = made((await carry_out(actor, post(actor, payer, payee)))[0])
    second = made((await carry_out(actor, post(actor, other, payer)))[0])

    later, latest = future + MICROSECOND, future + 2 * MICROSECOND
    assert (first.posted_at, second.posted_at) == (later, latest)
    last = await fetch("SELECT last_posted_at FROM posting_accounts WHERE id = ANY($1)", [payer, payee, other])
    assert sorted(row["last_posted_at"] for row in last) == [later, latest, latest]
    for transfer in (first, second):
        told = await fetchval("SELECT occurred_at FROM events WHERE resource_id = $1", transfer.id)
        assert told == transfer.posted_at


async def test_is_stamped_after_it_waited_for_its_locks(actor, payer, payee):
    async with locked(actor.customer_id, payer) as connection:
        waiting = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 1, "key-1")))
        await until_waiting()
        released_at = await connection.fetchval("SELECT clock_timestamp()")
    assert made((await waiting)[0]).posted_at > released_at
