"""Posting one transfer."""

import pytest

from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.errors import InsufficientFunds
from app.kernel.money import Money
from tests.bookkeeping import GBP, balance_of, gbp, nothing_changes, open_account


async def test_moves_money_from_the_debited_to_the_credited(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)

    transfer, replayed = await post_transfer(actor, PostTransfer(str(payer), str(payee), gbp("30.50"), "key-1"))

    assert not replayed
    assert (transfer.amount, transfer.debit_balance_after, transfer.credit_balance_after) == (3_050, 6_950, 3_050)
    assert await balance_of(actor.customer_id, payer) == (6_950, 0, 2)
    assert await balance_of(actor.customer_id, payee) == (3_050, 0, 1)


async def test_answers_the_same_transfer_for_the_same_key(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    first, _ = await post_transfer(actor, PostTransfer(str(payer), str(payee), gbp("30.50"), "key-1"))

    async with nothing_changes():
        second, replayed = await post_transfer(actor, PostTransfer(str(payer), str(payee), gbp("30.5"), "key-1"))

    assert replayed
    assert second == first


async def test_refuses_more_than_there_is(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)

    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await post_transfer(actor, PostTransfer(str(payer), str(payee), gbp("100.01"), "key-1"))

    assert refused.value.lacking_id == payer
    assert refused.value.available == Money(10_000, GBP)
    assert refused.value.path == ("input", "debitId")
