"""Placing many holds at once, through the verb."""

from dataclasses import replace

import pytest

from app.db.connection import fetchval
from app.journal.carry_out_batch import Done
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.place_holds import PlaceHolds, place_holds
from app.kernel.errors import BatchRefused, Forbidden, InsufficientFunds, Invalid
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.journal.orders import assert_books_balance, kinds


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def item(actor):
    payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)

    def make(key, amount="4.00", **more):
        same = {"debit_id": str(payer), "credit_id": str(payee), "idempotency_key": key}
        return PlaceHold(**{**same, "amount": gbp(amount), **more})

    return make


async def test_places_each_for_itself(actor, item):
    items = [item("a"), item("b", "0.00"), item("c", "6.01"), item("a"), item("d", expires_at="x"), item("e", "6.00")]
    outcomes = await place_holds(actor, PlaceHolds(items))

    assert kinds(outcomes) == [True, Invalid, InsufficientFunds, "replayed", Invalid, True]
    assert outcomes[3].object.id == outcomes[0].object.id
    assert [outcomes[n].path for n in (1, 2, 4)] == [
        ("holds", "1", "amount", "value"),
        ("holds", "2", "debit_id"),
        ("holds", "4", "expires_at"),
    ]
    assert await balance_of(actor.customer_id, outcomes[0].object.debit.account_id) == (1_000, 1_000, 1)
    await assert_books_balance()


@pytest.mark.parametrize(("bad", "refusal"), [({"amount": "6.01"}, InsufficientFunds), ({"debit_id": "x"}, Invalid)])
async def test_places_all_or_none(actor, item, bad, refusal):
    async with nothing_changes():
        with pytest.raises(BatchRefused) as refused:
            await place_holds(actor, PlaceHolds([item("a"), item("b", **bad)], atomic=True))
    assert (refused.value.index, type(refused.value.cause)) == (1, refusal)

    outcomes = await place_holds(actor, PlaceHolds([item("a"), item("b")], atomic=True))
    assert kinds(outcomes) == [True, True]


async def test_shares_keys_with_placing_one(actor, item):
    placed, _ = await place_hold(actor, item("a"))
    async with nothing_changes():
        assert await place_holds(actor, PlaceHolds([item("a")], atomic=True)) == [Done(placed, replayed=True)]


async def test_places_a_thousand(actor, item):
    outcomes = await place_holds(actor, PlaceHolds([item(str(n), "0.01") for n in range(1_000)], atomic=True))

    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert await fetchval("SELECT count(*) FROM holds") == 1_000
    await assert_books_balance()


@pytest.mark.parametrize("count", [0, 1_001])
async def test_refuses_none_and_too_many(actor, item, count):
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await place_holds(actor, PlaceHolds([item("a")] * count))
    assert refused.value.path == ("holds",)


async def test_needs_the_scope(actor, item):
    async with nothing_changes():
        with pytest.raises(Forbidden):
            await place_holds(replace(actor, scopes=frozenset({"transfers:read"})), PlaceHolds([item("a")]))
