"""A round: one statement for the batches of many customers, and no customer's fate is another's."""

import asyncio
import contextlib
import random

import asyncpg
import pytest

from app.db.connection import by_key_pool, fetch, fetchval
from app.journal.carry_out_batch import Done
from app.journal.coalescer import Coalescer
from app.journal.memory import Memory, Went
from app.kernel.errors import BatchRefused, InsufficientFunds, LimitExceeded
from tests.journal.lost_commits import commits_that_hang, cut_connections_in_use, hanging_backend, set_standby
from tests.journal.orders import assert_books_balance, key_in_use, place, transaction_count, transfer_count
from tests.journal.till import Till, assert_empty, done

CUSTOMERS = 12
NUL = "a\x00b"


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
async def tills(make_till, queue):
    """A dozen customers, whose accounts are remembered."""
    made = [await make_till(queue, balance=1_000) for _ in range(CUSTOMERS)]
    for till in made:
        done(await till.submit(till.order(1, "first")))
    queue._memory.counts.clear()
    return made


def submit_all(tills, key="key", **orders):
    """An order of each at the same time; `orders` replaces some, by their place."""
    return asyncio.gather(
        *(till.submit(orders.get(f"at_{place}") or till.order(5, key)) for place, till in enumerate(tills)),
        return_exceptions=True,
    )


async def test_writes_many_customers_in_one_transaction(tills, memory):
    before = await transaction_count()
    outcomes = [done(outcome) for outcome in await submit_all(tills)]

    assert await transaction_count() - before == 1
    assert memory.counts == {Went.REMEMBERED: CUSTOMERS}
    assert {outcome.object.customer_id for outcome in outcomes} == {till.customer_id for till in tills}
    assert len({outcome.object.posted_at for outcome in outcomes}) == 1
    for till, outcome in zip(tills, outcomes, strict=True):
        row = await fetch("SELECT customer_id, posted_at FROM transfers WHERE id = $1", outcome.object.id)
        assert [tuple(one) for one in row] == [(till.customer_id, outcome.object.posted_at)]
        events = await fetch("SELECT customer_id FROM unnumbered_events WHERE resource_id = $1", outcome.object.id)
        assert [one["customer_id"] for one in events] == [till.customer_id]
    await assert_books_balance()


async def test_reads_the_accounts_of_all_in_one_statement(make_till, database):
    memory = Memory()
    queue = Coalescer(memory=memory)
    tills = [await make_till(queue) for _ in range(CUSTOMERS)]
    asked = []
    async with contextlib.AsyncExitStack() as stack:
        for one in [await by_key_pool().acquire() for _ in range(by_key_pool().get_max_size())]:
            stack.enter_context(one.query_logger(lambda record: asked.append(record.query)))
            await by_key_pool().release(one)
        assert all(isinstance(one[0], Done) for one in await submit_all(tills))
    assert ["wanted" in one for one in asked if "posting_accounts" in one] == [True, False]
    assert memory.counts == {Went.READ: CUSTOMERS}
    await queue.close()


async def test_keeps_batches_of_customers_apart_where_it_is_told_to(make_till, database):
    queue = Coalescer(round_customers_max=1, memory=Memory(quiet_min=0))
    tills = [await make_till(queue) for _ in range(4)]
    for till in tills:
        done(await till.submit(till.order(1, "first")))
    before = await transaction_count()
    assert all(isinstance(one[0], Done) for one in await submit_all(tills))
    assert await transaction_count() - before == 4
    await queue.close()


# What goes wrong with one


async def test_leaves_out_who_has_changed(tills, memory):
    """The customer's account was posted to by another process."""
    elsewhere = Till(tills[3].actor, tills[3].payer, tills[3].payee, Coalescer())
    done(await elsewhere.submit(elsewhere.order(1, "elsewhere")))
    before = await transaction_count()
    outcomes = [done(outcome) for outcome in await submit_all(tills)]

    assert await transaction_count() - before == 2
    assert memory.counts == {Went.REMEMBERED: CUSTOMERS - 1, Went.CHANGED: 1}
    assert [outcome.object.debit_sequence for outcome in outcomes] == [3] * 3 + [4] + [3] * (CUSTOMERS - 4)
    await elsewhere.queue.close()
    await assert_books_balance()


async def test_leaves_out_who_uses_a_key_again(tills, memory):
    again = done(await tills[2].submit(tills[2].order(5, "key")))
    memory.counts.clear()
    outcomes = [done(outcome) for outcome in await submit_all(tills)]

    assert [outcome.replayed for outcome in outcomes] == [place == 2 for place in range(CUSTOMERS)]
    assert outcomes[2].object.id == again.object.id
    assert memory.counts == {Went.REMEMBERED: CUSTOMERS - 1, Went.CHANGED: 1}


async def test_refuses_who_lacks_funds_alone(tills):
    outcomes = await submit_all(tills, at_1=tills[1].order(5_000, "key"))
    assert isinstance(outcomes.pop(1)[0], InsufficientFunds)
    assert all(isinstance(one[0], Done) for one in outcomes)
    assert await transfer_count(tills[1].customer_id) == 2


