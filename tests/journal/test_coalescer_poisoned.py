"""A command that PostgreSQL refuses fails alone: whatever was gathered with it is posted."""

import asyncio

import asyncpg
import pytest

from app.db.connection import fetchval
from tests.bookkeeping import nothing_changes
from tests.journal.orders import (
    assert_books_balance,
    transfer_count,
    until_waiting,
)
from tests.journal.till import done

NUL = "a\x00b"


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
