"""A coalescer, and customers at it."""

import asyncio

import pytest

from app.db.connection import SERVER_SETTINGS
from app.journal.coalescer import Coalescer, close_coalescer
from tests.bookkeeping import open_account
from tests.journal.other_process import carry_out_all, other_process
from tests.journal.till import Till, assert_empty


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


@pytest.fixture
async def pair(actor):
    """A payer with 1,000.00 and a payee with 1,000.00."""
    return [await open_account(actor.customer_id, balance=100_000) for _ in range(2)]


@pytest.fixture
async def in_both(database, actor):
    """Give these orders to this process and those to the other one; answers what each of them said."""
    async with other_process(database) as other:

        async def give(ours, theirs):
            return await asyncio.gather(
                carry_out_all(actor.customer_id, ours), other.carry_out_all(actor.customer_id, theirs)
            )

        yield give
    await close_coalescer()
