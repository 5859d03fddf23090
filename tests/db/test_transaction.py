"""A transaction is whole or nothing, and always gives its connection back."""

import asyncio
import contextlib
import random

import asyncpg
import pytest

from app.db.away import DATABASE_AWAY
from app.db.connection import fetch, fetchval, pool
from app.db.notifications import notifications
from app.db.transaction import DEADLOCK_RETRIES_MAX, transaction, whole_use_case

pytestmark = pytest.mark.postgres15

POOL_SIZE = 4
CANCELLATIONS = 400
SECONDS_TO_GIVE_UP = 0.2  # Who gives up what it was cancelled in the middle of does so meanwhile.
CLASS_DEADLOCK = "40P01"
FAIL_WITH_DEADLOCK = f"DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{CLASS_DEADLOCK}'; END $$"


async def write_both_halves(number):
    async with transaction() as tx:
        await tx.execute("INSERT INTO halves VALUES ($1, 'left')", number)
        await tx.execute("INSERT INTO halves VALUES ($1, 'right')", number)
    return number


async def assert_all_connections_are_back():
    async with asyncio.timeout(60):
        held = [await pool().acquire() for _ in range(POOL_SIZE)]
    for connection in held:
        assert await connection.fetchval("SELECT 1") == 1
        assert not connection.is_in_transaction()
        await pool().release(connection)
    assert pool().get_idle_size() == pool().get_size()


async def halves():
    found = {}
    for row in await fetch("SELECT id, half FROM halves"):
        found.setdefault(row["id"], set()).add(row["half"])
    return found


async def test_commits_at_the_end_of_the_block(small_pool):
    await write_both_halves(1)

    assert await small_pool.fetchval("SELECT count(*) FROM halves") == 2


async def test_plans_by_key_only_inside_itself(small_pool):
    settings = "SELECT current_setting('plan_cache_mode') || ' ' || current_setting('enable_seqscan')"
    async with transaction(by_key=True) as tx:
        assert await tx.fetchval(settings) == "force_generic_plan off"
    async with transaction() as tx:
        assert await tx.fetchval(settings) == "auto on"
    with pytest.raises(ZeroDivisionError):
        async with transaction(by_key=True):
            raise ZeroDivisionError
    assert {await fetchval(settings) for _ in range(POOL_SIZE)} == {"auto on"}


@pytest.mark.parametrize("by_key", [False, True])
async def test_commits_without_waiting_for_the_disk_only_where_it_is_told_to(small_pool, by_key):
    setting = "SELECT current_setting('synchronous_commit')"
    async with transaction(by_key=by_key, waits_for_disk=False) as tx:
        assert await tx.fetchval(setting) == "off"
        await tx.execute("INSERT INTO halves VALUES (1, 'left')")
    async with transaction(by_key=by_key) as tx:
        assert await tx.fetchval(setting) == "on"
    assert await halves() == {1: {"left"}}
    assert {await fetchval(setting) for _ in range(POOL_SIZE)} == {"on"}


async def test_refuses_to_nest(small_pool):
    with pytest.raises(AssertionError, match="transactions do not nest"):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            async with transaction():
                pass

    assert await halves() == {}
    await write_both_halves(2)  # The mark of the refused one is gone.
    await assert_all_connections_are_back()


async def test_lets_tasks_have_transactions_side_by_side(small_pool):
    assert await asyncio.gather(*(write_both_halves(number) for number in range(10))) == list(range(10))


async def test_rolls_back_on_an_exception(small_pool):
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            raise ZeroDivisionError

    assert await halves() == {}
    await assert_all_connections_are_back()


async def test_does_not_pass_over_a_failed_statement_whose_exception_was_swallowed(small_pool):
    with pytest.raises(AssertionError, match="swallowed"):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            with contextlib.suppress(asyncpg.UniqueViolationError):
                await tx.execute("INSERT INTO halves VALUES (1, 'left')")

    assert await halves() == {}
    await assert_all_connections_are_back()


async def test_answers_how_many_rows_a_statement_touched(small_pool):
    async with transaction() as tx:
        assert await tx.execute("INSERT INTO halves VALUES (1, 'left'), (1, 'right')") == 2
        assert await tx.execute("UPDATE halves SET id = 2 WHERE half = 'left'") == 1
        assert await tx.execute("DELETE FROM halves WHERE id = 9") == 0
        assert await tx.execute("SET LOCAL work_mem = '4MB'") == 0


async def test_reads_the_database_s_clock_once(small_pool):
    async with transaction() as tx:
        first = await tx.now()
        await tx.execute("SELECT pg_sleep(0.01)")
        assert await tx.now() == first
        assert await tx.fetchval("SELECT clock_timestamp()") > first
    assert first.utcoffset().total_seconds() == 0


async def test_survives_cancellations_at_any_moment(small_pool, slow_commits):
    await slow_commits(0.008)  # At least: so that of the 30 ms some are before a commit's end on any machine.
    dice = random.Random(20_261_120)
    finished, cancelled = [], []

    async def cancel_somewhere(number):
        task = asyncio.create_task(write_both_halves(number))
        await asyncio.sleep(dice.uniform(0, 0.03))
        task.cancel()
        if dice.random() < 0.3:
            await asyncio.sleep(0)
            task.cancel()
        try:
            finished.append(await task)
        except asyncio.CancelledError:
            cancelled.append(number)

    # Eight at once on four connections: some are still waiting for one.
    for start in range(0, CANCELLATIONS, 8):
        await asyncio.gather(*(cancel_somewhere(number) for number in range(start, start + 8)))

    found = await halves()
    assert len(finished) + len(cancelled) == CANCELLATIONS
    assert all(whole == {"left", "right"} for whole in found.values())
    assert set(finished) <= set(found)
    assert len(cancelled) >= CANCELLATIONS // 4  # It did hit them.
    await assert_all_connections_are_back()
    async with asyncio.timeout(60):  # Backends whose connections were cut take a moment to notice it.
        while "idle in transaction" in await small_pool.fetchval("SELECT array_agg(state) FROM pg_stat_activity"):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("times", [1, 3])
