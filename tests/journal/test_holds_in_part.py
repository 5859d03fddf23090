"""Holds that are captured and released in part, several times, and end by what becomes of the rest."""

import orjson
import pytest

from app.db.connection import fetch, fetchrow, pool
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.carry_out_batch import Done
from app.journal.expire_hold import expire_hold
from app.journal.hold_queries import find_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.status import HoldStatus
from app.journal.transfer_queries import find_captures
from app.kernel.errors import IdempotencyMismatch, Invalid, InvalidState
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.journal.orders import adjust, assert_books_balance, capture, carry_out, made, release


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def held(actor):
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    command = PlaceHold(
        debit_id=str(payer),
        credit_id=str(payee),
        amount=gbp("30.00"),
        idempotency_key="hold",
        expires_at="2999-01-01T00:00:00Z",
    )
    return (await place_hold(actor, command))[0]


def parts(hold):
    return hold.status, hold.amount, hold.captured, hold.released, hold.remaining


async def take(actor, hold, amount, key, *, final=False):
    sent = None if amount is None else gbp(amount)
    return (await capture_hold(actor, CaptureHold(str(hold.id), key, sent, final=final)))[0]


async def give_back(actor, hold, amount, key="r"):
    sent = None if amount is None else gbp(amount)
    return (await release_hold(actor, ReleaseHold(str(hold.id), key, sent)))[0]


async def let_expire(actor, hold):
    await pool().execute("UPDATE holds SET expires_at = clock_timestamp()")
    await expire_hold(actor, hold.id)
    return await find_hold(actor, hold.id)


async def events():
    rows = await fetch("SELECT type, body FROM events WHERE resource_type = 'hold' ORDER BY resource_version")
    return [(row["type"], orjson.loads(row["body"])) for row in rows]


async def test_captures_several_times(actor, held):
    first = await take(actor, held, "10.00", "a")
    second = await take(actor, held, "5.50", "b")

    assert parts(first) == (HoldStatus.PLACED, 3_000, 1_000, 0, 2_000)
    assert parts(second) == (HoldStatus.PLACED, 3_000, 1_550, 0, 1_450)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (8_450, 1_450, 3)
    last = await take(actor, held, "4.50", "c", final=True)
    assert parts(last) == (HoldStatus.CAPTURED, 3_000, 2_000, 1_000, 0)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (8_000, 0, 4)
    captures = (await find_captures(actor, [held.id]))[held.id]
    assert [one.amount for one in captures] == [1_000, 550, 450]
    assert [one.id for one in captures] == [first.transfer_id, second.transfer_id, last.transfer_id]
    assert await find_hold(actor, held.id) == last
    await assert_books_balance()


async def test_tells_each_change_by_one_event(actor, held):
    await take(actor, held, "10.00", "a")
    await give_back(actor, held, "2.00")
    await take(actor, held, None, "c", final=True)

    told = await events()
    assert [event_type for event_type, _ in told] == [
        "hold.status.placed",
        "hold.captured",
        "hold.released",
        "hold.status.captured",
    ]
    amounts = [
        [body["data"][name]["value"] for name in ("amount", "captured", "released", "remaining")] for _, body in told
    ]
    assert amounts == [
        ["30.00", "0.00", "0.00", "30.00"],
        ["30.00", "10.00", "0.00", "20.00"],
        ["30.00", "10.00", "2.00", "18.00"],
        ["30.00", "28.00", "2.00", "0.00"],
    ]
    previous = [body["previous"] for _, body in told]
    assert (previous[0], previous[3]) == (None, {"status": "PLACED"})
    assert {name: one["value"] for name, one in previous[1].items()} == {"captured": "0.00", "remaining": "30.00"}
    assert {name: one["value"] for name, one in previous[2].items()} == {"released": "0.00", "remaining": "20.00"}
    assert [body["data"]["transfer_id"] is None for _, body in told] == [True, False, False, False]


@pytest.mark.parametrize("amount", [None, "30.00"])
async def test_ends_by_a_capture_of_all_that_remains_though_it_is_not_final(actor, held, amount):
    captured = await take(actor, held, amount, "a")
    assert parts(captured) == (HoldStatus.CAPTURED, 3_000, 3_000, 0, 0)
    async with nothing_changes():
        for again in (None, "30.00"):
            assert await take(actor, held, again, "a") == captured
        with pytest.raises(IdempotencyMismatch):
            await take(actor, held, amount, "a", final=True)


