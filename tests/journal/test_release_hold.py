"""Releasing a hold, through its verb."""

from dataclasses import replace

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.status import HoldStatus
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def hold(actor):
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)

    async def make(key="hold"):
        return (
            await place_hold(
                actor, PlaceHold(debit_id=str(payer), credit_id=str(payee), amount=gbp("30.50"), idempotency_key=key)
            )
        )[0]

    return make


async def test_gives_the_funds_back(actor, hold):
    held = await hold()

    released, replayed = await release_hold(actor, ReleaseHold(str(held.id)))

    assert (released.status, released.version, released.transfer_id, replayed) == (HoldStatus.RELEASED, 2, None, False)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (10_000, 0, 1)
    assert await fetchval("SELECT count(*) FROM transfers WHERE hold_id IS NOT NULL") == 0


@pytest.mark.parametrize("key", [None, "key-1"])
async def test_releases_once_however_often_it_is_asked(actor, hold, key):
    held = await hold()
    first, _ = await release_hold(actor, ReleaseHold(str(held.id), "key-1"))
    async with nothing_changes():
        again = await release_hold(actor, ReleaseHold(str(held.id), key))
    assert again == (first, True)


async def test_keeps_the_key_of_whoever_asks_again(actor, hold):
    one, other = await hold("one"), await hold("other")
    first, _ = await release_hold(actor, ReleaseHold(str(one.id), "key-1"))
    assert await release_hold(actor, ReleaseHold(str(one.id), "key-2")) == (first, True)
    async with nothing_changes():
        assert await release_hold(actor, ReleaseHold(str(one.id), "key-2")) == (first, True)
        with pytest.raises(IdempotencyMismatch):
            await release_hold(actor, ReleaseHold(str(other.id), "key-2"))


async def test_refuses_a_key_that_released_another(actor, hold):
    one, other = await hold("one"), await hold("other")
    await release_hold(actor, ReleaseHold(str(one.id), "key-1"))
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch):
            await release_hold(actor, ReleaseHold(str(other.id), "key-1"))


async def test_releases_nothing_that_is_captured_or_over(actor, hold):
    captured, over = await hold("one"), await hold("other")
    await capture_hold(actor, CaptureHold(str(captured.id), "key-1"))
    await pool().execute("UPDATE holds SET expires_at = clock_timestamp() WHERE id = $1", over.id)
    async with nothing_changes():
        for held, status in ((captured, "CAPTURED"), (over, "EXPIRED")):
            with pytest.raises(InvalidState) as refused:
                await release_hold(actor, ReleaseHold(str(held.id)))
            assert (refused.value.status, refused.value.path) == (status, ("hold_id",))


async def test_knows_only_the_customer_s_own(make_actor, actor, hold):
    held, other = await hold(), await make_actor()
    async with nothing_changes():
        for who, hold_id in ((other, held.id), (actor, new_id())):
            with pytest.raises(NotFound):
                await release_hold(who, ReleaseHold(str(hold_id)))
        with pytest.raises(Invalid):
            await release_hold(actor, ReleaseHold("x"))
        with pytest.raises(Invalid):
            await release_hold(actor, ReleaseHold(str(held.id), " "))


async def test_needs_the_scope(actor, hold):
    held = await hold()
    async with nothing_changes():
        with pytest.raises(Forbidden):
            await release_hold(replace(actor, scopes=frozenset({"transfers:read"})), ReleaseHold(str(held.id)))