async def test_lets_a_commit_under_way_finish_when_cancelled(small_pool, held_commits, until_committing, times):
    task = asyncio.create_task(write_both_halves(1))
    await until_committing()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.sleep(SECONDS_TO_GIVE_UP)
    await held_commits()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert await halves() == {1: {"left", "right"}}
    await assert_all_connections_are_back()


async def test_is_undone_when_its_backend_is_killed(small_pool):
    async def write_and_be_killed():
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            backend = await tx.fetchval("SELECT pg_backend_pid()")
            await small_pool.execute("SELECT pg_terminate_backend($1, 5000)", backend)
            await tx.execute("INSERT INTO halves VALUES (1, 'right')")

    for _ in range(POOL_SIZE + 1):
        with pytest.raises(DATABASE_AWAY):
            await write_and_be_killed()

    assert await halves() == {}
    await assert_all_connections_are_back()


async def test_tells_why_its_connection_was_lost(small_pool):
    async def write_and_wait(killed):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            killed.set_result(await tx.fetchval("SELECT pg_backend_pid()"))
            await tx.execute("SELECT pg_sleep(60)")

    for _ in range(POOL_SIZE + 1):
        killed = asyncio.get_running_loop().create_future()
        waiting = asyncio.create_task(write_and_wait(killed))
        await small_pool.execute("SELECT pg_terminate_backend($1, 5000)", await killed)
        # And not that the pool took the connection back before it could be rolled back.
        with pytest.raises((asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError)):
            await waiting

    assert await halves() == {}
    await assert_all_connections_are_back()


async def test_is_refused_by_the_lock_time_out_instead_of_waiting_for_ever(small_pool):
    await write_both_halves(1)
    holder = small_pool.transaction()
    await holder.start()
    await small_pool.execute("SELECT * FROM halves FOR UPDATE")

    with pytest.raises(asyncpg.LockNotAvailableError):
        async with transaction() as tx:
            await tx.execute("SET LOCAL lock_timeout = '50ms'")
            await tx.execute("UPDATE halves SET id = 2")

    await holder.rollback()
    assert await fetchval("SHOW lock_timeout") == "5s"


class TestWholeUseCase:
    async def test_runs_again_after_a_deadlock(self, small_pool):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left'), (2, 'left')")
        both_hold_one = asyncio.Barrier(2)
        runs = []

        @whole_use_case
        async def lock_both(first, second):
            runs.append(first)
            async with transaction() as tx:
                await tx.execute("UPDATE halves SET half = half || '!' WHERE id = $1", first)
                if runs.count(first) == 1:
                    await both_hold_one.wait()
                await tx.execute("UPDATE halves SET half = half || '!' WHERE id = $1", second)
            return first

        assert await asyncio.gather(lock_both(1, 2), lock_both(2, 1)) == [1, 2]
        assert len(runs) == 3
        assert await halves() == {1: {"left!!"}, 2: {"left!!"}}

    async def test_gives_up_in_the_end(self, small_pool):
        runs = []

        @whole_use_case
        async def always_broken_up():
            runs.append(1)
            async with transaction() as tx:
                await tx.execute(FAIL_WITH_DEADLOCK)

        with pytest.raises(asyncpg.DeadlockDetectedError):
            await always_broken_up()
        assert len(runs) == DEADLOCK_RETRIES_MAX + 1

    async def test_repeats_nothing_else(self, small_pool):
        runs = []

        @whole_use_case
        async def fails_twice():
            runs.append(1)
            async with transaction() as tx:
                await tx.execute("INSERT INTO halves VALUES (1, 'left'), (1, 'left')")

        with pytest.raises(asyncpg.UniqueViolationError):
            await fails_twice()
        assert len(runs) == 1


class TestWake:
    @pytest.fixture
    async def listening(self, fresh_url):
        with notifications().listen(["a", "b"]) as wake_up:
            await notifications().at(fresh_url, application_name="quaestor-tests").start()
            assert await wake_up.wait(60)  # Rung once when the connection listens.
            yield wake_up
            await notifications().stop()

    async def test_announces_after_the_commit(self, small_pool, listening):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            tx.wake(["a", "b"])
            tx.wake(["a"])
            assert tx.topics == {"a", "b"}
            assert not await listening.wait(0.05)
        assert await listening.wait(60)
        assert listening.topics_heard == {"a", "b"}

    async def test_announces_nothing_that_was_rolled_back(self, small_pool, listening):
        with pytest.raises(ZeroDivisionError):
            async with transaction() as tx:
                tx.wake(["a"])
                raise ZeroDivisionError
        async with transaction() as tx:
            tx.wake(["b"])

        assert await listening.wait(60)
        assert listening.topics_heard == {"b"}

    async def test_announces_a_commit_whose_caller_was_cancelled_meanwhile(
        self, small_pool, held_commits, until_committing, listening
    ):
        async def write():
            async with transaction() as tx:
                await tx.execute("INSERT INTO halves VALUES (1, 'right')")
                tx.wake(["a"])

        task = asyncio.create_task(write())
        await until_committing()
        task.cancel()
        await asyncio.sleep(SECONDS_TO_GIVE_UP)
        await held_commits()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await listening.wait(60)
        assert listening.topics_heard == {"a"}