@pytest.mark.parametrize("end", [give_back, let_expire])
async def test_is_captured_when_the_rest_is_given_back(actor, held, end):
    await take(actor, held, "10.00", "a")

    ended = await (end(actor, held, None) if end is give_back else end(actor, held))

    assert parts(ended) == (HoldStatus.CAPTURED, 3_000, 1_000, 2_000, 0)
    assert [event_type for event_type, _ in await events()][2:] == ["hold.status.captured"]
    assert await balance_of(actor.customer_id, held.debit.account_id) == (9_000, 0, 2)
    await assert_books_balance()


async def test_is_expired_when_only_a_part_was_released(actor, held):
    await give_back(actor, held, "10.00")
    assert parts(await let_expire(actor, held)) == (HoldStatus.EXPIRED, 3_000, 0, 3_000, 0)
    await assert_books_balance()


@pytest.mark.parametrize("amount", [None, "20.00"])
async def test_is_released_by_the_last_part(actor, held, amount):
    first = await give_back(actor, held, "10.00", "a")
    assert parts(first) == (HoldStatus.PLACED, 3_000, 0, 1_000, 2_000)
    assert parts(await give_back(actor, held, amount, "b")) == (HoldStatus.RELEASED, 3_000, 0, 3_000, 0)
    async with nothing_changes():
        assert await release_hold(actor, ReleaseHold(str(held.id))) == (await find_hold(actor, held.id), True)
    await assert_books_balance()


async def test_releases_a_part_once_for_the_same_key(actor, held):
    released = await give_back(actor, held, "10.00", "a")
    async with nothing_changes():
        assert await release_hold(actor, ReleaseHold(str(held.id), "a", gbp("10"))) == (released, True)
        for other in (None, "10.01"):
            with pytest.raises(IdempotencyMismatch):
                await give_back(actor, held, other, "a")


async def test_captures_a_part_once_for_the_same_key(actor, held):
    first = await take(actor, held, "10.00", "a")
    async with nothing_changes():
        assert await take(actor, held, "10.0", "a") == first
    await take(actor, held, None, "b", final=True)
    async with nothing_changes():
        again = await take(actor, held, "10.00", "a")
        assert parts(again) == (HoldStatus.CAPTURED, 3_000, 3_000, 0, 0)  # As it now is.
        assert await take(actor, held, "20.00", "b", final=True) == again  # All that remained, by its amount.
        for other, key, final in (("30.00", "b", True), (None, "a", False), ("10.00", "a", True)):
            with pytest.raises(IdempotencyMismatch):
                await take(actor, held, other, key, final=final)


@pytest.mark.parametrize("verb", [take, give_back])
async def test_takes_no_more_than_remains(actor, held, verb):
    await take(actor, held, "10.00", "a")
    await give_back(actor, held, "5.00", "b")
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await verb(actor, held, "15.01", "c")
    assert refused.value.path == ("amount", "value")
    assert "Only 15.00 GBP are held" in refused.value.message


async def test_releases_no_part_without_a_key(actor, held):
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await release_hold(actor, ReleaseHold(str(held.id), None, gbp("1.00")))
    assert refused.value.path == ("idempotency_key",)


async def test_does_nothing_in_part_from_its_last_instant_on(actor, held):
    await pool().execute("UPDATE holds SET expires_at = clock_timestamp()")
    async with nothing_changes():
        for change in (take(actor, held, "1.00", "a"), give_back(actor, held, "1.00", "b")):
            with pytest.raises(InvalidState) as refused:
                await change
            assert refused.value.status == "EXPIRED"


async def test_changes_one_hold_many_times_in_one_batch(actor, held):
    outcomes = await carry_out(
        actor,
        capture(actor, held.id, 1_000, "a", final=False),
        release(actor, held.id, "b", 200),
        adjust(actor, held.id, 4_000, "c"),
        capture(actor, held.id, 1_000, "a", final=False),
        capture(actor, held.id, 500, "d"),
        capture(actor, held.id, 100, "e"),
    )

    assert [isinstance(outcome, Done) for outcome in outcomes] == [True] * 5 + [False]
    assert [outcome.replayed for outcome in outcomes[:5]] == [False, False, False, True, False]
    hold = made(outcomes[0])
    assert parts(hold) == (HoldStatus.CAPTURED, 4_000, 1_500, 2_500, 0)
    row = await fetchrow("SELECT * FROM holds")
    assert (row["version"], row["amount_minor_units"]) == (5, 4_000)
    assert (row["captured_minor_units"], row["released_minor_units"]) == (1_500, 2_500)
    assert [event_type for event_type, _ in await events()] == [
        *("hold.status.placed", "hold.captured", "hold.released", "hold.adjusted"),
        "hold.status.captured",
    ]
    await assert_books_balance()
