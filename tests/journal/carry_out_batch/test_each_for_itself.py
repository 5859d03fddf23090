"""The engine: each instruction of a batch for itself, in order."""

from uuid import UUID

import asyncpg
import pytest

from app.db.connection import fetch
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.carry_out_batch import BATCH_SIZE_MAX, NothingDone, carry_out_batch
from app.kernel.errors import (
    BatchRefused,
    InsufficientFunds,
    NotFound,
)
from tests.bookkeeping import balance_of, every_row, nothing_changes
from tests.journal.orders import (
    assert_books_balance,
    capture,
    carry_out,
    expire,
    kinds,
    place,
    post,
    release,
    reverse,
    rows_changed,
)

pytestmark = pytest.mark.postgres15


async def test_decides_each_in_order_against_what_those_before_it_left(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payee, payer, 1),
        post(actor, payer, payee, 1_000),
        post(actor, payer, payee, 1),
        post(actor, payee, payer, 600),
        post(actor, payee, payer, 401),
        post(actor, payer, payee, 600),
    )

    assert kinds(outcomes) == [InsufficientFunds, True, InsufficientFunds, True, InsufficientFunds, True]
    assert outcomes[2].available.minor_units == 0
    assert outcomes[4].available.minor_units == 400
    assert await balance_of(actor.customer_id, payer) == (0, 0, 4)
    assert await balance_of(actor.customer_id, payee) == (1_000, 0, 3)
    await assert_books_balance()


async def test_writes_exactly_the_rows_of_what_was_accepted(actor, payer, payee):
    before = await every_row()

    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 1, "one"),
        post(actor, payer, new_id(), 1, "lost"),
        post(actor, payer, payee, 1_000, "too much"),
        place(actor, payer, payee, 1, "hold"),
        capture(actor, new_id(), key="no hold"),
        post(actor, payer, payee, 2, "two"),
    )

    assert kinds(outcomes) == [True, NotFound, InsufficientFunds, True, NotFound, True]
    assert await rows_changed(before) == {
        "events": (3, 0),
        "holds": (1, 0),
        "idempotency_keys": (3, 0),
        "posting_accounts": (2, 2),
        "transfers": (2, 0),
        "unnumbered_events": (3, 0),
    }
    keys = await fetch("SELECT key, resource_id FROM idempotency_keys ORDER BY key")
    assert [(row["key"], row["resource_id"]) for row in keys] == [
        ("hold", outcomes[3].object.id),
        ("one", outcomes[0].object.id),
        ("two", outcomes[5].object.id),
    ]


async def test_changes_nothing_where_all_are_refused(actor, payer, payee):
    async with nothing_changes():
        outcomes = await carry_out(
            actor,
            post(actor, payer, payee, 1_001, "too much"),
            post(actor, payer, new_id(), 1, "lost"),
            place(actor, payer, payee, 1_001, "hold too much"),
            reverse(actor, new_id(), "no transfer"),
            release(actor, new_id(), "no hold"),
            release(actor, new_id()),
            expire(actor, new_id()),
        )

    assert kinds(outcomes) == [InsufficientFunds, NotFound, InsufficientFunds, *[NotFound] * 4]


async def test_asks_to_be_rolled_back_where_nothing_is_to_be_written(actor, payer, payee):
    known = post(actor, payer, payee, 1, "known")
    await carry_out(actor, known)
    for orders in ([post(actor, payer, payee, 1_001, "key-1")], [post(actor, payer, payee, 1, "known")]):
        with pytest.raises(NothingDone) as nothing:
            async with transaction() as tx:
                await carry_out_batch(tx, actor.customer_id, orders)
        assert len(nothing.value.outcomes) == 1


async def test_posts_all_or_none_where_asked_to(actor, payer, payee):
    several = [post(actor, payer, payee, 400, f"key-{number}") for number in range(3)]
    async with nothing_changes():
        with pytest.raises(BatchRefused) as refused:
            await carry_out(actor, *several, atomic=True)
    assert refused.value.index == 2
    assert refused.value.cause.available.minor_units == 1_000

    assert kinds(await carry_out(actor, *several[:2], atomic=True)) == [True, True]
    async with nothing_changes():
        again = await carry_out(actor, *several[:2], atomic=True)
    assert [outcome.replayed for outcome in again] == [False, False]  # The same requests once more, not retries.


async def test_counts_what_is_known_by_its_key_as_done_in_an_atomic_batch(actor, payer, payee):
    await carry_out(actor, post(actor, payer, payee, 1_000, "key-1"))

    async with nothing_changes():
        outcomes = await carry_out(actor, post(actor, payer, payee, 1_000, "key-1"), atomic=True)
        assert kinds(outcomes) == ["replayed"]
    more = await carry_out(
        actor, post(actor, payer, payee, 1_000, "key-1"), post(actor, payee, payer, 1, "key-2"), atomic=True
    )
    assert kinds(more) == ["replayed", True]


async def test_takes_no_more_than_its_maximum(actor, payer, payee):
    orders = [post(actor, payer, payee) for _ in range(BATCH_SIZE_MAX + 1)]
    async with nothing_changes():
        with pytest.raises(AssertionError, match="upper bound"):
            await carry_out(actor, *orders)
    assert len(await carry_out(actor, *orders[:-1])) == BATCH_SIZE_MAX
    await assert_books_balance()


async def test_never_writes_an_id_twice(actor, payer, payee):
    """Without a key there is only the id; it keeps a repeated request from being done twice."""
    order = post(actor, payer, payee, 5)
    await carry_out(actor, order)
    async with nothing_changes():
        with pytest.raises(asyncpg.UniqueViolationError):
            await carry_out(actor, order)
    assert isinstance(order.resource_id, UUID)
