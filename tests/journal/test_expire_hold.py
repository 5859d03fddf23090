"""Expiring a hold, as the worker does when its time is up."""

import pytest

from app.db.connection import fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.expire_hold import expire_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.release_hold import ReleaseHold, release_hold
from app.kernel.actor import worker_actor
from app.kernel.errors import NotFound
from app.outbox.drain import Unavailable
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def held(actor):
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    command = PlaceHold(
        debit_id=str(payer),
        credit_id=str(payee),
        amount=gbp("30.50"),
        idempotency_key="hold",
        expires_at="2999-01-01T00:00:00Z",
    )
    return (await place_hold(actor, command))[0]


async def until_over():
    await pool().execute("UPDATE holds SET expires_at = clock_timestamp()")


async def test_gives_the_funds_back_when_the_time_is_up(actor, held):
    await until_over()

    await expire_hold(worker_actor(actor.customer_id), held.id)

    row = await fetchrow("SELECT status, version FROM holds")
    assert tuple(row) == ("EXPIRED", 2)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (10_000, 0, 1)
    event = await fetchrow("SELECT via, actor FROM events WHERE type = 'hold.status.expired'")
    assert tuple(event) == ("worker", "worker")


async def test_asks_for_another_try_while_it_is_not(actor, held):
    async with nothing_changes():
        with pytest.raises(Unavailable):
            await expire_hold(actor, held.id)


@pytest.mark.parametrize("end", ["captured", "released", "expired"])
async def test_lets_what_became_of_it_before_stand(actor, held, end):
    if end == "captured":
        await capture_hold(actor, CaptureHold(str(held.id), "key-1"))
    elif end == "released":
        await release_hold(actor, ReleaseHold(str(held.id)))
    await until_over()
    if end == "expired":
        await expire_hold(actor, held.id)
    async with nothing_changes():
        await expire_hold(actor, held.id)
    assert await fetchval("SELECT status FROM holds") == end.upper()


async def test_knows_only_the_customer_s_own(make_actor, actor, held):
    await until_over()
    other = await make_actor()
    async with nothing_changes():
        for who, hold_id in ((other, held.id), (actor, new_id())):
            with pytest.raises(NotFound):
                await expire_hold(who, hold_id)
