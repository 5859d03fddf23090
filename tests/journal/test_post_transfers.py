"""Many transfers at once: each for itself, or all or none."""

from dataclasses import replace

import pytest

from app.db.connection import fetchval
from app.db.identifiers import new_id
from app.journal.carry_out_batch import Done
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.post_transfers import PostTransfers, post_transfers
from app.kernel.errors import BatchRefused, Forbidden, IdempotencyMismatch, InsufficientFunds, Invalid, NotFound
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.journal.orders import assert_books_balance


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    return str(await open_account(actor.customer_id, balance=10_000)), str(await open_account(actor.customer_id))


def one(pair, value="1.00", key="key-1", **more):
    return PostTransfer(debit_id=pair[0], credit_id=pair[1], amount=gbp(value), idempotency_key=key, **more)


def kinds(outcomes):
    return [outcome.replayed if isinstance(outcome, Done) else type(outcome) for outcome in outcomes]


async def test_answers_each_in_its_place(actor, pair):
    await post_transfer(actor, one(pair, key="known"))

    outcomes = await post_transfers(
        actor,
        PostTransfers(
            [
                one(pair, key="key-1"),
                one(pair, value="0"),
                one(pair, value="99.00", key="key-2"),
                one(pair, key="known"),
                one((pair[0], str(new_id())), key="key-3"),
                one(pair, value="2.00", key="known"),
                one(pair, key="key-1"),
                one((pair[0], pair[0]), key="key-4"),
                one(pair, key="key-5"),
            ]
        ),
    )

    assert kinds(outcomes) == [
        False,
        Invalid,
        InsufficientFunds,
        True,
        NotFound,
        IdempotencyMismatch,
        True,
        Invalid,
        False,
    ]
    paths = [outcome.path for outcome in outcomes if not isinstance(outcome, Done)]
    assert paths == [
        ("transfers", "1", "amount", "value"),
        ("transfers", "2", "debit_id"),
        ("transfers", "4", "credit_id"),
        ("transfers", "5", "idempotency_key"),
        ("transfers", "7", "credit_id"),
    ]
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 3
    await assert_books_balance()


async def test_answers_where_every_item_is_malformed(actor, pair):
    async with nothing_changes():
        outcomes = await post_transfers(actor, PostTransfers([one(pair, value="x"), one(("x", "y"))]))
    assert kinds(outcomes) == [Invalid, Invalid]


async def test_shares_keys_with_single_transfers(actor, pair):
    (outcome,) = await post_transfers(actor, PostTransfers([one(pair)]))
    async with nothing_changes():
        assert await post_transfer(actor, one(pair)) == (outcome.object, True)
        (again,) = await post_transfers(actor, PostTransfers([one(pair)], atomic=True))
    assert again == Done(outcome.object, replayed=True)


async def test_posts_all_or_none(actor, pair):
    several = [one(pair, key=f"key-{number}") for number in range(5)]
    outcomes = await post_transfers(actor, PostTransfers(several, atomic=True))
    assert kinds(outcomes) == [False] * 5
    more = [*several, one(pair, key="key-5"), one(pair, "96.00", "key-6"), one(pair, "0", "key-7")]
    async with nothing_changes():
        with pytest.raises(BatchRefused) as malformed:
            await post_transfers(actor, PostTransfers(more, atomic=True))
        with pytest.raises(BatchRefused) as lacking:
            await post_transfers(actor, PostTransfers(more[:-1], atomic=True))
    assert (malformed.value.index, malformed.value.path) == (7, ("transfers", "7", "amount", "value"))
    assert (lacking.value.index, type(lacking.value.cause)) == (6, InsufficientFunds)
    assert lacking.value.path == ("transfers", "6", "debit_id")


@pytest.mark.parametrize("atomic", [True, False])
async def test_takes_a_thousand_and_no_more(actor, pair, atomic):
    several = [one(pair, "0.01", f"key-{number}") for number in range(1_001)]
    async with nothing_changes():
        for count in (0, 1_001):
            with pytest.raises(Invalid) as refused:
                await post_transfers(actor, PostTransfers(several[:count], atomic=atomic))
            assert refused.value.path == ("transfers",)
    outcomes = await post_transfers(actor, PostTransfers(several[:1_000], atomic=atomic))
    assert [outcome.object.debit_sequence for outcome in outcomes] == list(range(2, 1_002))
    assert await fetchval("SELECT count(DISTINCT xmin::text) FROM transfers WHERE debit_id = $1", pair[0]) == 1


async def test_uses_money_that_comes_in_on_the_way(actor, pair):
    third = str(await open_account(actor.customer_id))
    outcomes = await post_transfers(
        actor,
        PostTransfers(
            [
                one((pair[1], third), "100.00", "key-1"),
                one(pair, "100.00", "key-2"),
                one((pair[1], third), "100.00", "key-3"),
            ]
        ),
    )
    assert kinds(outcomes) == [InsufficientFunds, False, False]
    assert await balance_of(actor.customer_id, outcomes[2].object.credit.account_id) == (10_000, 0, 1)


async def test_needs_the_scope(actor, pair):
    async with nothing_changes():
        with pytest.raises(Forbidden):
            await post_transfers(replace(actor, scopes=frozenset({"*:read"})), PostTransfers([one(pair)]))
