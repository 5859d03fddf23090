"""Each key once, within a batch, between batches, and between processes."""

import asyncio

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.carry_out_batch import Done
from app.journal.status import HoldStatus, TransferStatus
from app.kernel.errors import (
    IdempotencyMismatch,
    InsufficientFunds,
)
from tests.bookkeeping import balance_of, nothing_changes, open_account
from tests.journal.orders import (
    capture,
    carry_out,
    kinds,
    locked,
    made,
    place,
    post,
    release,
    reverse,
    until_waiting,
)

pytestmark = pytest.mark.postgres15


async def test_settles_repeats_within_a_batch(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 5, "key-1"),
        post(actor, payer, payee, 5, "key-1"),
        post(actor, payer, payee, 6, "key-1"),
        place(actor, payer, payee, 5, "key-1"),
        place(actor, payer, payee, 5, "key-1"),
    )

    assert kinds(outcomes) == [True, "replayed", IdempotencyMismatch, True, "replayed"]
    assert outcomes[2].path == ("idempotency_key",)
    assert outcomes[1].object == outcomes[0].object
    assert await balance_of(actor.customer_id, payee) == (5, 0, 1)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 2


async def test_judges_a_repeat_afresh_after_a_refusal(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payee, payer, 5, "key-1"),
        post(actor, payer, payee, 50, "key-2"),
        post(actor, payee, payer, 5, "key-1"),
        post(actor, payee, payer, 5, "key-1"),
    )

    assert kinds(outcomes) == [InsufficientFunds, True, True, "replayed"]
    assert await fetchval("SELECT resource_id FROM idempotency_keys WHERE key = 'key-1'") == outcomes[2].object.id
    async with nothing_changes():
        again = await carry_out(actor, post(actor, payee, payer, 5, "key-1"))
    assert again == [Done(outcomes[2].object, replayed=True)]


async def test_binds_a_key_to_other_content_after_a_refusal(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 1_001, "key-1"),
        post(actor, payer, payee, 7, "key-1"),
        post(actor, payer, payee, 1_001, "key-1"),
    )

    assert kinds(outcomes) == [InsufficientFunds, True, IdempotencyMismatch]
    again = await carry_out(actor, post(actor, payer, payee, 7, "key-1"), post(actor, payer, payee, 1_001, "key-1"))
    assert kinds(again) == ["replayed", IdempotencyMismatch]


async def test_burns_no_key_of_a_refused_request(actor, payer, payee):
    refused = await carry_out(actor, post(actor, payer, payee, 1_001, "key-1"), post(actor, payer, payee, 1, "key-2"))
    assert kinds(refused) == [InsufficientFunds, True]

    assert kinds(await carry_out(actor, post(actor, payer, payee, 2, "key-1"))) == [True]


async def test_answers_what_is_known_as_it_now_is(actor, payer, payee):
    posted = made((await carry_out(actor, post(actor, payer, payee, 5, "key-1")))[0])
    held = made((await carry_out(actor, place(actor, payer, payee, 5, "hold")))[0])
    reversal = made((await carry_out(actor, reverse(actor, posted.id, "back")))[0])
    captured = made((await carry_out(actor, capture(actor, held.id, 3, "capture")))[0])

    async with nothing_changes():
        outcomes = await carry_out(
            actor,
            post(actor, payer, payee, 5, "key-1"),
            place(actor, payer, payee, 5, "hold"),
            reverse(actor, posted.id, "back"),
            capture(actor, held.id, 3, "capture"),
        )

    assert kinds(outcomes) == ["replayed"] * 4
    again = [outcome.object for outcome in outcomes]
    assert (again[0].status, again[0].reversed_by_id) == (TransferStatus.REVERSED, reversal.id)
    assert (again[1].status, again[1].transfer_id, again[1].version) == (
        HoldStatus.CAPTURED,
        captured.transfer_id,
        2,
    )
    assert again[2] == reversal
    assert again[3] == captured == again[1]


