"""Many commands, one transaction; and nobody's command is lost, done twice, or made to wait for another customer."""

import asyncio
import contextlib
import random

import asyncpg
import pytest

from app.db.connection import SERVER_SETTINGS, close_database, fetch, fetchval, open_database, pool
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres
from app.journal import coalescer as coalescer_module
from app.journal.coalescer import Coalescer, _post_once, close_coalescer, coalescer
from app.journal.post_transfers import Done
from app.journal.status import HoldStatus
from app.kernel.actor import worker_actor
from app.kernel.errors import BatchRefused, DomainError, InsufficientFunds, LimitExceeded
from app.kernel.identifiers import new_id
from tests.bookkeeping import balance_of, nothing_changes, open_account
from tests.journal.orders import (
    assert_books_balance,
    assert_connections_are_back,
    capture,
    locked,
    place,
    post,
    release,
    transaction_count,
    transfer_count,
    until_waiting,
)

CANCELLATIONS = 400
NUL = "a\x00b"


class Till:
    """A customer with a payer and a payee, and a coalescer to post through."""

    def __init__(self, actor, payer, payee, queue):
        self.actor = actor
        self.customer_id = actor.customer_id
        self.payer = payer
        self.payee = payee
        self.queue = queue

    def order(self, minor_units=1, key=None, **more):
        return post(self.actor, self.payer, self.payee, minor_units, key, **more)

    async def submit(self, *orders, atomic=False):
        return await self.queue.submit(self.customer_id, list(orders), atomic=atomic)

    def submitting(self, *orders, atomic=False):
        """Submit in a task of its own. The order of tasks is the order of arrival."""
        return asyncio.create_task(self.submit(*orders, atomic=atomic))

    def locked(self):
        return locked(self.customer_id, self.payer)


@pytest.fixture
async def make_till(make_actor):
    async def make(queue, balance=1_000_000):
        actor = await make_actor()
        payer = await open_account(actor.customer_id, balance=balance)
        return Till(actor, payer, await open_account(actor.customer_id), queue)

    return make


@pytest.fixture
def short_lock_timeout(monkeypatch):
    """Nobody waits long for a lock; asked for before the database is opened."""
    monkeypatch.setitem(SERVER_SETTINGS, "lock_timeout", "200ms")


@pytest.fixture
async def queue(database):
    made = Coalescer()
    yield made
    await made.close()
    assert_empty(made)


@pytest.fixture
async def till(make_till, queue):
    return await make_till(queue)


def assert_empty(queue):
    """Every counter is right again."""
    assert (queue._waiting_count, queue._waiting, queue._queues, list(queue._in_turn)) == (0, {}, {}, [])


def done(outcomes):
    (outcome,) = outcomes
    assert isinstance(outcome, Done), outcome
    return outcome


async def test_posts_a_lone_command_at_once_by_itself(till):
    for _ in range(3):
        done(await till.submit(till.order()))

    assert await transaction_count() == 1 + 3


async def test_gathers_in_the_next_batch_what_arrives_while_one_is_under_way(till):
    before = await transaction_count()
    async with till.locked():
        first = till.submitting(till.order(1))
        await until_waiting()
        rest = [till.submitting(till.order(2 + number)) for number in range(50)]
        await asyncio.sleep(0)
        assert till.queue._waiting_count == 50
    outcomes = [done(outcome) for outcome in await asyncio.gather(first, *rest)]

    assert await transaction_count() - before == 2
    assert [outcome.object.debit_sequence for outcome in outcomes] == list(range(2, 53))
    assert [outcome.object.amount for outcome in outcomes] == list(range(1, 52))
    await assert_books_balance()


async def test_puts_no_more_into_a_batch_than_its_maximum(make_till, database):
    till = await make_till(Coalescer(batch_size_max=10))
    before = await transaction_count()

    await asyncio.gather(*(till.submit(till.order()) for _ in range(25)))

    assert await transaction_count() - before == 3
    assert_empty(till.queue)


async def test_never_splits_what_was_submitted_together(make_till, database):
    till = await make_till(Coalescer(batch_size_max=10))
    before = await transaction_count()

    await asyncio.gather(*(till.submit(*(till.order() for _ in range(4))) for _ in range(5)))

    assert await transaction_count() - before == 3
    sizes = await fetch("SELECT count(*) FROM transfers WHERE debit_id = $1 GROUP BY xmin::text", till.payer)
    assert sorted(row["count"] for row in sizes) == [4, 8, 8]


