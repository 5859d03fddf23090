"""Many commands, one transaction; and nobody's command is lost, done twice, or made to wait for another customer."""

import asyncio
import random

import pytest

from app.db.connection import fetch
from app.journal.coalescer import Coalescer, close_coalescer, coalescer
from app.journal.queue_figures import QueueFigures
from app.kernel.errors import BatchRefused, InsufficientFunds, LimitExceeded
from tests.bookkeeping import balance_of, nothing_changes
from tests.journal.orders import (
    assert_books_balance,
    assert_connections_are_back,
    transaction_count,
    transfer_count,
    until_waiting,
)
from tests.journal.till import assert_empty, done

CANCELLATIONS = 400


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
        assert till.queue._figures.waiting == 50
    outcomes = [done(outcome) for outcome in await asyncio.gather(first, *rest)]

    assert await transaction_count() - before == 2
    # A first batch that has to begin again may come second; the others stay together, in their order.
    sequences = [outcome.object.debit_sequence for outcome in outcomes]
    assert sequences in ([*range(2, 53)], [52, *range(2, 52)])
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
    async with asyncio.timeout(60):
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

    assert order.index("patient") <= 10
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


async def test_has_no_two_batches_of_a_customer_under_way_where_few_wait(till):
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        second = till.submitting(till.order())
        await asyncio.sleep(0.05)
        assert len(await until_waiting()) == 1
        assert len(till.queue._writers) == 1
    await asyncio.gather(first, second)


async def test_has_two_batches_of_a_customer_under_way_where_many_wait_and_no_more(make_till, database):
    queue = Coalescer(another_batch_from=3, batch_size_max=3)
    till = await make_till(queue)
    before = await transaction_count()
    async with till.locked():
        tasks = [till.submitting(till.order())]
        await until_waiting()
        tasks += [till.submitting(till.order()) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert len(queue._writers) == 1
        tasks += [till.submitting(till.order()) for _ in range(7)]
        assert len(await until_waiting(2)) == 2
        await asyncio.sleep(0.05)
        assert len(queue._writers) == 2
        assert queue._figures.waiting == 6
    outcomes = [done(outcome) for outcome in await asyncio.gather(*tasks)]

    assert sorted(outcome.object.debit_sequence for outcome in outcomes) == list(range(2, 12))
    assert await transaction_count() - before == 4
    assert_empty(queue)
    await assert_books_balance()


async def test_keeps_half_of_its_writers_for_customers_who_have_none(make_till, database):
    queue = Coalescer(another_batch_from=1, writers_max=4)
    one, two, three, four = [await make_till(queue) for _ in range(4)]
    async with one.locked(), two.locked(), three.locked():
        tasks = [till.submitting(till.order()) for till in (one, two, three)]
        await until_waiting(3)
        tasks += [till.submitting(till.order()) for till in (one, two, three)]
        await asyncio.sleep(0.05)
        assert len(queue._writers) == 3
        done(await four.submit(four.order()))
    await asyncio.gather(*tasks)
    assert_empty(queue)


async def test_keeps_a_writer_where_both_batches_of_others_wait(make_till, database):
    queue = Coalescer(another_batch_from=1, batch_size_max=1, writers_max=4)
    one, two, three = [await make_till(queue) for _ in range(3)]
    async with one.locked(), two.locked():
        tasks = [till.submitting(till.order()) for till in (one, two) for _ in range(2)]  # Without keys they go alone.
        await until_waiting(2)
        await asyncio.sleep(0.05)
        async with asyncio.timeout(4):
            done(await three.submit(three.order()))
    await asyncio.gather(*tasks)
    assert_empty(queue)


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
        assert queue._figures.waiting == 8
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
        assert queue._figures.waiting == 0
        kept = [len(waiting) for waiting in queue._queues.values()]
        assert kept == [0], "what nobody waits for takes memory"
    done(await first)

    assert await transfer_count(till.customer_id) == 2
    assert_empty(queue)


# What spoils a batch


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


async def test_tells_how_much_waits_how_large_batches_are_and_what_found_no_room(make_till, database):
    figures = QueueFigures()
    queue = Coalescer(figures=figures, waiting_max=5)
    till = await make_till(queue)
    async with till.locked():
        tasks = [till.submitting(till.order())]
        await until_waiting()
        tasks += [till.submitting(till.order(), till.order()), till.submitting(till.order(), till.order())]
        await asyncio.sleep(0)
        assert figures.waiting == 4
        with pytest.raises(LimitExceeded):
            await till.submit(till.order(), till.order())
    await asyncio.gather(*tasks)

    assert (figures.waiting, figures.turned_away) == (0, 2)
    sizes = dict(figures.batch_sizes.up_to())
    assert (sizes[1], sizes[2], sizes[4], sizes[float("inf")]) == (1, 1, 2, 2)
    assert figures.batch_sizes.total == 5
