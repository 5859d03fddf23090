"""Reversing a transfer, through its verb."""

from dataclasses import replace

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.journal import reversed_amounts
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.status import TransferKind, TransferStatus
from app.journal.transfer_queries import find_reversals, find_transfer
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
async def pair(actor):
    return await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)


@pytest.fixture
async def posted(actor, pair):
    return (
        await post_transfer(
            actor,
            PostTransfer(debit_id=str(pair[0]), credit_id=str(pair[1]), amount=gbp("30.50"), idempotency_key="key-1"),
        )
    )[0]


def reversing(transfer, key="reverse", reason=None, amount=None):
    return ReverseTransfer(str(transfer.id), key, reason, None if amount is None else gbp(amount))


async def test_moves_the_money_back_and_links_both(actor, pair, posted):
    reversal, replayed = await reverse_transfer(actor, reversing(posted, reason=" by mistake "))

    assert (reversal.kind, reversal.amount, reversal.reference) == (TransferKind.REVERSAL, 3_050, "by mistake")
    assert (reversal.reverses_id, reversal.status, replayed) == (posted.id, TransferStatus.POSTED, False)
    again, _ = await post_transfer(
        actor, PostTransfer(debit_id=str(pair[0]), credit_id=str(pair[1]), amount=gbp("30.50"), idempotency_key="key-1")
    )
    assert (again.status, again.reversed_by_id) == (TransferStatus.REVERSED, reversal.id)
    assert [await balance_of(actor.customer_id, one) for one in pair] == [(10_000, 0, 3), (0, 0, 2)]
    await assert_books_balance()


async def test_reverses_once(actor, posted):
    reversal, _ = await reverse_transfer(actor, reversing(posted))
    async with nothing_changes():
        assert await reverse_transfer(actor, reversing(posted)) == (reversal, True)
        with pytest.raises(InvalidState) as refused:
            await reverse_transfer(actor, reversing(posted, "another key"))
        assert (refused.value.status, refused.value.existing_id) == ("REVERSED", str(reversal.id))
        with pytest.raises(IdempotencyMismatch):
            await reverse_transfer(actor, reversing(posted, reason="other content"))


async def test_reverses_no_reversal(actor, posted):
    reversal, _ = await reverse_transfer(actor, reversing(posted))
    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await reverse_transfer(actor, reversing(reversal, "key-2"))
    assert refused.value.path == ("transfer_id",)


async def test_takes_back_no_more_than_is_there(actor, pair, posted):
    await post_transfer(
        actor, PostTransfer(debit_id=str(pair[1]), credit_id=str(pair[0]), amount=gbp("0.01"), idempotency_key="key-2")
    )
    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await reverse_transfer(actor, reversing(posted))
    assert (refused.value.lacking_id, refused.value.available.value) == (pair[1], "30.49")
    assert refused.value.path == ("transfer_id",)


async def test_reverses_nothing_of_a_closed_ledger(actor, pair, posted):
    await pool().execute("UPDATE posting_accounts SET is_open = false WHERE id = $1", pair[0])
    async with nothing_changes():
        with pytest.raises(InvalidState):
            await reverse_transfer(actor, reversing(posted))


async def test_reverses_a_captured_hold_s_transfer(actor, pair):
    held, _ = await place_hold(
        actor, PlaceHold(debit_id=str(pair[0]), credit_id=str(pair[1]), amount=gbp("5.00"), idempotency_key="hold")
    )
    captured, _ = await capture_hold(actor, CaptureHold(str(held.id), "capture"))
    await reverse_transfer(actor, ReverseTransfer(str(captured.transfer_id), "key-1"))
    assert [await balance_of(actor.customer_id, one) for one in pair] == [(10_000, 0, 3), (0, 0, 2)]
    async with nothing_changes():
        assert await capture_hold(actor, CaptureHold(str(held.id), "capture")) == (captured, True)


async def test_knows_only_the_customer_s_own(make_actor, actor, posted):
    other = await make_actor()
    async with nothing_changes():
        for who, transfer_id in ((other, posted.id), (actor, new_id()), (actor, posted.debit.account_id)):
            with pytest.raises(NotFound):
                await reverse_transfer(who, ReverseTransfer(str(transfer_id), "key-1"))
        for bad in ({"transfer_id": "x"}, {"reason": ""}, {"idempotency_key": ""}):
            with pytest.raises(Invalid):
                await reverse_transfer(actor, replace(reversing(posted), **bad))


