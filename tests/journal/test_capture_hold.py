"""Capturing a hold, through its verb."""

from dataclasses import replace

import pytest

from app.db.connection import fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.journal.amounts import TOTAL_MAX
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.status import HoldStatus
from app.kernel.errors import AssetMismatch, Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.journal.orders import assert_books_balance


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
        reference="booking",
        metadata={"a": 1},
    )
    return (await place_hold(actor, command))[0]


@pytest.mark.parametrize(("amount", "posted"), [(None, 3_050), (gbp("30.50"), 3_050), (gbp("12.34"), 1_234)])
async def test_posts_the_hold_s_transfer_and_gives_back_the_rest(actor, held, amount, posted):
    captured, replayed = await capture_hold(actor, CaptureHold(str(held.id), "key-1", amount))

    assert (captured.status, captured.version, captured.amount, replayed) == (HoldStatus.CAPTURED, 2, 3_050, False)
    transfer = await fetchrow("SELECT * FROM transfers WHERE id = $1", captured.transfer_id)
    assert (transfer["hold_id"], transfer["amount_minor_units"], transfer["kind"]) == (held.id, posted, "INTER_LEDGER")
    assert (transfer["reference"], transfer["metadata"]) == ("booking", {"a": 1})
    assert await balance_of(actor.customer_id, held.debit.account_id) == (10_000 - posted, 0, 2)
    assert await balance_of(actor.customer_id, held.credit.account_id) == (posted, 0, 1)
    await assert_books_balance()


async def test_captures_once_for_the_same_key(actor, held):
    first, _ = await capture_hold(actor, CaptureHold(str(held.id), "key-1", gbp("1.00")))
    async with nothing_changes():
        again = await capture_hold(actor, CaptureHold(str(held.id), "key-1", gbp("1")))
    assert again == (first, True)


@pytest.mark.parametrize("first", [None, gbp("30.50"), gbp("30.5")])
@pytest.mark.parametrize("second", [None, gbp("30.50"), gbp("30.5")])
async def test_takes_no_amount_and_all_of_it_for_the_same_content(actor, held, first, second):
    captured, _ = await capture_hold(actor, CaptureHold(str(held.id), "key-1", first))
    async with nothing_changes():
        again = await capture_hold(actor, CaptureHold(str(held.id), "key-1", second))
        with pytest.raises(IdempotencyMismatch):
            await capture_hold(actor, CaptureHold(str(held.id), "key-1", gbp("30.49")))
    assert again == (captured, True)


@pytest.mark.parametrize("amount", [None, gbp("1.01"), gbp("30.50")])
async def test_refuses_other_content_under_the_same_key(actor, held, amount):
    await capture_hold(actor, CaptureHold(str(held.id), "key-1", gbp("1.00")))
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch):
            await capture_hold(actor, CaptureHold(str(held.id), "key-1", amount))


async def test_refuses_a_total_of_more_than_38_digits(actor, held):
    full = "UPDATE posting_accounts SET credits = $2, debits = $2 WHERE id = $1"
    await pool().execute(full, held.credit.account_id, TOTAL_MAX - 3_049)
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await capture_hold(actor, CaptureHold(str(held.id), "key-1"))
    assert refused.value.path == ("amount", "value")
    captured, _ = await capture_hold(actor, CaptureHold(str(held.id), "key-1", gbp("30.49")))
    assert captured.status is HoldStatus.CAPTURED


async def test_captures_no_hold_twice(actor, held):
    await capture_hold(actor, CaptureHold(str(held.id), "key-1", gbp("1.00")))
    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await capture_hold(actor, CaptureHold(str(held.id), "key-2", gbp("1.00")))
    assert (refused.value.status, refused.value.path) == ("CAPTURED", ("hold_id",))


async def test_captures_nothing_from_its_last_instant_on_though_nobody_has_expired_it(actor, held):
    await pool().execute("UPDATE holds SET expires_at = clock_timestamp()")
    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await capture_hold(actor, CaptureHold(str(held.id), "key-1"))
    assert refused.value.status == "EXPIRED"
    assert await fetchval("SELECT status FROM holds") == "PLACED"


@pytest.mark.parametrize(
    ("amount", "refusal", "path"),
    [
        (gbp("30.51"), Invalid, ("amount", "value")),
        (gbp("0.00"), Invalid, ("amount", "value")),
        (gbp("1.001"), Invalid, ("amount", "value")),
        (replace(gbp("1.00"), asset="EUR"), AssetMismatch, ("amount", "asset")),
    ],
)
async def test_refuses_an_amount_that_cannot_be(actor, held, amount, refusal, path):
    async with nothing_changes():
        with pytest.raises(refusal) as refused:
            await capture_hold(actor, CaptureHold(str(held.id), "key-1", amount))
    assert refused.value.path == path


async def test_knows_only_the_customer_s_own(make_actor, actor, held):
    other = await make_actor()
    async with nothing_changes():
        for who, hold_id in ((other, held.id), (actor, new_id())):
            with pytest.raises(NotFound) as refused:
                await capture_hold(who, CaptureHold(str(hold_id), "key-1"))
            assert refused.value.message == f"There is no hold {hold_id}."


async def test_needs_the_scope(actor, held):
    async with nothing_changes():
        with pytest.raises(Forbidden):
            await capture_hold(replace(actor, scopes=frozenset({"transfers:read"})), CaptureHold(str(held.id), "k"))
