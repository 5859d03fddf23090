"""Same key and same content: one effect, the same answer; other content: refused."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.db.connection import fetch, fetchval
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.idempotency.reserve_key import reserve_key
from app.kernel.errors import ErrorCode, IdempotencyMismatch, Invalid

pytestmark = pytest.mark.postgres15


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    party: Party = Party("Ada")
    email: Any = None
    metadata: Any = None
    idempotency_key: str | None = None


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def use(actor):
    """Use a key for a command; answers None where it is new, else what it was used for."""

    async def use(key="key-1", command=None, *, of=None, operation="createHolder", resource_id=None):
        async with transaction() as tx:
            return await reserve_key(tx, of or actor, operation, key, command or Command(), resource_id or new_id())

    return use


async def test_binds_a_new_key_to_what_is_made(use):
    made = new_id()
    assert await use(resource_id=made) is None
    assert await use() == made
    assert await use() == made
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 1


async def test_does_nothing_without_a_key(use):
    assert await use(key=None) is None
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_has_one_effect_for_fifty_callers_at_once(actor):
    effects = []

    async def call():
        mine = new_id()
        async with transaction() as tx:
            existing = await reserve_key(tx, actor, "createHolder", "key-1", Command(), mine)
            if existing is None:
                await asyncio.sleep(0.02)
                effects.append(mine)
        return existing

    answers = await asyncio.gather(*(call() for _ in range(50)))
    assert len(effects) == 1
    assert answers.count(None) == 1
    assert answers.count(effects[0]) == 49


async def test_lets_the_next_caller_do_it_when_the_first_is_rolled_back(use, actor):
    is_reserved, may_fail = asyncio.Event(), asyncio.Event()

    async def fail():
        async with transaction() as tx:
            await reserve_key(tx, actor, "createHolder", "key-1", Command(), new_id())
            is_reserved.set()
            await may_fail.wait()
            raise ZeroDivisionError

    failing = asyncio.create_task(fail())
    await is_reserved.wait()
    second = new_id()
    succeeding = asyncio.create_task(use(resource_id=second))
    await asyncio.sleep(0.02)
    assert not succeeding.done()
    may_fail.set()

    assert await succeeding is None
    with pytest.raises(ZeroDivisionError):
        await failing
    assert await use() == second


@pytest.mark.parametrize(
    "other",
    [
        Command(Party("Bob")),
        Command(Party("Ada", "1")),
        Command(email=""),
        Command(email="ada@example.com"),
        Command(metadata={"a": 1}),
        Command(metadata={}),
    ],
    ids=repr,
)
async def test_refuses_a_key_that_came_with_other_content(use, other):
    await use()
    before = await fetch("SELECT * FROM idempotency_keys")

    with pytest.raises(IdempotencyMismatch) as refusal:
        await use(command=other)
    assert refusal.value.code is ErrorCode.IDEMPOTENCY_MISMATCH
    assert refusal.value.path == ("idempotency_key",)
    assert await fetch("SELECT * FROM idempotency_keys") == before


async def test_takes_content_for_the_same_however_it_is_ordered(use):
    made = new_id()
    await use(command=Command(metadata={"a": 1, "b": {"c": 2, "d": 3}}), resource_id=made)
    assert await use(command=Command(metadata={"b": {"d": 3, "c": 2}, "a": 1}, idempotency_key="key-1")) == made


async def test_keeps_the_keys_of_customers_and_operations_apart(use, actor, make_actor):
    ours, other_operation, theirs = new_id(), new_id(), new_id()
    assert await use(resource_id=ours) is None
    assert await use(operation="updateHolder", resource_id=other_operation) is None
    other = await make_actor()
    assert await use(of=other, resource_id=theirs) is None

    assert await use() == ours
    assert await use(operation="updateHolder") == other_operation
    assert await use(of=other) == theirs


async def test_is_the_same_for_every_key_of_the_customer(use, actor):
    made = new_id()
    await use(resource_id=made)
    assert await use(of=replace(actor, name="api_key:another", request_id="request-2")) == made


@pytest.mark.parametrize("key", ["", "  ", "k" * 256, "a\x00b", "a\ud800b"])
async def test_refuses_a_key_that_is_no_text(use, key):
    with pytest.raises(Invalid) as refusal:
        await use(key=key)
    assert refusal.value.path == ("idempotency_key",)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_takes_the_longest_key(use):
    assert await use(key="k" * 255) is None
    assert await use(key="k" * 255) is not None
