"""Adjusting a hold up and down, through its verb."""

from dataclasses import replace

import orjson
import pytest

from app.db.connection import fetch, fetchrow, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.adjust_hold import AdjustHold, adjust_hold
from app.journal.amounts import TOTAL_MAX
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.hold_changes import VERSIONS_MAX
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.posting_accounts import set_open
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.status import HoldStatus
from app.kernel.errors import (
    AssetMismatch,
    Forbidden,
    IdempotencyMismatch,
    InsufficientFunds,
    Invalid,
    InvalidState,
    NotFound,
)
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.journal.orders import assert_books_balance


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def held(actor):
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    command = PlaceHold(debit_id=str(payer), credit_id=str(payee), amount=gbp("30.00"), idempotency_key="hold")
    return (await place_hold(actor, command))[0]


def parts(hold):
    return hold.status, hold.amount, hold.captured, hold.released, hold.remaining


async def adjust(actor, hold, amount, key="key-1"):
    return (await adjust_hold(actor, AdjustHold(str(hold.id), key, gbp(amount))))[0]


@pytest.mark.parametrize(
    ("amount", "minor_units"), [("100.00", 10_000), ("30.01", 3_001), ("29.99", 2_999), ("0.01", 1)]
)
async def test_reserves_the_new_amount(actor, held, amount, minor_units):
    adjusted, replayed = await adjust_hold(actor, AdjustHold(str(held.id), "key-1", gbp(amount)))

    assert (*parts(adjusted), replayed) == (HoldStatus.PLACED, minor_units, 0, 0, minor_units, False)
    assert (adjusted.version, adjusted.transfer_id) == (2, None)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (10_000, minor_units, 1)
    event = await fetchrow("SELECT body, resource_version FROM events WHERE type = 'hold.adjusted'")
    told = orjson.loads(event["body"])
    assert (event["resource_version"], told["data"]["amount"]["minor_units"]) == (2, str(minor_units))
    assert {name: one["minor_units"] for name, one in told["previous"].items()} == {
        "amount": "3000",
        "remaining": "3000",
    }
    await assert_books_balance()


async def test_captures_all_of_what_was_adjusted(actor, held):
    await adjust(actor, held, "45.00")
    captured, _ = await capture_hold(actor, CaptureHold(str(held.id), "key-2"))

    assert parts(captured) == (HoldStatus.CAPTURED, 4_500, 4_500, 0, 0)
    async with nothing_changes():
        again = await capture_hold(actor, CaptureHold(str(held.id), "key-2", gbp("45")))
    assert again == (captured, True)
    await assert_books_balance()


async def test_counts_what_was_captured_and_released(actor, held):
    await capture_hold(actor, CaptureHold(str(held.id), "c", gbp("10.00"), final=False))
    await release_hold(actor, ReleaseHold(str(held.id), "r", gbp("5.00")))

    adjusted = await adjust(actor, held, "20.00")

    assert parts(adjusted) == (HoldStatus.PLACED, 2_000, 1_000, 500, 500)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (9_000, 500, 2)
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await adjust(actor, held, "14.99", "key-2")
    assert refused.value.path == ("amount", "value")
    assert "at least 15.00" in refused.value.message


async def test_ends_what_is_adjusted_to_what_is_captured(actor, held):
    await capture_hold(actor, CaptureHold(str(held.id), "c", gbp("10.00"), final=False))

    adjusted = await adjust(actor, held, "10.00")

    assert parts(adjusted) == (HoldStatus.CAPTURED, 1_000, 1_000, 0, 0)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (9_000, 0, 2)
    types = [row["type"] for row in await fetch("SELECT type FROM events WHERE resource_type = 'hold' ORDER BY id")]
    assert types == ["hold.status.placed", "hold.captured", "hold.status.captured"]
    await assert_books_balance()


async def test_ends_what_is_adjusted_to_what_is_released(actor, held):
    await release_hold(actor, ReleaseHold(str(held.id), "r", gbp("10.00")))

    assert parts(await adjust(actor, held, "10.00")) == (HoldStatus.RELEASED, 1_000, 0, 1_000, 0)
    await assert_books_balance()


