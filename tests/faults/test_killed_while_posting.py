"""A process is killed between remembering what a batch will leave and the end of its one statement."""

import asyncio

import pytest

from app.db.connection import fetchval
from app.journal.carry_out_batch import BATCH_SIZE_MAX
from app.journal.coalescer import close_coalescer
from tests.bookkeeping import open_account
from tests.journal.lost_commits import commits_that_hang, hanging_backend, set_standby
from tests.journal.orders import assert_books_balance, transfer_count
from tests.journal.other_process import carry_out_all, other_process

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

REST = 40
"""Of the second batch."""


async def test_leaves_all_of_one_batch_and_nothing_of_the_next_that_was_decided_by_it(database, postgres, make_actor):
    """The first batch waits for the end of its commit; the second waits for the first, in the process."""
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=1_000_000), await open_account(actor.customer_id)
    orders = [("post", payer, payee, "1.00", f"key-{number}") for number in range(BATCH_SIZE_MAX + REST)]
    async with other_process(database) as other:
        assert await other.carry_out_all(actor.customer_id, [("post", payer, payee, "1.00", "first")])
        async with commits_that_hang(postgres) as superuser:
            asking = asyncio.create_task(other.carry_out_all(actor.customer_id, orders))
            backend = await hanging_backend(superuser)
            await asyncio.sleep(0.5)
            assert await hanging_backend(superuser) == backend
            other.kill()
            await asyncio.gather(asking, return_exceptions=True)
            await set_standby(superuser, "")
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