async def test_posts_an_atomic_submission_as_a_batch_of_its_own(till):
    before = await transaction_count()
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        several = [till.submitting(till.order(), till.order(), atomic=number == 1) for number in range(3)]
        await asyncio.sleep(0)
    await asyncio.gather(first, *several)

    assert await transaction_count() - before == 4


async def test_tells_an_atomic_submission_which_item_refused_it(till):
    async with nothing_changes():
        with pytest.raises(BatchRefused) as refused:
            await till.submit(till.order(1), till.order(1_000_001), till.order(1), atomic=True)

    assert refused.value.index == 1
    assert isinstance(refused.value.cause, InsufficientFunds)


async def test_answers_nothing_for_nothing(till):
    async with asyncio.timeout(10):
        assert await till.submit() == []


# Fairness


async def test_takes_customers_in_turn(make_till, database):
    queue = Coalescer(batch_size_max=10, writers_max=1)
    flooding, patient = await make_till(queue), await make_till(queue)
    order = []

    async def one(till, name):
        await till.submit(till.order())
        order.append(name)

    tasks = [asyncio.create_task(one(flooding, "flooding")) for _ in range(100)]
    tasks.append(asyncio.create_task(one(patient, "patient")))
    await asyncio.gather(*tasks)

    assert order.index("patient") == 10
    assert len(order) == 101
    assert_empty(queue)


async def test_posts_for_others_while_a_customer_s_batch_waits(make_till, queue):
    waiting, others = await make_till(queue), [await make_till(queue) for _ in range(3)]
    async with waiting.locked():
        blocked = waiting.submitting(waiting.order())
        await until_waiting()
        for other in others:
            done(await other.submit(other.order()))
        assert not blocked.done()
    done(await blocked)


async def test_has_no_two_batches_of_a_customer_under_way(till):
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        second = till.submitting(till.order())
        await asyncio.sleep(0.05)
        assert len(await until_waiting()) == 1
        assert len(till.queue._writers) == 1
    await asyncio.gather(first, second)


# Limits


async def test_refuses_what_is_beyond_its_limits_and_takes_nothing_of_it(make_till, database):
    queue = Coalescer(waiting_max=8, waiting_per_customer_max=5)
    one, two, three = [await make_till(queue) for _ in range(3)]
    async with one.locked(), two.locked(), three.locked():
        tasks = [till.submitting(till.order()) for till in (one, two, three)]
        await until_waiting(3)
        tasks += [one.submitting(one.order()) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded) as refused:
            await one.submit(one.order(), one.order(), one.order())
        assert refused.value.retry_after_seconds == 0.5
        tasks.append(one.submitting(one.order(), one.order()))
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded):
            await one.submit(one.order())
        tasks.append(two.submitting(two.order(), two.order(), two.order()))
        await asyncio.sleep(0)
        assert queue._waiting_count == 8
        for till in (two, three):
            with pytest.raises(LimitExceeded):
                await till.submit(till.order())
    await asyncio.gather(*tasks)

    assert [await transfer_count(till.customer_id) - 1 for till in (one, two, three)] == [6, 4, 1]
    assert_empty(queue)
    done(await one.submit(one.order()))


async def test_does_not_count_those_who_gave_up(make_till, database):
    queue = Coalescer(waiting_max=5, waiting_per_customer_max=5)
    till = await make_till(queue)
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        for _ in range(1_000):
            given_up = till.submitting(till.order())
            await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.wait([given_up])
            assert given_up.cancelled()
        assert queue._waiting_count == 0
        kept = [len(waiting) for waiting in queue._queues.values()]
        assert kept == [0], "what nobody waits for takes memory"
    done(await first)

    assert await transfer_count(till.customer_id) == 2
    assert_empty(queue)


# What spoils a batch


@pytest.mark.parametrize("place_of_the_bad", [0, 4, 9])
async def test_lets_a_poisoned_command_fail_alone(till, place_of_the_bad, caplog):
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        orders = [till.order(1 + number, f"key-{number}") for number in range(10)]
        orders[place_of_the_bad].reference = NUL
        tasks = [till.submitting(order) for order in orders]
        await asyncio.sleep(0)
    await first
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(outcomes.pop(place_of_the_bad), asyncpg.DataError)
    assert [done(outcome).object.debit_sequence for outcome in outcomes] == list(range(3, 12))
    assert await transfer_count(till.customer_id) == 2 + 9
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE key LIKE 'key-%'") == 9
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["an instruction failed"]
    await assert_books_balance()


