"""Reversing a transfer, through its verb."""

from dataclasses import replace

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.status import TransferKind, TransferStatus
from app.kernel.errors import Forbidden, IdempotencyMismatch, InsufficientFunds, Invalid, InvalidState, NotFound
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


def reversing(transfer, key="reverse", reason=None):
    return ReverseTransfer(str(transfer.id), key, reason)


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
