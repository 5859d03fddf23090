"""The beginning of a batch: its keys, its locks, its time; and plans that stay good without statistics."""

import asyncio

import pytest

from app.db.connection import close_database, fetchval, open_database, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.carry_out_batch import carry_out_batch
from app.journal.reserve_and_lock import read_known_objects, reserve_and_lock
from app.journal.status import HoldStatus
from app.kernel.actor import worker_actor
from tests.bookkeeping import open_account
from tests.journal.orders import (
    capture,
    carry_out,
    expire,
    locked,
    made,
    place,
    post,
    release,
    reverse,
    until_waiting,
)

pytestmark = pytest.mark.postgres15

FEW = 20
"""How many of each kind the batches name whose reading is counted."""
ACCOUNTS = 3_000
ROWS = 6_000


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def payer(actor):
    return await open_account(actor.customer_id, balance=1_000)


@pytest.fixture
async def payee(actor):
    return await open_account(actor.customer_id)


async def begin(actor, *orders):
    async with transaction() as tx:
        return await reserve_and_lock(tx, actor.customer_id, orders)


async def test_reserves_each_key_for_the_first_that_has_it(actor, payer, payee):
    await carry_out(actor, post(actor, payer, payee, 1, "known"))
    first, second = post(actor, payer, payee, 1, "key-1"), post(actor, payer, payee, 2, "key-1")
    known = post(actor, payer, payee, 1, "known")

    began = await begin(actor, first, second, known, post(actor, payer, payee))

    assert began.reserved == {("postTransfer", "key-1"): first}
    assert list(began.known) == [("postTransfer", "known")]
    assert began.known["postTransfer", "known"].content_hash == known.key.command_hash
    assert await fetchval("SELECT resource_id FROM idempotency_keys WHERE key = 'key-1'") == first.resource_id


async def test_reserves_keys_though_nothing_they_name_is_there(actor):
    began = await begin(actor, post(actor, new_id(), new_id(), 1, "key-1"), release(actor, new_id(), "key-2"))

    assert set(began.reserved) == {("postTransfer", "key-1"), ("releaseHold", "key-2")}
    assert (began.books.accounts, began.books.holds, began.known) == ({}, {}, {})
    before, now = began.books.now, await fetchval("SELECT clock_timestamp()")
    assert before < now


async def test_brings_all_that_is_named(actor, payer, payee):
    posted, held = (
        made(outcome) for outcome in await carry_out(actor, post(actor, payer, payee, 5), place(actor, payer, payee, 7))
    )
    third = await open_account(actor.customer_id)

    began = await begin(actor, reverse(actor, posted.id), expire(actor, held.id), post(actor, third, new_id()))

    assert set(began.books.accounts) == {payer, payee, third}
    assert began.books.holds == {held.id: held}
    assert began.books.transfers == {posted.id: posted}
    assert (began.books.accounts[payer].held, began.books.accounts[payer].balance) == (7, 995)


async def test_locks_what_it_brings_until_the_end(actor, payer, payee):
    posted, held = (
        made(outcome) for outcome in await carry_out(actor, post(actor, payer, payee, 5), place(actor, payer, payee, 7))
    )
    free = await open_account(actor.customer_id)
    async with transaction() as tx:
        await reserve_and_lock(tx, actor.customer_id, [release(actor, held.id), reverse(actor, posted.id)])
        for table, row_id, is_locked in (
            ("posting_accounts", payer, True),
            ("posting_accounts", payee, True),
            ("posting_accounts", free, False),
            ("holds", held.id, True),
            ("transfers", posted.id, True),
        ):
            sql = f"SELECT count(*) FROM (SELECT FROM {table} WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED) AS free"
            assert await fetchval(sql, row_id) == (0 if is_locked else 1), table


async def test_does_not_wait_for_rows_that_merely_refer_to_its_accounts(actor, payer, payee):
    """Another transaction's foreign keys lock the account's key only."""
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM posting_accounts WHERE id = $1 FOR KEY SHARE", payer)
        made((await carry_out(actor, post(actor, payer, payee)))[0])  # Else the lock time-out would end it.


async def test_sees_what_another_process_did_while_it_waited(actor, payer, payee):
    """A hold that was captured, with its transfer; totals; and a reversal."""
    posted, held = (
        made(outcome)
        for outcome in await carry_out(
            actor, post(actor, payer, payee, 5, "key-1"), place(actor, payer, payee, 7, "key-1")
        )
    )
    other = await open_account(actor.customer_id, balance=10)
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(carry_out(actor, capture(actor, held.id), reverse(actor, posted.id)))
        await until_waiting(1)
        second = asyncio.create_task(
            carry_out(
                actor,
                release(actor, held.id),
                reverse(actor, posted.id),
                place(actor, payer, payee, 7, "key-1"),
                post(actor, payer, payee, 5, "key-1"),
                post(actor, other, payer, 1),
            )
        )
        await until_waiting(2)
    captured, reversal = (made(outcome) for outcome in await first)
    late, reversed_before, replayed_hold, replayed_transfer, posted_after = await second

    assert (late.status, reversed_before.existing_id) == ("CAPTURED", str(reversal.id))
    assert (replayed_hold.replayed, replayed_hold.object) == (True, captured)
    assert replayed_hold.object.transfer_id is not None
    assert replayed_transfer.object.reversed_by_id == reversal.id
    assert made(posted_after).credit_balance_after == 1_000 - 7 + 1


