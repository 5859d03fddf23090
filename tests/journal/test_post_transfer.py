"""Posting one transfer."""

from dataclasses import replace

import pytest

from app.journal.amounts import AmountText
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.errors import Forbidden, InsufficientFunds, Invalid
from app.kernel.money import Money
from tests.bookkeeping import GBP, balance_of, gbp, nothing_changes, open_account


async def test_moves_money_from_the_debited_to_the_credited(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)

    transfer, replayed = await post_transfer(
        actor, PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("30.50"), idempotency_key="key-1")
    )

    assert not replayed
    assert (transfer.amount, transfer.debit_balance_after, transfer.credit_balance_after) == (3_050, 6_950, 3_050)
    assert await balance_of(actor.customer_id, payer) == (6_950, 0, 2)
    assert await balance_of(actor.customer_id, payee) == (3_050, 0, 1)


async def test_answers_the_same_transfer_for_the_same_key(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    first, _ = await post_transfer(
        actor, PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("30.50"), idempotency_key="key-1")
    )

    async with nothing_changes():
        second, replayed = await post_transfer(
            actor, PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("30.5"), idempotency_key="key-1")
        )

    assert replayed
    assert second == first


async def test_refuses_more_than_there_is(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)

    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await post_transfer(
                actor,
                PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("100.01"), idempotency_key="key-1"),
            )

    assert refused.value.lacking_id == payer
    assert refused.value.available == Money(10_000, GBP)
    assert refused.value.path == ("debit_id",)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"debit_id": "x"}, ("debit_id",)),
        ({"credit_id": "x"}, ("credit_id",)),
        ({"amount": gbp("1.001")}, ("amount", "value")),
        ({"amount": gbp("-1")}, ("amount", "value")),
        ({"amount": AmountText("1.00", "£")}, ("amount", "asset")),
        ({"amount": AmountText("1.00", "EUR")}, ("amount", "asset")),
        ({"reference": " "}, ("reference",)),
        ({"reference": "a\x00b"}, ("reference",)),
        ({"reference": "r" * 256}, ("reference",)),
        ({"metadata": {"a": "\x00"}}, ("metadata",)),
        ({"metadata": {"a": 2**63}}, ("metadata",)),
        ({"metadata": "text"}, ("metadata",)),
        ({"idempotency_key": "\x00"}, ("idempotency_key",)),
    ],
)
async def test_refuses_what_is_malformed(make_actor, change, path):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    order = PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("1.00"), idempotency_key="key-1")

    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await post_transfer(actor, replace(order, **change))
    assert refused.value.path == path
    assert not (await post_transfer(actor, order))[1]


@pytest.mark.parametrize(
    "same", [{"amount": gbp("1")}, {"amount": AmountText("1.0", "gbp")}, {"idempotency_key": " key-1 "}, "upper case"]
)
async def test_knows_the_same_request_however_it_is_written(make_actor, same):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    order = PostTransfer(
        debit_id=str(payer),
        credit_id=str(payee),
        amount=gbp("1.00"),
        idempotency_key="key-1",
        metadata={"a": 1, "b": {"c": 2, "d": 3}},
    )
    first, _ = await post_transfer(actor, order)
    if same == "upper case":
        same = {"debit_id": str(payer).upper(), "credit_id": str(payee).upper()}

    async with nothing_changes():
        again = await post_transfer(actor, replace(order, **same, metadata={"b": {"d": 3, "c": 2}, "a": 1}))

    assert again == (first, True)


@pytest.mark.parametrize(("said", "again"), [(None, {}), ({}, None)])
async def test_takes_no_metadata_for_the_same_as_empty_metadata(make_actor, said, again):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=10_000), await open_account(actor.customer_id)
    order = PostTransfer(
        debit_id=str(payer), credit_id=str(payee), amount=gbp("1.00"), idempotency_key="key-1", metadata=said
    )
    first, _ = await post_transfer(actor, order)
    assert first.metadata == {}
    async with nothing_changes():
        assert await post_transfer(actor, replace(order, metadata=again)) == (first, True)


async def test_needs_the_scope(make_actor):
    actor = await make_actor()
    with pytest.raises(Forbidden) as refused:
        await post_transfer(
            replace(actor, scopes=frozenset({"transfers:read"})),
            PostTransfer(debit_id="x", credit_id="y", amount=gbp("1.00"), idempotency_key="key-1"),
        )
    assert refused.value.required_scope == "transfers:write"