async def test_needs_the_scope(actor, posted):
    async with nothing_changes():
        with pytest.raises(Forbidden):
            await reverse_transfer(replace(actor, scopes=frozenset({"transfers:read"})), reversing(posted))


async def test_reverses_in_parts_never_more_than_was_moved(actor, pair, posted):
    first, _ = await reverse_transfer(actor, reversing(posted, "a", amount="10.00"))
    second, _ = await reverse_transfer(actor, reversing(posted, "b", amount="0.50"))

    found = await find_transfer(actor, posted.id)
    assert (first.amount, second.amount, found.status) == (1_000, 50, TransferStatus.PARTLY_REVERSED)
    assert (found.reversed, found.reversal_count, found.reversed_by_id) == (1_050, 2, second.id)
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await reverse_transfer(actor, reversing(posted, "c", amount="20.01"))
        assert refused.value.path == ("amount", "value")
        assert "Only 20.00 GBP" in refused.value.message
    rest, _ = await reverse_transfer(actor, reversing(posted, "d"))
    found = await find_transfer(actor, posted.id)
    assert (rest.amount, found.status, found.reversed) == (2_000, TransferStatus.REVERSED, 3_050)
    reversals = await find_reversals(actor, [posted.id, rest.id])
    assert reversals == {posted.id: [first, second, rest], rest.id: []}
    async with nothing_changes():
        for amount in (None, "0.01"):
            with pytest.raises(InvalidState) as refused:
                await reverse_transfer(actor, reversing(posted, "e", amount=amount))
            assert (refused.value.status, refused.value.existing_id) == ("REVERSED", str(rest.id))
        assert await reverse_transfer(actor, reversing(posted, "a", amount="10")) == (first, True)
        for other in (None, "10.01"):
            with pytest.raises(IdempotencyMismatch):
                await reverse_transfer(actor, reversing(posted, "a", amount=other))
    assert [await balance_of(actor.customer_id, one) for one in pair] == [(10_000, 0, 5), (0, 0, 4)]
    await assert_books_balance()


async def test_is_reversed_by_one_part_that_is_all_of_it(actor, posted):
    await reverse_transfer(actor, reversing(posted, amount="30.50"))
    assert (await find_transfer(actor, posted.id)).status is TransferStatus.REVERSED


async def test_reverses_a_part_as_far_as_there_are_funds(actor, pair, posted):
    spend = PostTransfer(debit_id=str(pair[1]), credit_id=str(pair[0]), amount=gbp("30.00"), idempotency_key="spend")
    await post_transfer(actor, spend)
    async with nothing_changes():
        with pytest.raises(InsufficientFunds):
            await reverse_transfer(actor, reversing(posted, amount="0.51"))
    await reverse_transfer(actor, reversing(posted, amount="0.50"))
    assert (await find_transfer(actor, posted.id)).reversed == 50


async def test_refuses_a_part_that_cannot_be(actor, posted):
    async with nothing_changes():
        for amount, refusal, path in (
            (gbp("0.00"), Invalid, ("amount", "value")),
            (gbp("1.001"), Invalid, ("amount", "value")),
            (replace(gbp("1.00"), asset="EUR"), AssetMismatch, ("amount", "asset")),
        ):
            with pytest.raises(refusal) as refused:
                await reverse_transfer(actor, ReverseTransfer(str(posted.id), "a", None, amount))
            assert refused.value.path == path


async def test_lets_the_last_of_so_many_reversals_reverse_all_that_is_left(actor, posted, monkeypatch):
    monkeypatch.setattr(reversed_amounts, "REVERSALS_MAX", 3)
    for key in ("a", "b"):
        await reverse_transfer(actor, reversing(posted, key, amount="1.00"))
    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await reverse_transfer(actor, reversing(posted, "c", amount="1.00"))
    assert (refused.value.status, refused.value.path) == ("PARTLY_REVERSED", ("transfer_id",))
    await reverse_transfer(actor, reversing(posted, "c", amount="28.50"))
    assert (await find_transfer(actor, posted.id)).status is TransferStatus.REVERSED
