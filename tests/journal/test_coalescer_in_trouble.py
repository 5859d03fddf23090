"""Deadlocks, locks that nobody gives back, lost connections and commits, a database that is away."""

import asyncio
import contextlib

import asyncpg
import pytest

from app.db.connection import close_database, fetchval, open_database, pool
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres
from app.journal import coalescer as coalescer_module
from app.journal.coalescer import Coalescer
from app.journal.status import HoldStatus
from app.kernel.errors import DomainError, InsufficientFunds, LimitExceeded
from tests.bookkeeping import balance_of, open_account
from tests.conftest import superuser_url
from tests.journal.lost_commits import commits_that_hang, lose_a_commit
from tests.journal.orders import (
    assert_books_balance,
    assert_connections_are_back,
    capture,
    locked,
    place,
    post,
    release,
    transfer_count,
    until_waiting,
)
from tests.journal.till import assert_empty, done, new_till


async def test_posts_a_batch_again_when_a_deadlock_ended_it(till, postgres):
    low, high = sorted([till.payer, till.payee])
    lock = "SELECT FROM posting_accounts WHERE customer_id = $1 AND id = $2 FOR UPDATE"
    other = await asyncpg.connect(superuser_url(postgres))
    async with other.transaction():
        await other.execute(
            "SET LOCAL deadlock_timeout = '1min'"
        )  # So that it is the batch that notices, and is ended.
        await other.execute(lock, till.customer_id, high)
        posting = till.submitting(till.order(5, "key-1"))
        await until_waiting()
        # It has the first account and waits for the second one; we have the second one and now want the first.
        await other.execute(lock, till.customer_id, low)
    await other.close()
    assert not done(await posting).replayed

    assert await transfer_count(till.customer_id) == 2
    await assert_books_balance()


async def test_posts_a_batch_again_when_its_connection_is_lost(till):
    async with till.locked():
        tasks = [till.submitting(till.order(5, f"key-{number}")) for number in range(3)]
        (backend,) = await until_waiting()
        assert await fetchval("SELECT pg_terminate_backend($1)", backend)
        while backend in await until_waiting():
            await asyncio.sleep(0.005)
    outcomes = [done(outcomes) for outcomes in await asyncio.gather(*tasks)]

    assert [outcome.replayed for outcome in outcomes] == [False] * 3
    assert await transfer_count(till.customer_id) == 1 + 3
    await assert_books_balance()
    await assert_connections_are_back()


async def test_answers_once_when_the_connection_is_lost_after_the_commit(till, postgres):
    hold = done(await till.submit(place(till.actor, till.payer, till.payee, 9, "hold"))).object
    orders = [
        till.order(5, "key-1"),
        till.order(5, "key-1"),
        till.order(10**9, "key-2"),
        capture(till.actor, hold.id, 4, "key-3"),
    ]
    async with commits_that_hang(postgres) as superuser:
        tasks = [till.submitting(order) for order in orders]
        await lose_a_commit(superuser)
        one, two, three, four = await asyncio.gather(*tasks)

    assert (done(one).replayed, done(two).replayed, done(four).replayed) == (False, True, False)
    assert done(one).object == done(two).object
    assert isinstance(three[0], InsufficientFunds)
    assert done(four).object.transfer_id == orders[3].resource_id
    assert await transfer_count(till.customer_id) == 1 + 2
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 3
    await assert_books_balance()


async def test_does_not_release_a_hold_twice_when_the_connection_is_lost_after_the_commit(till, postgres):
    hold = done(await till.submit(place(till.actor, till.payer, till.payee, 9, "hold"))).object
    async with commits_that_hang(postgres) as superuser:
        task = till.submitting(release(till.actor, hold.id))
        await lose_a_commit(superuser)
        released = done(await task).object

    assert (released.status, released.version) == (HoldStatus.RELEASED, 2)
    assert await balance_of(till.customer_id, till.payer) == (1_000_000, 0, 1)
    await assert_books_balance()


async def test_refuses_only_what_touches_a_locked_account(short_lock_timeout, till, lock_waits):
    stuck = await open_account(till.customer_id, balance=100)
    async with locked(till.customer_id, stuck):
        first = till.submitting(till.order())
        orders = [till.order(number + 1, f"key-{number}") for number in range(6)]
        orders[2] = post(till.actor, stuck, till.payee, 1, "key-2")
        tasks = [first, *(till.submitting(order) for order in orders)]
        outcomes = await asyncio.gather(*tasks)

    (refused,) = outcomes.pop(3)
    assert isinstance(refused, LimitExceeded)
    assert refused.retry_after_seconds == 0.5
    assert [done(outcome).object.amount for outcome in outcomes] == [1, 1, 2, 4, 5, 6]
    assert await balance_of(till.customer_id, stuck) == (100, 0, 1)
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE key = 'key-2'") == 0
    done(await till.submit(post(till.actor, stuck, till.payee, 1, "key-2")))