async def test_lets_who_is_poisoned_fail_alone(tills, caplog):
    outcomes = await submit_all(tills, at_4=tills[4].order(5, "key", reference=NUL))
    assert isinstance(outcomes.pop(4), asyncpg.DataError)
    assert all(isinstance(one[0], Done) for one in outcomes)
    assert await transfer_count(tills[4].customer_id) == 2
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["an instruction failed"]
    await assert_books_balance()


async def test_posts_for_others_while_an_account_is_locked(tills):
    async with tills[0].locked():
        blocked = tills[0].submitting(tills[0].order(5, "key"))
        others = await submit_all(tills[1:])
        assert all(isinstance(one[0], Done) for one in others)
        assert not blocked.done()
    done(await blocked)


async def test_waits_only_a_moment_for_a_key_that_another_process_has_reserved(tills):
    async with key_in_use(tills[0].customer_id, "key", waiting_max="100ms"):
        blocked = tills[0].submitting(tills[0].order(5, "key"))
        others = await submit_all(tills[1:])
        assert all(isinstance(one[0], Done) for one in others)
        assert not blocked.done()
    done(await blocked)
    await assert_books_balance()


async def test_posts_an_atomic_submission_beside_others(tills):
    async def refused():
        with pytest.raises(BatchRefused):
            await tills[0].submit(tills[0].order(1), tills[0].order(1_000_001), atomic=True)

    _, outcomes = await asyncio.gather(refused(), submit_all(tills[1:]))
    assert all(isinstance(one[0], Done) for one in outcomes)
    assert await transfer_count(tills[0].customer_id) == 2


async def test_answers_all_once_when_the_connection_is_lost_after_the_commit(tills, postgres):
    async with commits_that_hang(postgres) as superuser:
        posting = asyncio.ensure_future(submit_all(tills))
        await hanging_backend(superuser)
        cut_connections_in_use()
        await asyncio.sleep(0.1)
        await set_standby(superuser, "")
        outcomes = [done(outcome) for outcome in await posting]
    assert [outcome.replayed for outcome in outcomes] == [False] * CUSTOMERS
    assert [await transfer_count(till.customer_id) for till in tills] == [3] * CUSTOMERS
    await assert_books_balance()


# Size


async def test_takes_no_more_than_a_batch_of_all_together(make_till, database):
    queue = Coalescer(batch_size_max=12, memory=Memory(quiet_min=0))
    tills = [await make_till(queue) for _ in range(4)]
    for till in tills:
        done(await till.submit(till.order(1, "first")))
    await asyncio.gather(*(till.submit(till.order(1, f"key-{number}")) for till in tills for number in range(20)))

    sizes = await fetch("SELECT count(*), count(DISTINCT customer_id) AS customers FROM transfers GROUP BY xmin::text")
    assert max(row["count"] for row in sizes) <= 12
    assert max(row["customers"] for row in sizes) == 4
    assert_empty(queue)
    await queue.close()


async def test_gives_all_of_a_batch_to_a_customer_who_is_alone_and_has_two(make_till, database):
    queue = Coalescer(batch_size_max=10, another_batch_from=2, memory=Memory(quiet_min=0))
    till = await make_till(queue)
    done(await till.submit(till.order(1, "first")))
    await asyncio.gather(*(till.submit(till.order(1, f"key-{number}")) for number in range(20)))

    sizes = await fetch("SELECT count(*) FROM transfers WHERE debit_id = $1 GROUP BY xmin::text", till.payer)
    assert sorted(row["count"] for row in sizes) == [1, 10, 10]
    await queue.close()


async def test_refuses_what_is_beyond_its_limits_while_a_round_is_under_way(make_till, database):
    queue = Coalescer(waiting_per_customer_max=2)
    till, other = await make_till(queue), await make_till(queue)
    tasks = [till.submitting(till.order()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(LimitExceeded):
        await asyncio.gather(*(till.submit(till.order()) for _ in range(3)))
    done(await other.submit(other.order()))
    await asyncio.gather(*tasks)
    await queue.close()


# Races


@pytest.mark.thorough
async def test_keeps_the_books_where_processes_share_all_customers(make_till, database):
    """Three queues with memories of their own post for the same customers, in all orders."""
    queues = [Coalescer(another_batch_from=4, memory=Memory(quiet_min=number)) for number in range(3)]
    tills = [await make_till(queues[0]) for _ in range(CUSTOMERS)]
    chance = random.Random(7)

    async def client(queue):
        for _ in range(60):
            till = chance.choice(tills)
            one = Till(till.actor, till.payer, till.payee, queue)
            orders = [one.order(chance.randint(1, 5), f"key-{chance.random()}") for _ in range(chance.randint(1, 3))]
            if chance.random() < 0.1:
                orders.append(place(one.actor, one.payer, one.payee, 1))
            for outcome in await one.submit(*orders, atomic=chance.random() < 0.2):
                assert isinstance(outcome, Done)
            nonlocal sent
            sent += sum(1 for order in orders if order.key is not None)

    sent = 0
    before = await fetchval("SELECT count(*) FROM transfers")
    async with asyncio.timeout(300):
        await asyncio.gather(*(client(queue) for queue in queues for _ in range(6)))
    assert await fetchval("SELECT count(*) FROM transfers") - before == sent
    assert sum(queue._memory.counts[Went.REMEMBERED] + queue._memory.counts[Went.READ] for queue in queues) > 100
    for queue in queues:
        assert_empty(queue)
        await queue.close()
    await assert_books_balance()
