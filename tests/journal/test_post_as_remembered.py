"""Posting by memory: as few round trips as can be, the same rows as ever, and nothing remembered is trusted."""

import asyncio
import contextlib
from datetime import timedelta

import asyncpg
import orjson
import pytest

from app.db.connection import by_key_pool, fetch, fetchrow, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.carry_out_batch import Done
from app.journal.coalescer import Coalescer
from app.journal.compare_accounts import FIXED, TOTALS, changed_accounts
from app.journal.frozen import FreezeScope
from app.journal.memory import Memory, Way, Went
from app.journal.posting_accounts import (
    end_posting,
    lock_posting_account,
    set_frozen,
    set_holder,
    set_overdraft_limit_of,
)
from app.kernel.errors import InsufficientFunds, InvalidState, NotFound
from tests.bookkeeping import balance_of, open_account
from tests.journal.lost_commits import commits_that_hang, cut_connections_in_use, hanging_backend, set_standby
from tests.journal.orders import assert_books_balance, key_in_use, place, post, transfer_count, until_waiting
from tests.journal.till import Till, assert_empty, done
from tests.journal.written_rows import written_rows
from tests.told_events import told_events

BALANCE = 1_000


@pytest.fixture
def memory():
    return Memory(quiet_min=0)


@pytest.fixture
async def queue(database, memory):
    made = Coalescer(memory=memory)
    yield made
    await made.close()
    assert_empty(made)


@pytest.fixture
async def till(make_till, queue):
    made = await make_till(queue, balance=BALANCE)
    done(await made.submit(made.order(1, "first")))
    return made


@pytest.fixture
async def other(till, database):
    """Another process at the same accounts."""
    made = Coalescer()
    yield Till(till.actor, till.payer, till.payee, made)
    await made.close()


@contextlib.asynccontextmanager
async def statements():
    """What is sent to the database during the block, without what asyncpg asks once per connection."""
    sent = []

    def note(record):
        if "current_setting('jit')" not in record.query and "typeinfo" not in record.query:
            sent.append(record.query.split()[0])

    async with contextlib.AsyncExitStack() as stack:
        for one in (by_key_pool(), pool()):
            held = [await one.acquire() for _ in range(one.get_max_size())]
            for connection in held:
                stack.enter_context(connection.query_logger(note))
                await one.release(connection)
        yield sent


async def test_takes_two_round_trips_and_then_one(make_till, queue):
    till = await make_till(queue)
    async with statements() as sent:
        done(await till.submit(till.order(1, "key-1")))
        assert sent == ["SELECT", "WITH"]
        sent.clear()
        assert len(await till.submit(till.order(1, "key-2"), till.order(1, "key-3"), atomic=True)) == 2
        assert sent == ["WITH"]


async def test_writes_the_same_rows_as_a_batch_that_locks(make_till, database):
    written = []
    for memory in (Memory(remembered_max=0), Memory(quiet_min=0)):
        queue = Coalescer(memory=memory)
        till = await make_till(queue)
        for number in range(3):
            order = till.order(5 + number, f"key-{number}", reference='A \x01 \\u0001 "reference"', metadata={"a": [1]})
            back = post(till.actor, till.payee, till.payer, 2, f"back-{number}")
            outcomes = await till.submit(order, back)
            at = await fetchrow("SELECT posted_at FROM transfers WHERE id = $1", order.resource_id)
            assert {outcome.object.posted_at for outcome in outcomes} == {at["posted_at"]}
        written.append(await written_rows(till.customer_id))
        await queue.close()
    locks, goes_by_memory = written
    assert goes_by_memory == locks
    assert memory.counts == {Went.READ: 1, Went.REMEMBERED: 2}
    bodies = [orjson.loads(event["body"]) for event in await told_events("WHERE type = 'transfer.posted'")]
    assert all(body["timestamp"] == body["data"]["posted_at"] == body["data"]["effective_at"] for body in bodies)
    await assert_books_balance()