async def test_lets_one_of_several_poisoned_commands_fail_each_alone(till, caplog):
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        orders = [till.order(reference=NUL if number % 3 == 0 else None) for number in range(20)]
        tasks = [till.submitting(order) for order in orders]
        await asyncio.sleep(0)
    await first
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [isinstance(outcome, asyncpg.DataError) for outcome in outcomes] == [number % 3 == 0 for number in range(20)]
    assert await transfer_count(till.customer_id) == 2 + 13
    await assert_books_balance()


async def test_does_not_know_what_became_of_a_submission_with_a_poisoned_item(till, caplog):
    orders = [till.order(1, f"key-{number}") for number in range(4)]
    orders[2].reference = NUL

    with pytest.raises(asyncpg.DataError):
        await till.submit(*orders)

    # The keys tell.
    again = [till.order(1, f"key-{number}") for number in range(4)]
    outcomes = await till.submit(*again)
    assert [outcome.replayed for outcome in outcomes] == [True, True, False, True]


async def test_posts_nothing_of_an_atomic_submission_with_a_poisoned_item(till, caplog):
    async with nothing_changes():
        with pytest.raises(asyncpg.DataError):
            await till.submit(till.order(), till.order(reference=NUL), till.order(), atomic=True)


# Callers that go away


async def test_forgets_the_command_of_a_caller_that_goes_before_it_is_taken(till):
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        going, staying = till.submitting(till.order(7)), till.submitting(till.order(8))
        await asyncio.sleep(0)
        going.cancel()
        await asyncio.wait([going])
    await asyncio.gather(first, staying)

    assert going.cancelled()
    assert await balance_of(till.customer_id, till.payee) == (1 + 8, 0, 2)


async def test_does_the_work_of_a_caller_that_goes_after_it_was_taken(till):
    async with till.locked():
        going, staying = till.submitting(till.order(7)), till.submitting(till.order(8))
        await until_waiting()
        going.cancel()
        await asyncio.wait([going])
        assert going.cancelled()
    done(await staying)

    assert await balance_of(till.customer_id, till.payee) == (15, 0, 2)


async def test_survives_random_cancellations(make_till, queue):
    tills = [await make_till(queue) for _ in range(3)]
    chance = random.Random(4)
    told = {till.customer_id: {} for till in tills}
    given_up = set()

    async def one(number):
        till = chance.choice(tills)
        orders = [till.order(1 + number % 5, f"key-{number}-{index}") for index in range(1 + number % 3)]
        try:
            async with asyncio.timeout(chance.choice([0, 0.001, 0.01, 0.05, 30])):
                for order, outcome in zip(orders, await till.submit(*orders, atomic=number % 7 == 0), strict=True):
                    told[till.customer_id][order.resource_id] = done([outcome]).object.amount
        except TimeoutError:
            given_up.add(number)
        await asyncio.sleep(chance.uniform(0, 0.01))

    gate = asyncio.Semaphore(20)

    async def in_turn(number):
        async with gate:
            await one(number)

    await asyncio.gather(*(in_turn(number) for number in range(CANCELLATIONS)))
    await queue.close()

    assert given_up, "nobody gave up"
    assert len(given_up) < CANCELLATIONS
    for till in tills:
        rows = await fetch("SELECT id, amount_minor_units AS amount FROM transfers WHERE debit_id = $1", till.payer)
        kept = {row["id"]: row["amount"] for row in rows}
        assert told[till.customer_id].items() <= kept.items(), "an accepted transfer was lost"
    await assert_books_balance()
    await assert_connections_are_back()
    assert_empty(queue)


# The end


async def test_finishes_what_was_accepted_when_it_is_closed_and_takes_nothing_more(make_till, database):
    queue = Coalescer(batch_size_max=2)
    till = await make_till(queue)
    async with till.locked():
        tasks = [till.submitting(till.order()) for _ in range(7)]
        await until_waiting()
        closing = asyncio.create_task(queue.close())
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded):
            await till.submit(till.order())
        assert not closing.done()
    await closing

    assert all(task.done() for task in tasks)
    assert await transfer_count(till.customer_id) == 1 + 7
    assert_empty(queue)


async def test_is_one_per_process_until_it_is_closed(database):
    first = coalescer()
    assert coalescer() is first
    await close_coalescer()
    second = coalescer()
    assert second is not first
    await close_coalescer()


