"""A batch whose accounts were being written when it read the others goes by what that left, and does not lock."""

import asyncio

from app.journal import post_as_remembered
from app.journal.coalescer import Coalescer
from app.journal.memory import Memory, Went
from tests.bookkeeping import open_account
from tests.journal.orders import assert_books_balance, post
from tests.journal.till import done


async def test_goes_by_what_a_batch_left_that_ended_while_other_accounts_were_read(make_till, database, monkeypatch):
    memory = Memory()
    queue = Coalescer(memory=memory, another_batch_from=1)
    till = await make_till(queue)
    third = await open_account(till.customer_id)
    is_sent, may_write, reads = asyncio.Event(), asyncio.Event(), []
    write, read = post_as_remembered._write, post_as_remembered.read_accounts

    async def write_later(batches):
        is_sent.set()
        await may_write.wait()
        return await write(batches)

    async def read_slowly(names):
        reads.append([account_id for _, account_id in names])
        found = await read(names)
        if len(reads) == 2:
            may_write.set()
            await first
        return found

    monkeypatch.setattr(post_as_remembered, "_write", write_later)
    monkeypatch.setattr(post_as_remembered, "read_accounts", read_slowly)
    first = till.submitting(till.order(1, "key-1"))
    await is_sent.wait()
    done(await till.submit(post(till.actor, till.payer, third, 1, "key-2")))
    assert reads[1:] == [[third]]  # The payer's batch was under way.
    assert memory.counts == {Went.READ: 2}
    await queue.close()
    await assert_books_balance()