async def test_compares_every_column_of_the_table(database):
    rows = await fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'posting_accounts'")
    assert {row["column_name"] for row in rows} - {"customer_id", "id", "last_posted_at"} == {*TOTALS, *FIXED}


# What others do meanwhile


async def _freeze(till):
    async with transaction() as tx:
        await lock_posting_account(tx, till.customer_id, till.payer)
        await set_frozen(tx, till.customer_id, till.payer, FreezeScope.DEBITS)


async def _freeze_the_other_side(till):
    async with transaction() as tx:
        await lock_posting_account(tx, till.customer_id, till.payee)
        await set_frozen(tx, till.customer_id, till.payee, FreezeScope.CREDITS)


async def _close(till):
    async with transaction() as tx:
        await lock_posting_account(tx, till.customer_id, till.payee)
        await end_posting(tx, till.customer_id, till.payee)


async def _spend(till):
    done(await till.submit(till.order(BALANCE - 1, "spends")))


async def _hold(till):
    done(await till.submit(place(till.actor, till.payer, till.payee, BALANCE - 1)))


async def _as_an_earlier_version(till):
    """Nothing but the totals, as the oldest version there is would write them."""
    await pool().execute(
        "UPDATE posting_accounts SET debits = debits + 999 WHERE customer_id = $1 AND id = $2",
        till.customer_id,
        till.payer,
    )


CHANGES = {
    _freeze: InvalidState,
    _freeze_the_other_side: InvalidState,
    _close: InvalidState,
    _spend: InsufficientFunds,
    _hold: InsufficientFunds,
    _as_an_earlier_version: InsufficientFunds,
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__.strip("_"))
@pytest.mark.parametrize("is_waiting", [False, True])
async def test_notices_what_another_process_changed(till, other, memory, change, is_waiting):
    """Before the batch begins; or while its statement waits for the lock, which began before the change."""
    if is_waiting:
        posting = await _changed_while_it_waits(till, other, change)
    else:
        await change(other)
        posting = till.submitting(till.order(500, "key-1"))
    before = await transfer_count(till.customer_id)
    (outcome,) = await posting

    assert isinstance(outcome, CHANGES[change])
    assert memory.counts[Went.CHANGED] == 1
    assert await transfer_count(till.customer_id) == before
    assert await fetch("SELECT FROM idempotency_keys WHERE key = 'key-1'") == []


async def _changed_while_it_waits(till, other, change):
    """Its statement waits for its key, with a snapshot from before the change."""
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute(
            """
            INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
            VALUES ($1, 'postTransfer', 'key-1', sha256('other'), $1, now())
            """,
            till.customer_id,
        )
        posting = till.submitting(till.order(500, "key-1"))
        await until_waiting()
        await change(other)
        await connection.execute(
            "DELETE FROM idempotency_keys WHERE customer_id = $1 AND key = 'key-1'", till.customer_id
        )
    return posting


async def test_posts_by_what_was_changed_and_changed_back_while_it_waited(till, other, memory):
    async def frozen_and_not(_till):
        await _freeze(other)
        async with transaction() as tx:
            await lock_posting_account(tx, till.customer_id, till.payer)
            await set_frozen(tx, till.customer_id, till.payer, None)

    outcome = done(await (await _changed_while_it_waits(till, other, frozen_and_not)))

    assert not outcome.replayed
    assert memory.counts[Went.CHANGED] == 0
    assert await balance_of(till.customer_id, till.payer) == (BALANCE - 501, 0, 3)
    await assert_books_balance()


async def test_posts_what_a_change_allows_only_now(till, memory):
    assert isinstance((await till.submit(till.order(BALANCE, "key-1")))[0], InsufficientFunds)
    async with transaction() as tx:
        await lock_posting_account(tx, till.customer_id, till.payer)
        await set_overdraft_limit_of(tx, till.customer_id, till.payer, 1, used=0)
    done(await till.submit(till.order(BALANCE, "key-1")))
    await assert_books_balance()


