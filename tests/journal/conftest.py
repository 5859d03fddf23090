"""A coalescer, and customers at it."""

import pytest

from app.db.connection import SERVER_SETTINGS
from app.journal.coalescer import Coalescer
from tests.bookkeeping import open_account
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
