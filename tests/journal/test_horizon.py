"""The horizon: nothing appears behind it any more, whoever is stalled before a commit."""

import asyncio
import contextvars
import random
from datetime import timedelta

import asyncpg
import pytest

from app.db.connection import fetchval, pool
from app.db.transaction import transaction
from app.journal import horizon, newest_first
from app.journal.carry_out_batch import carry_out_batch
from app.journal.entry_queries import EntryFilter, list_entries
from app.journal.hold_queries import HoldFilter, list_holds
from app.journal.horizon import settle_instant, settled_until
from app.journal.transfer_queries import TransferFilter, list_transfers
from app.kernel.errors import Invalid, LimitExceeded
from tests.bookkeeping import open_account
from tests.conftest import superuser_url
from tests.journal.orders import carry_out, made, place, post

pytestmark = pytest.mark.postgres15

WRITERS = 10
TRANSFERS_EACH = 15


async def clock():
    return await fetchval("SELECT clock_timestamp()")


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pairs(actor):
    """Two accounts for each writer, so that none waits for another."""
    return [
        (await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id))
        for _ in range(WRITERS)
    ]


def apart(work):
    """In a task that knows of no transaction of this one."""
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())


async def test_is_now_while_nothing_is_written(database):
    before = await clock()
    async with pool().acquire() as reader, reader.transaction(isolation="repeatable_read", readonly=True):
        await reader.fetchval("SELECT count(*) FROM transfers")
        assert before < await settled_until() < await clock()


async def test_stops_where_a_posting_began_that_is_stalled_before_its_commit(actor, pairs):
    begin = await clock()
    async with transaction() as tx:
        outcomes = await carry_out_batch(tx, actor.customer_id, [post(actor, *pairs[0])])
        stalled = outcomes[0].object
        later = [made((await apart(carry_out(actor, post(actor, *pair))))[0]) for pair in pairs[1:3]]
        held = made((await apart(carry_out(actor, place(actor, *pairs[3]))))[0])

        end = await settled_until()
        assert begin < end <= stalled.posted_at < min(one.posted_at for one in later)
        for span in ({"posted_at_gte": begin}, {"posted_at_lt": held.created_at + timedelta(hours=1)}):
            found = await list_transfers(actor, TransferFilter(**span), limit=100)
            assert {one.id for one in later}.isdisjoint(one.id for one in found)
            entries = await list_entries(actor, EntryFilter(**span), limit=100)
            assert {one.id for one in later}.isdisjoint(one.transfer.id for one in entries)
        assert await list_holds(actor, HoldFilter(created_at_gte=begin), limit=100) == []

        # Who asks for no span of time, or for one ledger's, sees all that is committed.
        newest = await list_transfers(actor, TransferFilter(), limit=2)
        assert [one.id for one in newest] == [one.id for one in reversed(later)]
        of_one = await list_transfers(actor, TransferFilter(ledger_id=pairs[1][0], posted_at_gte=begin), limit=10)
        assert [one.id for one in of_one] == [later[0].id]
        assert len(await list_entries(actor, EntryFilter(transfer_id=later[0].id, posted_at_gte=begin), limit=10)) == 2
        assert len(await list_holds(actor, HoldFilter(ledger_id=pairs[3][0], created_at_gte=begin), limit=10)) == 1

    found = await list_transfers(actor, TransferFilter(posted_at_gte=begin), limit=100)
    assert [one.id for one in found] == [one.id for one in reversed([stalled, *later])]
    assert [one.id for one in await list_holds(actor, HoldFilter(created_at_gte=begin), limit=100)] == [held.id]


async def test_counts_a_transaction_from_its_stamp_on_though_it_has_written_nothing_yet(database):
    async with transaction() as tx:
        stamped = await tx.now()
        assert await apart(settled_until()) < stamped


async def test_waits_for_nobody_longer_than_a_posting_can_take(database, monkeypatch):
    monkeypatch.setattr(horizon, "SETTLED_AFTER", timedelta(milliseconds=20))
    async with transaction() as tx:
        stamped = await tx.now()
        while await settled_until() <= stamped:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("name", "is_ours"), [("quaestor", True), ("psql", False)])
async def test_takes_our_own_writer_whose_beginning_it_may_not_see_for_an_old_one(database, postgres, name, is_ours):
    other = await asyncpg.connect(superuser_url(postgres), server_settings={"application_name": name})
    try:
        async with other.transaction():
            await other.fetchval("SELECT pg_current_xact_id()")
            before = await clock()
            end = await settled_until()
            old = horizon.SETTLED_AFTER if is_ours else timedelta(0)
            assert before - old < end < await clock() - old
        assert before < await settled_until()
    finally:
        await other.close()


async def follow(actor, begin, is_over):
    """All that is seen by going on from the last instant seen, as clients do."""
    seen, last = {}, begin
    while True:
        was_over = is_over.is_set()
        found = await list_transfers(actor, TransferFilter(posted_at_gte=last), limit=1_000)
        seen |= {one.id: one for one in found}
        last = max([last, *(one.posted_at for one in found)])
        if was_over:
            return seen
        await asyncio.sleep(0)


async def write(actor, pair, chance):
    """Transfers, each in a transaction that is stalled for a while before its commit."""
    for _ in range(TRANSFERS_EACH):
        async with transaction() as tx:
            await carry_out_batch(tx, actor.customer_id, [post(actor, *pair)])
            await asyncio.sleep(chance.random() * 0.03)


async def miss(actor, pairs):
    """How many of the transfers a follower has missed when the writers are done."""
    begin, is_over, chance = await clock(), asyncio.Event(), random.Random(1)
    follower = asyncio.create_task(follow(actor, begin, is_over))
    await asyncio.gather(*(write(actor, pair, chance) for pair in pairs))
    is_over.set()
    seen = await follower
    return WRITERS * TRANSFERS_EACH - len(seen)


async def test_lets_nobody_miss_anything_who_follows_ten_writers(actor, pairs):
    assert await miss(actor, pairs) == 0


async def test_is_what_keeps_them_from_it(actor, pairs, monkeypatch):
    """Without it, stamps that precede their commits are lost."""
    monkeypatch.setattr(newest_first, "settled_until", clock)
    assert await miss(actor, pairs) > 0


async def test_waits_until_nothing_can_appear_up_to_an_instant(actor, pairs):
    async with transaction() as tx:
        await carry_out_batch(tx, actor.customer_id, [post(actor, *pairs[0])])
        stalled_at, before = await clock(), await clock() - timedelta(minutes=1)
        await apart(settle_instant(before))
        waiting = apart(settle_instant(stalled_at))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    assert await fetchval(
        "SELECT count(*) FROM transfers WHERE posted_at <= $1 AND debit_id = $2", stalled_at, pairs[0][0]
    )


async def test_waits_no_longer_than_for_a_lock(actor, pairs, monkeypatch):
    monkeypatch.setattr(horizon, "SETTLE_SECONDS_MAX", 0.05)
    async with transaction() as tx:
        await carry_out_batch(tx, actor.customer_id, [post(actor, *pairs[0])])
        with pytest.raises(LimitExceeded, match="busy"):
            await apart(settle_instant(await clock()))


async def test_waits_for_no_instant_that_is_still_to_come(database):
    with pytest.raises(Invalid) as refused:
        await settle_instant(await clock() + timedelta(seconds=10), ("filter", "at"))
    assert refused.value.path == ("filter", "at")