async def test_tells_events_of_the_holder_that_an_account_has_now(till, memory):
    holder_id = new_id()
    await pool().execute(
        "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
        " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now())",
        till.customer_id,
        holder_id,
    )
    async with transaction() as tx:
        await lock_posting_account(tx, till.customer_id, till.payer)
        await set_holder(tx, till.customer_id, till.payer, holder_id)
    done(await till.submit(till.order(1, "key-1")))
    row = await fetchrow(
        "SELECT holder_id FROM events WHERE type = 'transfer.posted' ORDER BY occurred_at DESC LIMIT 1"
    )
    assert row["holder_id"] == holder_id
    assert memory.counts[Went.CHANGED] == 1


# Keys, tenants, errors


async def test_answers_a_replay_and_doubts_no_account_for_it(till, other, memory):
    first = done(await other.submit(other.order(7, "key-1"))).object
    again = done(await till.submit(till.order(7, "key-1")))
    assert (again.replayed, again.object.id) == (True, first.id)
    own = done(await till.submit(till.order(8, "key-2")))
    assert not own.replayed
    assert done(await till.submit(till.order(8, "key-2"))).replayed
    assert memory.way_of([(till.customer_id, till.payer)]) is Way.READ  # For the other's transfer, not for keys.
    assert await transfer_count(till.customer_id) == 1 + 3


async def test_never_finds_the_account_of_another_customer(till, make_till, queue, memory):
    stranger = await make_till(queue)
    (outcome,) = await stranger.submit(post(stranger.actor, till.payer, till.payee, 1, "key-1"))
    assert isinstance(outcome, NotFound)
    done(await till.submit(till.order(1, "key-1")))
    assert memory.counts[Went.REMEMBERED] == 1


@pytest.mark.parametrize("command", ["reference", "metadata"])
async def test_is_loud_about_a_row_that_the_database_refuses(till, command, caplog):
    more = {"reference": "a\x00b"} if command == "reference" else {"metadata": {"a": "\x00"}}
    with pytest.raises(asyncpg.DataError):
        await till.submit(till.order(1, "key-1", **more))
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["an instruction failed"]
    done(await till.submit(till.order(1, "key-1")))


def test_takes_no_other_error_for_a_change():
    assert (
        changed_accounts(asyncpg.UndefinedObjectError('unrecognized configuration parameter "quaestor.other"')) is None
    )
    said = "unbekannter Konfigurationsparameter »quaestor.accounts_have_changed:;«"
    assert changed_accounts(asyncpg.UndefinedObjectError(said)).customer_ids == set()


async def test_names_what_has_changed(till, other, memory, make_till, queue):
    third = await open_account(till.customer_id)
    done(await till.submit(post(till.actor, till.payer, third, 1, "key-1")))
    done(await other.submit(post(till.actor, till.payer, till.payee, 1, "key-2")))
    orders = [post(till.actor, till.payer, third, 1, "key-3"), post(till.actor, till.payer, till.payee, 1, "key-4")]
    assert all(isinstance(one, Done) for one in await till.submit(*orders))
    ways = [memory.way_of([(till.customer_id, one)]) for one in (till.payer, till.payee, third)]
    assert ways == [Way.READ, Way.READ, Way.REMEMBER]


# Time


async def test_posts_later_than_the_last_entry_and_what_is_closed(till, memory):
    ahead = timedelta(minutes=5)
    row = await fetchrow("SELECT clock_timestamp() AS now")
    await pool().execute(
        "UPDATE posting_accounts SET last_posted_at = $1 WHERE id = $2", row["now"] + ahead, till.payee
    )
    first = done(await till.submit(till.order(1, "key-1"))).object
    assert first.posted_at == row["now"] + ahead + timedelta(microseconds=1)
    await pool().execute(
        "INSERT INTO closed_books (customer_id, closed_through, version) VALUES ($1, $2, 1)",
        till.customer_id,
        row["now"] + 2 * ahead,
    )
    second = done(await till.submit(till.order(1, "key-2"))).object
    assert second.posted_at == row["now"] + 2 * ahead + timedelta(microseconds=1)
    assert memory.counts[Went.REMEMBERED] == 2


