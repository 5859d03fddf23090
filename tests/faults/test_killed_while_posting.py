"""A process is killed between remembering what a batch will leave and the end of its one statement."""

import asyncio

import pytest

from app.db.connection import fetchval
from app.journal.carry_out_batch import BATCH_SIZE_MAX
from app.journal.coalescer import close_coalescer
from tests.bookkeeping import open_account
from tests.journal.orders import assert_books_balance, locked, transfer_count, until_waiting
from tests.journal.other_process import carry_out_all, other_process

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

REST = 40
"""Of the second batch."""


async def test_leaves_all_of_one_batch_and_nothing_of_the_next_that_was_decided_by_it(database, make_actor):
    """The first batch waits for a lock in the database; the second waits for the first, in the process."""
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=1_000_000), await open_account(actor.customer_id)
    orders = [("post", payer, payee, "1.00", f"key-{number}") for number in range(BATCH_SIZE_MAX + REST)]
    async with other_process(database) as other:
        assert await other.carry_out_all(actor.customer_id, [("post", payer, payee, "1.00", "first")])
        async with locked(actor.customer_id, payer):
            asking = asyncio.create_task(other.carry_out_all(actor.customer_id, orders))
            (backend,) = await until_waiting()
            await asyncio.sleep(0.5)
            assert await until_waiting() == [backend]
            other.kill()
            await asyncio.gather(asking, return_exceptions=True)
    async with asyncio.timeout(60):
        while await fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", backend):
            await asyncio.sleep(0.005)
    answers = await carry_out_all(actor.customer_id, orders)

    # The server notices that nobody waits for its answer when it has committed: the key tells.
    assert [replayed for _, replayed in answers] == [True] * BATCH_SIZE_MAX + [False] * REST
    assert await transfer_count(actor.customer_id) == 2 + len(orders)
    assert await carry_out_all(actor.customer_id, orders) == [[made, True] for made, _ in answers]
    await assert_books_balance()
    await close_coalescer()
