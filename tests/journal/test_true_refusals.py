"""What refuses is true: of what was refused nothing happened, and of what may have happened nothing is refused."""

import asyncio

import pytest

from app.db.connection import SERVER_SETTINGS, fetchval
from app.journal.carry_out_batch import Done
from app.journal.coalescer import Coalescer
from app.kernel.errors import LimitExceeded
from tests.bookkeeping import balance_of, open_account
from tests.journal.lost_commits import commits_that_hang, cut_connections_in_use, hanging_backend, set_standby
from tests.journal.orders import assert_books_balance, locked, post, transfer_count


@pytest.fixture(autouse=True)
def _short_lock_timeout(monkeypatch):
    """Nobody waits long for a lock; asked for before the database is opened."""
    monkeypatch.setitem(SERVER_SETTINGS, "lock_timeout", "200ms")
    monkeypatch.setattr("app.journal.coalescer.LOCK_SEARCH_SECONDS_MAX", 60)  # Enough on a slow machine, too.


@pytest.fixture
async def actor(_short_lock_timeout, make_actor):
    return await make_actor()


@pytest.fixture
async def payer(actor):
    return await open_account(actor.customer_id, balance=1_000)


@pytest.fixture
async def payee(actor):
    return await open_account(actor.customer_id)


@pytest.fixture
async def queue(database):
    made = Coalescer()
    yield made
    await made.close()


async def test_refuses_the_item_that_touches_a_locked_account_and_answers_the_others(actor, payer, payee, queue):
    stuck = await open_account(actor.customer_id, balance=100)
    orders = [post(actor, payer, payee, number + 1, f"key-{number}") for number in range(5)]
    orders[2] = post(actor, stuck, payee, 1, "key-2")

    async with locked(actor.customer_id, stuck):
        outcomes = await queue.submit(actor.customer_id, orders)

    refused = outcomes.pop(2)
    assert isinstance(refused, LimitExceeded)
    assert refused.retry_after_seconds == 0.5
    assert [outcome.object.amount for outcome in outcomes] == [1, 2, 4, 5]
    assert await balance_of(actor.customer_id, payee) == (12, 0, 4)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 4
    await assert_books_balance()


async def test_refuses_all_of_an_atomic_submission_that_touches_a_locked_account(actor, payer, payee, queue):
    stuck = await open_account(actor.customer_id, balance=100)
    orders = [post(actor, payer, payee, 1, "key-1"), post(actor, stuck, payee, 1, "key-2")]

    async with locked(actor.customer_id, stuck):
        with pytest.raises(LimitExceeded):
            await queue.submit(actor.customer_id, orders, atomic=True)

    assert await balance_of(actor.customer_id, payee) == (0, 0, 0)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def until_locks_are_waited_for(superuser):
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND backend_type = 'client backend'"
    while not await superuser.fetchval(waiting):
        await asyncio.sleep(0.005)


async def test_never_refuses_what_its_own_lost_commit_may_still_do(actor, payer, payee, queue, postgres):
    """The commit's connection is cut while the server is still at it, so that the next try waits for its key."""
    orders = [post(actor, payer, payee, 5, "key-1"), post(actor, payer, payee, 6, "key-2")]
    async with commits_that_hang(postgres) as superuser:
        posting = asyncio.create_task(queue.submit(actor.customer_id, orders))
        await hanging_backend(superuser)
        cut_connections_in_use()
        await until_locks_are_waited_for(superuser)
        await asyncio.sleep(0.5)  # More than the lock timeout.
        await set_standby(superuser, "")
        outcomes = await posting

    assert [type(outcome) for outcome in outcomes] == [Done, Done]
    assert [outcome.replayed for outcome in outcomes] == [False, False]
    assert [outcome.object.id for outcome in outcomes] == [order.resource_id for order in orders]
    assert await transfer_count(actor.customer_id) == 1 + 2
    await assert_books_balance()


async def test_does_not_say_that_nothing_happened_while_its_own_commit_hangs(actor, payer, payee, postgres):
    queue = Coalescer(away_seconds_max=0.6)
    order = post(actor, payer, payee, 5, "key-1")
    async with commits_that_hang(postgres) as superuser:
        posting = asyncio.create_task(queue.submit(actor.customer_id, [order]))
        await hanging_backend(superuser)
        cut_connections_in_use()
        (outcome,) = await asyncio.gather(posting, return_exceptions=True)
        await set_standby(superuser, "")

    assert isinstance(outcome, Exception), outcome
    assert not isinstance(outcome, LimitExceeded)
    (again,) = await queue.submit(actor.customer_id, [post(actor, payer, payee, 5, "key-1")])
    assert again.replayed
    assert again.object.id == order.resource_id
    assert await transfer_count(actor.customer_id) == 1 + 1
