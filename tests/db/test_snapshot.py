"""One answer, one snapshot: of whatever order, number and fate its reads are, and no connection is ever lost."""

import asyncio
import random

import asyncpg
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.snapshot import ANSWERS_MAX, before_snapshot, current_snapshot, in_one_snapshot
from app.db.transaction import transaction
from app.kernel.errors import Invalid, LimitExceeded
from tests.db.test_transaction import assert_all_connections_are_back, write_both_halves

pytestmark = pytest.mark.postgres15

COUNT = "SELECT count(*) FROM halves"
CANCELLATIONS = 200


async def count():
    return await fetchval(COUNT)


async def meanwhile(number):
    """What another request commits meanwhile."""
    await pool().execute("INSERT INTO halves VALUES ($1, 'theirs')", number)


def step(number, steps=None, *, failure=None):
    """A step that writes, in a transaction of its own."""

    async def take():
        if steps is not None:
            steps.append(number)
        if failure is not None:
            raise failure
        await write_both_halves(number)

    return take


async def test_sees_one_state_however_often_it_reads(small_pool):
    async def answer():
        counts = [await count()]
        await meanwhile(1)
        counts.append((await fetchrow(COUNT))["count"])
        await meanwhile(2)
        return [*counts, len(await fetch("SELECT * FROM halves"))]

    assert await in_one_snapshot(answer) == [0, 0, 0]
    assert await count() == 2
    assert current_snapshot() is None
    await assert_all_connections_are_back()


async def test_begins_with_the_first_read(small_pool):
    async def answer():
        await meanwhile(1)
        return await count()

    assert await in_one_snapshot(answer) == 1


async def test_takes_its_reads_in_turn_on_one_connection(small_pool):
    async def answer():
        return await asyncio.gather(*(fetchval("SELECT pg_backend_pid()") for _ in range(20)))

    assert len(set(await in_one_snapshot(answer))) == 1


async def test_writes_nothing(small_pool):
    async def answer():
        await fetchval("INSERT INTO halves VALUES (1, 'mine') RETURNING 1")

    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await in_one_snapshot(answer)
    assert await count() == 0
    await assert_all_connections_are_back()


async def test_does_first_what_has_to_be_done_before(small_pool):
    answers, steps = [], []

    async def answer():
        answers.append(1)
        await before_snapshot(["one"], step(1, steps))
        await before_snapshot(["one"], step(1, steps))
        return await count()

    assert await in_one_snapshot(answer) == 2
    assert (len(answers), steps) == (1, [1])


async def test_does_it_at_once_where_there_is_no_snapshot(small_pool):
    await before_snapshot(["one"], step(1))
    assert await count() == 2


async def test_begins_after_the_steps_that_are_under_way_beside_it(small_pool):
    answers = []

    async def answer():
        answers.append(1)
        return await asyncio.gather(before_snapshot(["one"], step(1)), count())

    assert await in_one_snapshot(answer) == [None, 2]
    assert len(answers) == 1


async def test_is_made_once_more_after_what_was_known_too_late(small_pool):
    """While the step is taken, no connection is held: it may need each of them."""
    seen, steps, idle = [], [], []

    async def take():
        idle.append(pool().get_idle_size() == pool().get_size())
        await step(1, steps)()

    async def answer():
        seen.append([await count()])
        await before_snapshot(["one"], take)
        seen[-1].append(await count())
        return seen[-1]

    assert await in_one_snapshot(answer) == [2, 2]
    assert seen == [[0, 0], [2, 2]]
    assert (steps, idle) == ([1], [True])
    await assert_all_connections_are_back()


async def test_raises_the_failure_of_a_step_where_it_is_asked_for(small_pool):
    refusal = Invalid("No.", path=("at",))

    async def answer():
        before = await count()
        try:
            await before_snapshot(["one"], step(1, failure=refusal))
        except Invalid as raised:
            return before, raised
        return before, None

    assert await in_one_snapshot(answer) == (0, refusal)


async def test_gives_up_what_it_would_have_to_begin_again_for_ever(small_pool):
    answers = []

    async def answer():
        answers.append(await count())
        await before_snapshot([len(answers)], step(len(answers)))

    with pytest.raises(LimitExceeded):
        await in_one_snapshot(answer)
    assert answers == [0, 2, 4, 6]
    assert len(answers) == ANSWERS_MAX
    await assert_all_connections_are_back()


async def test_leaves_the_others_the_snapshot_when_one_is_cancelled(small_pool):
    async def answer():
        first = await count()
        cancelled = asyncio.create_task(fetchval("SELECT pg_sleep(0.05)"))
        other = asyncio.create_task(count())
        await asyncio.sleep(0.01)
        cancelled.cancel()
        await meanwhile(1)
        return first, await other, await count()

    assert await in_one_snapshot(answer) == (0, 0, 0)
    await assert_all_connections_are_back()


async def test_refuses_a_transaction_while_it_holds_a_connection(small_pool):
    async def answer():
        await count()
        async with transaction():
            pass

    with pytest.raises(AssertionError, match="before_snapshot"):
        await in_one_snapshot(answer)
    await assert_all_connections_are_back()


async def test_reads_what_is_committed_while_it_is_suspended_and_anew_after_it(small_pool):
    async def answer():
        counts = [await count()]
        async with current_snapshot().suspended():
            await write_both_halves(1)
            counts.append(await count())
            await meanwhile(2)
            counts.append(await count())
        counts.append(await count())
        await meanwhile(3)
        return [*counts, await count()]

    assert await in_one_snapshot(answer) == [0, 2, 3, 3, 3]
    await assert_all_connections_are_back()


async def test_is_over_for_a_task_that_outlives_it(small_pool):
    over = asyncio.Event()

    async def outlive():
        await over.wait()
        return await count()

    async def answer():
        await count()
        return asyncio.create_task(outlive())

    task = await in_one_snapshot(answer)
    await meanwhile(1)
    over.set()
    assert await task == 1
    await assert_all_connections_are_back()


async def test_never_waits_for_a_connection_while_it_holds_one(small_pool):
    """Five times as many answers as connections, each with a transaction that it finds out about too late."""

    async def answer(number):
        await count()
        await before_snapshot([number], step(number))
        return await asyncio.gather(count(), count())

    async with asyncio.timeout(60):
        told = await asyncio.gather(*(in_one_snapshot(lambda number=number: answer(number)) for number in range(20)))
    assert all(one == other >= 2 for one, other in told)
    assert await count() == 40
    await assert_all_connections_are_back()


async def test_gives_its_connection_back_whenever_it_is_cancelled(small_pool):
    chance = random.Random(1)

    async def answer(number):
        await asyncio.gather(count(), fetchval("SELECT pg_sleep(0.002)"))
        await before_snapshot([number], step(number))
        return await count()

    async def cancelled(number):
        task = asyncio.create_task(in_one_snapshot(lambda: answer(number)))
        await asyncio.sleep(chance.random() * 0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for begin in range(0, CANCELLATIONS, 10):
        await asyncio.gather(*(cancelled(number) for number in range(begin, begin + 10)))
    await assert_all_connections_are_back()