async def test_answers_what_is_known_as_it_is_after_those_before_it_in_the_batch(actor, payer, payee):
    posted = made((await carry_out(actor, post(actor, payer, payee, 5, "key-1")))[0])
    held = made((await carry_out(actor, place(actor, payer, payee, 5, "hold")))[0])

    outcomes = await carry_out(
        actor,
        reverse(actor, posted.id, "back"),
        post(actor, payer, payee, 5, "key-1"),
        release(actor, held.id, "release"),
        place(actor, payer, payee, 5, "hold"),
    )

    assert kinds(outcomes) == [True, "replayed", True, "replayed"]
    assert outcomes[1].object.reversed_by_id == outcomes[0].object.id
    assert outcomes[3].object.status is HoldStatus.RELEASED


async def test_keeps_the_keys_of_operations_and_customers_apart(make_actor, actor, payer, payee):
    other = await make_actor()
    others = await open_account(other.customer_id, balance=10), await open_account(other.customer_id)
    await carry_out(actor, post(actor, payer, payee, 5, "key-1"))

    assert kinds(await carry_out(other, post(other, *others, 6, "key-1"))) == [True]
    assert kinds(await carry_out(actor, place(actor, payer, payee, 6, "key-1"))) == [True]


async def test_does_not_deadlock_with_another_process_over_keys_in_opposite_order(actor, payer, payee):
    orders = [post(actor, payer, payee, 1, f"key-{number:03}") for number in range(100)]
    others = [post(actor, payer, payee, 1, f"key-{number:03}") for number in reversed(range(100))]

    first, second = await asyncio.gather(carry_out(actor, *orders), carry_out(actor, *others))

    assert sorted(kinds(first + second), key=str) == sorted([*["replayed"] * 100, *[True] * 100], key=str)
    assert {outcome.object.id for outcome in first} == {outcome.object.id for outcome in second}
    assert await balance_of(actor.customer_id, payee) == (100, 0, 100)


async def test_reserves_its_keys_in_the_same_order_as_everybody(actor, payer, payee):
    """Both are held up in the middle by a third one's key, so that each has some of what the other one wants."""
    keys = [f"key-{number:02}" for number in range(10)]
    async with pool().acquire() as third:
        standing = third.transaction()
        await standing.start()
        await third.execute(
            "INSERT INTO idempotency_keys VALUES ($1, 'postTransfer', 'key-05', $2, $3, now())",
            actor.customer_id,
            b"h" * 32,
            new_id(),
        )
        tasks = [
            asyncio.create_task(carry_out(actor, *(post(actor, payer, payee, 1, key) for key in ordered)))
            for ordered in (keys, list(reversed(keys)))
        ]
        await until_waiting(2)
        await standing.rollback()
    first, second = await asyncio.gather(*tasks)

    assert sorted(map(str, kinds(first + second))) == ["True"] * 10 + ["replayed"] * 10
    assert await balance_of(actor.customer_id, payee) == (10, 0, 10)


async def test_waits_for_the_same_key_of_another_process_and_answers_the_same(actor, payer, payee):
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        await until_waiting(1)
        second = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        await until_waiting(2)
    assert kinds(await first) == [True]
    assert kinds(await second) == ["replayed"]


async def test_takes_a_key_over_from_another_process_that_was_refused(actor, payer, payee):
    """Its key was reserved and given back in a transaction that wrote something else."""
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(
            carry_out(actor, post(actor, payer, payee, 1_001, "key-1"), post(actor, payer, payee, 1, "key-2"))
        )
        await until_waiting(1)
        second = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        await until_waiting(2)
    assert kinds(await first) == [InsufficientFunds, True]
    assert kinds(await second) == [True]
    assert await balance_of(actor.customer_id, payee) == (6, 0, 2)


async def test_sees_a_key_that_another_process_bound_anew(actor, payer, payee):
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(
            carry_out(actor, post(actor, payer, payee, 1_001, "key-1"), post(actor, payer, payee, 5, "key-1"))
        )
        await until_waiting(1)
        second = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        third = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 1_001, "key-1")))
        await until_waiting(3)
    assert kinds(await first) == [InsufficientFunds, True]
    assert kinds(await second) == ["replayed"]
    assert kinds(await third) == [IdempotencyMismatch]
