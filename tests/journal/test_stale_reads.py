"""What looks the same but is older, or was read too early, misleads no batch."""

import asyncio

import pytest

from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.carry_out_batch import NothingDone, carry_out_batch
from app.journal.posting_accounts import lock_posting_account, set_holder
from tests.bookkeeping import balance_of, open_account
from tests.journal.orders import capture, carry_out, made, place, post, until_waiting

pytestmark = pytest.mark.postgres15


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def payer(actor):
    return await open_account(actor.customer_id, balance=1_000)


@pytest.fixture
async def payee(actor):
    return await open_account(actor.customer_id)


async def test_takes_no_key_for_its_own_because_transaction_numbers_have_come_round(actor, payer, payee):
    """Every four thousand million transactions one has the number again of the one that wrote an old row."""
    before = made((await carry_out(actor, post(actor, payer, payee, 5, "key-1")))[0])
    with pytest.raises(NothingDone) as nothing:
        async with transaction() as tx:
            # Its row is now of this transaction, and as old as it would be.
            await tx.execute("UPDATE idempotency_keys SET created_at = now() - interval '1 day'")
            await carry_out_batch(tx, actor.customer_id, [post(actor, payer, payee, 5, "key-1")])

    (outcome,) = nothing.value.outcomes
    assert (outcome.object, outcome.replayed) == (before, True)
    assert await balance_of(actor.customer_id, payee) == (5, 0, 1)


async def test_tells_the_holder_who_got_the_ledger_while_its_hold_was_waited_for(actor, payer, payee):
    held = made((await carry_out(actor, place(actor, payer, payee, 5)))[0])
    holder = new_id()
    await pool().execute(
        "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
        " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada Lovelace', now(), now())",
        actor.customer_id,
        holder,
    )
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM holds WHERE id = $1 FOR UPDATE", held.id)
        capturing = asyncio.create_task(carry_out(actor, capture(actor, held.id, key="key-1")))
        await until_waiting()
        async with transaction() as tx:
            await lock_posting_account(tx, actor.customer_id, payer)
            await set_holder(tx, actor.customer_id, payer, holder)
    captured = made((await capturing)[0])

    assert captured.debit.holder_id == holder
    told = await fetch("SELECT type, holder_id FROM events WHERE occurred_at = $1 ORDER BY type", captured.updated_at)
    assert [tuple(row) for row in told] == [("hold.status.captured", holder), ("transfer.posted", holder)]