async def test_keeps_time_as_it_keeps_sequence_with_processes_side_by_side(actor):
    accounts = [await open_account(actor.customer_id, balance=10_000) for _ in range(3)]

    async def process(number):
        for turn in range(20):
            pair = accounts[(number + turn) % 3], accounts[(number + turn + 1) % 3]
            await carry_out(actor, post(actor, *pair), post(actor, *reversed(pair)))

    await asyncio.gather(*(process(number) for number in range(6)))

    backwards = await fetchval(
        """
        SELECT count(*) FROM (
            SELECT posted_at < lag(posted_at) OVER (PARTITION BY account_id ORDER BY sequence) AS is_earlier
            FROM transfers CROSS JOIN LATERAL
                (VALUES (debit_id, debit_sequence), (credit_id, credit_sequence)) AS side (account_id, sequence)
        ) AS entries WHERE is_earlier
        """
    )
    assert backwards == 0


async def test_reads_known_objects_as_they_are(actor, payer, payee):
    posted, held = (
        made(outcome) for outcome in await carry_out(actor, post(actor, payer, payee, 5), place(actor, payer, payee, 7))
    )
    (outcome,) = await carry_out(actor, release(actor, held.id))
    async with transaction() as tx:
        found = await read_known_objects(
            tx, actor.customer_id, hold_ids=[held.id, new_id()], transfer_ids=[posted.id, new_id()]
        )
        assert found == {posted.id: posted, held.id: made(outcome)}
        assert found[held.id].status is HoldStatus.RELEASED
        assert await read_known_objects(tx, new_id(), hold_ids=[held.id], transfer_ids=[posted.id]) == {}


# Plans: a new installation has no statistics yet, whatever it holds, and its connections planned while it was empty.


@pytest.fixture
async def unanalyzed(fresh_migrated_url):
    """A customer without anything, in tables that are never analyzed; and one connection, which keeps its plans."""
    await open_database(fresh_migrated_url, pool_size=1, application_name="quaestor-tests")
    for table in ("posting_accounts", "holds", "transfers", "idempotency_keys"):
        await pool().execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    customer_id = new_id()
    await pool().execute("INSERT INTO customers VALUES ($1, 'Example Ltd', now())", customer_id)
    await pool().execute("INSERT INTO feeds (customer_id) VALUES ($1)", customer_id)
    yield worker_actor(customer_id)
    await close_database()


async def open_many(actor, count):
    rows = await pool().fetch(
        """
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative)
        SELECT $1, gen_random_uuid(), 'BANK', 'GBP', 2, 'CREDIT', true, true FROM generate_series(1, $2::integer)
        RETURNING id
        """,
        actor.customer_id,
        count,
    )
    return [row["id"] for row in rows]


async def fill(actor, ids, count, name):
    """So many transfers and as many holds."""
    transfers, holds = [], []
    for start in range(0, count, 500):
        numbers = range(start, min(start + 500, count))
        pairs = [(ids[n % len(ids)], ids[(n * 7 + 1) % len(ids)]) for n in numbers]
        orders = [post(actor, *pair, 1, f"{name}-{n}") for n, pair in zip(numbers, pairs, strict=True)]
        orders += [place(actor, *pair, 1, f"{name}-{n}") for n, pair in zip(numbers, pairs, strict=True)]
        objects = [made(outcome) for outcome in await carry_out(actor, *orders)]
        transfers += objects[: len(numbers)]
        holds += objects[len(numbers) :]
    return transfers, holds


def some_of_everything(actor, ids, transfers, holds, count, name):
    """Orders of all kinds, of which every statement of a batch has some rows."""
    again = transfers[-1]
    return [
        *(capture(actor, hold.id, key=f"{name}-{hold.id}") for hold in holds[:count]),
        *(release(actor, hold.id, f"{name}-{hold.id}") for hold in holds[count : 2 * count]),
        *(reverse(actor, one.id, f"{name}-{one.id}") for one in transfers[:count]),
        *(post(actor, ids[n], ids[n + count], 1, f"{name}-new-{n}") for n in range(count)),
        *(place(actor, ids[n], ids[n + count], 1, f"{name}-new-{n}") for n in range(count)),
        *(post(actor, new_id(), ids[n], 1, f"{name}-lost-{n}") for n in range(count)),
        post(actor, new_id(), ids[0], 1, f"{name}-anew"),
        post(actor, ids[0], ids[1], 1, f"{name}-anew"),
        post(actor, again.debit.account_id, again.credit.account_id, 1, f"{name}-{len(transfers) - 1}"),
    ]


ROWS_READ = "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables"


async def rows_read(actor, orders, *, by_key):
    """How many rows of tables a batch reads, those that it drops again counted too."""
    async with transaction(by_key=by_key) as tx:
        before = await tx.fetchval(ROWS_READ)
        await carry_out_batch(tx, actor.customer_id, orders)
        return await tx.fetchval(ROWS_READ) - before


@pytest.mark.thorough
@pytest.mark.parametrize("by_key", [True, False])
async def test_reads_little_more_than_what_is_named_whatever_the_tables_hold(unanalyzed, by_key):
    actor = unanalyzed
    few_ids = await open_many(actor, 4)
    few_transfers, few_holds = await fill(actor, few_ids, 4, "few")
    await rows_read(actor, some_of_everything(actor, few_ids, few_transfers, few_holds, 1, "few"), by_key=by_key)
    ids = await open_many(actor, ACCOUNTS)
    transfers, holds = await fill(actor, ids, ROWS, "many")
    orders = some_of_everything(actor, ids, transfers, holds, FEW, "many")

    count = await rows_read(actor, orders, by_key=by_key)

    # Each is looked up for locking, reading, writing and by foreign keys. Once through a small table is no harm.
    assert count <= 25 * len(orders) + (0 if by_key else 2 * ROWS)