async def test_takes_the_time_after_its_locks(till, memory):
    async with key_in_use(till.customer_id, "key-1") as connection:
        posting = till.submitting(till.order(1, "key-1"))
        await until_waiting()
        released_at = await connection.fetchval("SELECT clock_timestamp()")
    assert done(await posting).object.posted_at > released_at
    assert memory.counts[Went.REMEMBERED] == 1


# Several at once


async def test_decides_by_what_a_batch_under_way_will_leave(make_till, database):
    memory = Memory(quiet_min=0)
    queue = Coalescer(another_batch_from=3, batch_size_max=3, memory=memory)
    till = await make_till(queue)
    done(await till.submit(till.order(1, "first")))
    async with key_in_use(till.customer_id, "key"):
        tasks = [till.submitting(till.order(1, "key"))]
        await until_waiting()
        tasks += [till.submitting(till.order(1, f"key-{number}")) for number in range(3)]
        await asyncio.sleep(0.05)
        assert len(await until_waiting()) == 1  # The second is decided, and waits for the first here.
    outcomes = [done(outcome) for outcome in await asyncio.gather(*tasks)]
    assert [outcome.object.debit_sequence for outcome in outcomes] == [3, 4, 5, 6]
    assert memory.counts == {Went.READ: 1, Went.REMEMBERED: 2}
    assert_empty(queue)
    await assert_books_balance()


async def test_locks_what_was_decided_by_a_batch_that_was_not_written(make_till, database):
    memory = Memory(quiet_min=0)
    queue = Coalescer(another_batch_from=3, batch_size_max=3, memory=memory)
    till = await make_till(queue)
    done(await till.submit(till.order(1, "first")))
    async with key_in_use(till.customer_id, "key"):
        tasks = [till.submitting(till.order(1, "key"))]
        await until_waiting()
        tasks += [till.submitting(till.order(1, f"key-{number}")) for number in range(3)]
        await asyncio.sleep(0.05)
        await pool().execute("UPDATE posting_accounts SET overdraft_limit = 5 WHERE id = $1", till.payer)
    outcomes = [done(outcome) for outcome in await asyncio.gather(*tasks)]
    assert sorted(outcome.object.debit_sequence for outcome in outcomes) == [3, 4, 5, 6]
    assert memory.counts == {Went.READ: 1, Went.CHANGED: 2}
    assert_empty(queue)
    await assert_books_balance()


async def test_settles_on_locking_where_two_processes_post_to_one_account(till, other, memory):
    each = 60
    for number in range(each):
        outcomes = await asyncio.gather(
            till.submit(till.order(1, f"one-{number}")), other.submit(other.order(1, f"other-{number}"))
        )
        assert all(isinstance(outcome, Done) for (outcome,) in outcomes)
    assert await transfer_count(till.customer_id) == 2 + 2 * each
    for one in (memory, other.queue._memory):
        assert one.counts[Went.CHANGED] <= each / 8
    await assert_books_balance()


async def test_answers_once_when_the_connection_is_lost_after_the_commit(till, postgres, memory):
    orders = [till.order(5, "key-1"), till.order(6, "key-2")]
    async with commits_that_hang(postgres) as superuser:
        posting = till.submitting(*orders)
        await hanging_backend(superuser)
        cut_connections_in_use()
        await asyncio.sleep(0.1)
        await set_standby(superuser, "")
        outcomes = await posting
    assert [(outcome.replayed, outcome.object.id) for outcome in outcomes] == [
        (False, order.resource_id) for order in orders
    ]
    assert await transfer_count(till.customer_id) == 2 + 2
    await assert_books_balance()
