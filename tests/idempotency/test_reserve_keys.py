"""Many keys at once: reserved, known, given back and bound anew."""

import asyncio

import pytest

from app.db.connection import fetch
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.idempotency.key import make_key
from app.idempotency.reserve_keys import (
    BoundKey,
    KeyRequest,
    check_content,
    read_keys,
    reserve_keys,
    reserve_new_keys,
    settle_keys,
)
from app.kernel.errors import IdempotencyMismatch

pytestmark = pytest.mark.postgres15

PATH = ("idempotency_key",)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


def request(name, content="a"):
    return KeyRequest("createWallet", name, make_key("createWallet", name, (content,)).command_hash, new_id())


def bound(one, **more):
    return BoundKey(one.content_hash, one.resource_id, **more)


async def reserve(actor, requests):
    async with transaction() as tx:
        return await reserve_keys(tx, actor.customer_id, requests)


async def stored(customer_id):
    rows = await fetch("SELECT * FROM idempotency_keys WHERE customer_id = $1", customer_id)
    return {row["key"]: BoundKey(row["command_hash"], row["resource_id"]) for row in rows}


async def test_binds_those_that_are_new_and_tells_of_the_others(actor):
    before = [request(f"key-{number}") for number in (1, 3)]
    assert await reserve(actor, before) == {}
    requests = [request(f"key-{number}") for number in reversed(range(5))]
    async with transaction() as tx:
        known = await reserve_keys(tx, actor.customer_id, [*requests, request("key-4", "other")])
    assert known == {one.name: bound(one, is_ours=False) for one in before}
    assert await stored(actor.customer_id) == {one.key: bound(one) for one in [*requests, *before]}


async def test_binds_a_key_once_in_a_transaction(actor):
    first, second = request("key-1"), request("key-1", "b")
    async with transaction() as tx:
        assert await reserve_keys(tx, actor.customer_id, [first]) == {}
        assert await reserve_keys(tx, actor.customer_id, [second]) == {first.name: bound(first, is_ours=True)}


async def test_tells_what_it_has_reserved_itself(actor):
    old, new = request("key-1"), request("key-2")
    await reserve(actor, [old])
    async with transaction() as tx:
        assert await reserve_new_keys(tx, actor.customer_id, [old, new]) == 1
        known = await read_keys(tx, actor.customer_id, [old.name, new.name])
    assert known == {old.name: bound(old, is_ours=False), new.name: bound(new, is_ours=True)}


async def test_knows_no_key_of_another_customer_or_operation(actor, make_actor):
    await reserve(actor, [request("key-1")])
    async with transaction() as tx:
        assert await read_keys(tx, (await make_actor()).customer_id, [("createWallet", "key-1")]) == {}
        assert await read_keys(tx, actor.customer_id, [("createAccount", "key-1")]) == {}


async def test_lets_one_of_many_have_all_keys(actor):
    """They reserve in the same order, whatever order they are given in: they wait, and no deadlock ends them."""
    names = [f"key-{number}" for number in range(100)]
    orders = [names if turn % 2 else names[::-1] for turn in range(8)]
    known = await asyncio.gather(*(reserve(actor, [request(name) for name in order]) for order in orders))
    assert sorted(len(one) for one in known) == [0, *[100] * 7]


async def test_gives_back_and_binds_anew(actor, make_actor):
    other = await make_actor()
    requests = [request(f"key-{number}") for number in range(4)]
    await reserve(other, requests)
    anew = [request("key-2", "b"), request("key-3", "c")]
    async with transaction() as tx:
        await reserve_keys(tx, actor.customer_id, requests)
        await settle_keys(
            tx,
            actor.customer_id,
            given_back=[("createWallet", "key-0"), ("createAccount", "key-1")],
            bound={one.name: bound(one) for one in anew},
        )
    assert await stored(actor.customer_id) == {one.key: bound(one) for one in [requests[1], *anew]}
    assert await stored(other.customer_id) == {one.key: bound(one) for one in requests}


def test_takes_any_hash_that_the_same_content_had():
    # A whole number that is written as a float was hashed otherwise by earlier versions.
    key = make_key("createWallet", "key-1", ({"a": 1.0},))
    assert make_key("createWallet", "key-1", ({"a": 1},)).command_hash == key.command_hash
    assert len(set(key.hashes)) == 2
    for known in key.hashes:
        check_content(known, key.hashes, PATH)


def test_refuses_other_content():
    with pytest.raises(IdempotencyMismatch, match="was used with other content") as refusal:
        check_content(request("key-1", "b").content_hash, [request("key-1").content_hash], PATH)
    assert refusal.value.path == PATH
    with pytest.raises(IdempotencyMismatch, match="for itself"):
        check_content(b"", (None,), PATH, "for itself")