# Deadlocks, locks, lost connections


async def test_posts_a_batch_again_when_a_deadlock_ended_it(till):
    low, high = sorted([till.payer, till.payee])
    order = till.order(5, "key-1")
    async with locked(till.customer_id, high) as connection:
        posting = till.submitting(order)
        await until_waiting()
        # It waits for us with one account locked; now we wait for that one. It has waited longer, so it is ended.
        await connection.execute(
            "SELECT FROM posting_accounts WHERE customer_id = $1 AND id = $2 FOR UPDATE", till.customer_id, low
        )
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


@contextlib.asynccontextmanager
async def commits_that_hang(postgres):
    """COMMIT hangs when it is done, as if a standby had to confirm it; yields a connection that does not."""
    superuser = await asyncpg.connect(postgres.url.replace("//quaestor@", "//postgres@"))
    await superuser.execute("SET synchronous_commit = local")
    try:
        await set_standby(superuser, "nobody")
        yield superuser
    finally:
        await set_standby(superuser, "")
        await superuser.close()


async def set_standby(superuser, name):
    await superuser.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    await superuser.execute("SELECT pg_reload_conf()")
    while await superuser.fetchval("SHOW synchronous_standby_names") != name:
        await asyncio.sleep(0.005)


async def lose_a_commit(superuser):
    """End the backend that waits for its commit to be confirmed, and let the others commit."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    while not (backends := await superuser.fetch(waiting)):
        await asyncio.sleep(0.005)
    for backend in backends:
        await superuser.execute("SELECT pg_terminate_backend($1)", backend["pid"])
    while await superuser.fetch(waiting):
        await asyncio.sleep(0.005)
    await set_standby(superuser, "")


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


async def test_refuses_only_what_touches_a_locked_account(short_lock_timeout, till):
    stuck = await open_account(till.customer_id, balance=100)
    async with locked(till.customer_id, stuck):
        first = till.submitting(till.order())
        orders = [till.order(number + 1, f"key-{number}") for number in range(6)]
        orders[2] = post(till.actor, stuck, till.payee, 1, "key-2")
        tasks = [first, *(till.submitting(order) for order in orders)]
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    refused = outcomes.pop(3)
    assert isinstance(refused, LimitExceeded)
    assert refused.retry_after_seconds == 0.5
    assert [done(outcome).object.amount for outcome in outcomes] == [1, 1, 2, 4, 5, 6]
    assert await balance_of(till.customer_id, stuck) == (100, 0, 1)
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE key = 'key-2'") == 0
    done(await till.submit(post(till.actor, stuck, till.payee, 1, "key-2")))


async def test_waits_for_a_lock_that_nobody_gives_back_only_once_in_a_batch(short_lock_timeout, till, monkeypatch):
    """Its halves do not wait as long again, or one stuck account would stop all of a customer's for minutes."""
    waits = []

    async def noting(*arguments, hurried, **named):
        try:
            return await _post_once(*arguments, hurried=hurried, **named)
        except asyncpg.LockNotAvailableError:
            waits.append(hurried)
            raise

    monkeypatch.setattr(coalescer_module, "_post_once", noting)
    stuck = await open_account(till.customer_id, balance=100)
    async with locked(till.customer_id, stuck):
        orders = [till.order() for _ in range(15)]
        orders.append(post(till.actor, stuck, till.payer))
        outcomes = await asyncio.gather(*(till.submit(order) for order in orders), return_exceptions=True)

    assert isinstance(outcomes.pop(), LimitExceeded)
    assert all(done(outcome) for outcome in outcomes)
    assert waits == [False, True, True, True, True]


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


async def new_till(queue):
    """A till without the fixtures that need the common server."""
    customer_id = new_id()
    await pool().execute("INSERT INTO customers VALUES ($1, 'Example Ltd', now())", customer_id)
    await pool().execute("INSERT INTO feeds (customer_id) VALUES ($1)", customer_id)
    actor = worker_actor(customer_id)
    payer = await open_account(customer_id, balance=1_000_000)
    return Till(actor, payer, await open_account(customer_id), queue)


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


async def test_posts_a_batch_again_when_a_migration_has_changed_what_its_statements_answer(fresh_url, caplog):
    """As an older process meets it while a newer one is deployed: a column more in a table that is read whole."""
    await migrate(fresh_url)
    await open_database(fresh_url, pool_size=2, application_name="quaestor-tests")
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