async def test_changes_nothing_by_the_amount_that_it_has(actor, held):
    first = await adjust_hold(actor, AdjustHold(str(held.id), "key-1", gbp("30")))
    async with nothing_changes():
        again = await adjust_hold(actor, AdjustHold(str(held.id), "key-1", gbp("30.00")))
    assert first == again == (held, True)


async def test_adjusts_once_for_the_same_key(actor, held):
    first = await adjust(actor, held, "40.00")
    async with nothing_changes():
        assert await adjust_hold(actor, AdjustHold(str(held.id), "key-1", gbp("40"))) == (first, True)
        with pytest.raises(IdempotencyMismatch):
            await adjust(actor, held, "40.01")


async def test_needs_funds_for_more(actor, held):
    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await adjust(actor, held, "100.01")
    assert (refused.value.lacking_id, refused.value.path) == (held.debit.account_id, ("hold_id",))
    assert refused.value.available.minor_units == 7_000


@pytest.mark.parametrize("side", ["debit", "credit"])
async def test_gives_back_from_closed_ledgers_but_reserves_no_more(actor, held, side):
    async with transaction() as tx:
        await set_open(tx, actor.customer_id, getattr(held, side).account_id, is_open=False)
    async with nothing_changes():
        with pytest.raises(InvalidState):
            await adjust(actor, held, "30.01")
    assert (await adjust(actor, held, "29.99")).amount == 2_999


async def test_refuses_more_than_38_digits(actor, held):
    await pool().execute("UPDATE posting_accounts SET allow_negative = true, held = $1 WHERE held > 0", TOTAL_MAX)
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await adjust(actor, held, "30.01")
    assert refused.value.path == ("amount", "value")


async def test_adjusts_nothing_that_is_over(actor, held):
    await pool().execute("UPDATE holds SET expires_at = clock_timestamp()")
    async with nothing_changes():
        for amount in ("30.01", "30.00", "1.00"):
            with pytest.raises(InvalidState) as refused:
                await adjust(actor, held, amount)
            assert (refused.value.status, refused.value.path) == ("EXPIRED", ("hold_id",))


async def test_ends_by_the_last_of_so_many_changes(actor, held):
    await adjust(actor, held, "40.00")
    await pool().execute("UPDATE holds SET version = $1, parts_version = $1", VERSIONS_MAX)
    part = gbp("1.00")
    async with nothing_changes():
        for change in (
            adjust(actor, held, "41.00", "key-2"),
            capture_hold(actor, CaptureHold(str(held.id), "c", part, final=False)),
            release_hold(actor, ReleaseHold(str(held.id), "r", part)),
        ):
            with pytest.raises(InvalidState) as refused:
                await change
            assert (refused.value.status, refused.value.path) == ("PLACED", ("hold_id",))
            assert "999 times" in refused.value.message
    captured, _ = await capture_hold(actor, CaptureHold(str(held.id), "c", part))
    assert parts(captured) == (HoldStatus.CAPTURED, 4_000, 100, 3_900, 0)


async def test_refuses_what_cannot_be(make_actor, actor, held):
    other = await make_actor()
    async with nothing_changes():
        for amount, refusal in (
            (gbp("0.00"), Invalid),
            (gbp("1.001"), Invalid),
            (replace(gbp("1.00"), asset="EUR"), AssetMismatch),
        ):
            with pytest.raises(refusal):
                await adjust_hold(actor, AdjustHold(str(held.id), "key-1", amount))
        for who, hold_id in ((other, held.id), (actor, new_id())):
            with pytest.raises(NotFound):
                await adjust_hold(who, AdjustHold(str(hold_id), "key-1", gbp("1.00")))
        with pytest.raises(Forbidden):
            await adjust_hold(
                replace(actor, scopes=frozenset({"transfers:read"})), AdjustHold(str(held.id), "k", gbp("1.00"))
            )
