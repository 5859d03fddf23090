"""A customer at a coalescer: what the tests of it begin with."""

import asyncio

from app.db.connection import pool
from app.db.identifiers import new_id
from app.journal.carry_out_batch import Done
from app.kernel.actor import worker_actor
from tests.bookkeeping import open_account
from tests.journal.orders import locked, post


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


async def new_till(queue):
    """A till without the fixtures that need the common server."""
    customer_id = new_id()
    await pool().execute("INSERT INTO customers VALUES ($1, 'Example Ltd', now())", customer_id)
    await pool().execute("INSERT INTO feeds (customer_id) VALUES ($1)", customer_id)
    actor = worker_actor(customer_id)
    payer = await open_account(customer_id, balance=1_000_000)
    return Till(actor, payer, await open_account(customer_id), queue)


def assert_empty(queue):
    """Every counter is right again."""
    counters = (queue._figures.waiting, queue._waiting, queue._queues, queue._batches, [*queue._in_turn, *queue._alone])
    assert counters == (0, {}, {}, {}, [])


def done(outcomes):
    (outcome,) = outcomes
    assert isinstance(outcome, Done), outcome
    return outcome