@pytest.fixture
def lock_waits(monkeypatch):
    """For each wait for a lock that was in vain, whether it was cut short. A slow machine has the time, too."""
    monkeypatch.setattr(coalescer_module, "LOCK_SEARCH_SECONDS_MAX", 60)
    waits = []

    lock_and_post = Coalescer._lock_and_post

    async def noting(*arguments, hurried, **named):
        try:
            return await lock_and_post(*arguments, hurried=hurried, **named)
        except asyncpg.LockNotAvailableError:
            waits.append(hurried)
            raise

    monkeypatch.setattr(Coalescer, "_lock_and_post", noting)
    return waits


async def test_waits_for_a_lock_that_nobody_gives_back_only_once_in_a_batch(short_lock_timeout, till, lock_waits):
    """Its halves do not wait as long again, or one stuck account would stop all of a customer's for minutes."""
    stuck = await open_account(till.customer_id, balance=100)
    async with locked(till.customer_id, stuck):
        orders = [till.order() for _ in range(15)]
        orders.append(post(till.actor, stuck, till.payer))
        outcomes = await asyncio.gather(*(till.submit(order) for order in orders))

    assert isinstance(outcomes.pop()[0], LimitExceeded)
    assert all(done(outcome) for outcome in outcomes)
    assert lock_waits == [False, True, True, True, True]


async def test_does_not_look_for_ever_for_what_is_locked(short_lock_timeout, till, lock_waits, monkeypatch):
    """Where everything is, as under a lock of the whole table, each command alone would be waited for."""
    monkeypatch.setattr(coalescer_module, "LOCK_SEARCH_SECONDS_MAX", 0)
    stuck = await open_account(till.customer_id, balance=100)
    async with locked(till.customer_id, stuck):
        orders = [till.order(1, f"key-{number}") for number in range(15)]
        orders.append(post(till.actor, stuck, till.payer, 1, "key-15"))
        outcomes = await asyncio.gather(*(till.submit(order) for order in orders))

    assert all(done(outcome) for outcome in outcomes[:8])
    assert [type(outcome) for (outcome,) in outcomes[8:]] == [LimitExceeded] * 8
    assert lock_waits == [False, True]
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 8
    assert await transfer_count(till.customer_id) == 2 + 8


@pytest.fixture
async def own_server(tmp_path):
    """A PostgreSQL that a test may stop; the process's pool is on it."""
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    await migrate(server.url)
    await open_database(server.url, pool_size=5, application_name="quaestor-tests")
    yield server
    await close_database()
    with contextlib.suppress(AssertionError):
        server.stop()


@pytest.mark.thorough
async def test_tells_when_the_database_is_away_for_too_long_and_recovers(own_server, caplog):
    queue = Coalescer(away_seconds_max=0.3)
    till = await new_till(queue)
    own_server.stop()

    outcomes = await asyncio.gather(
        *(till.submit(till.order(1, f"key-{number}")) for number in range(5)), return_exceptions=True
    )
    assert all(isinstance(outcome, Exception) and not isinstance(outcome, DomainError) for outcome in outcomes)
    assert_empty(queue)

    own_server.start()
    outcomes = await asyncio.gather(*(till.submit(till.order(1, f"key-{number}")) for number in range(5)))
    assert [done(outcome).replayed for outcome in outcomes] == [False] * 5
    await assert_books_balance()
    assert_empty(queue)


async def test_posts_what_waited_when_the_database_is_back(own_server):
    queue = Coalescer(away_seconds_max=60)
    till = await new_till(queue)
    own_server.stop()
    tasks = [till.submitting(till.order(1, f"key-{number}")) for number in range(5)]
    await asyncio.sleep(0.2)
    own_server.start()

    assert [done(outcome).replayed for outcome in await asyncio.gather(*tasks)] == [False] * 5
    await assert_books_balance()
    assert_empty(queue)


@pytest.mark.thorough
async def test_holds_no_more_than_its_limit_while_the_database_is_away(own_server, caplog):
    queue = Coalescer(waiting_max=50, waiting_per_customer_max=50, away_seconds_max=0.5)
    till = await new_till(queue)
    own_server.stop()
    first = till.submitting(till.order())
    await asyncio.sleep(0.05)

    outcomes = await asyncio.gather(*(till.submit(till.order()) for _ in range(200)), return_exceptions=True)

    assert sum(isinstance(outcome, LimitExceeded) for outcome in outcomes) == 150
    assert isinstance((await asyncio.gather(first, return_exceptions=True))[0], Exception)
    assert_empty(queue)
    own_server.start()


async def test_posts_a_batch_again_when_a_migration_has_changed_what_its_statements_answer(fresh_migrated_url, caplog):
    """As an older process meets it while a newer one is deployed: a column more in a table that is read whole."""
    await open_database(fresh_migrated_url, pool_size=2, application_name="quaestor-tests")
    try:
        queue = Coalescer()
        till = await new_till(queue)
        order = till.order(5, "key-1")
        held = done(await till.submit(place(till.actor, till.payer, till.payee, 5))).object
        for _ in range(2):  # Prepared, and prepared again.
            done(await till.submit(order))
            done(await till.submit(capture(till.actor, held.id, key="key-2")))
            for table in ("transfers", "holds"):
                await pool().execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS later text")
            outcomes = await till.submit(order), await till.submit(capture(till.actor, held.id, key="key-2"))
            assert [done(outcome).replayed for outcome in outcomes] == [False, True]
        assert caplog.records == []
    finally:
        await close_database()
