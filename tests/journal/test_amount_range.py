"""Ranges of amounts: exact in every scale of an asset, and refused where nobody could say of what they are."""

from dataclasses import replace

import pytest

from app.db.identifiers import new_id
from app.journal.amount_range import check_amount_range
from app.journal.amounts import Amount
from app.journal.posting_accounts import Book
from app.journal.transfer_queries import TransferFilter, list_transfers
from app.kernel.errors import Invalid
from app.kernel.money import Unit
from tests.bookkeeping import open_account
from tests.journal.orders import carry_out, made, post


@pytest.mark.parametrize(
    ("gte", "lte", "asset", "path"),
    [
        ("10", None, None, "asset"),
        ("ten", None, "GBP", "gte"),
        ("1e3", None, "GBP", "gte"),
        ("-1", None, "GBP", "gte"),
        (None, "1.", "GBP", "lte"),
        (None, "9" * 39, "GBP", "lte"),
        ("1", "2", "G", "asset"),
        ("1", "2", "\u0131BP", "asset"),
        ("2", "1", "GBP", "lte"),
        ("1.000000000000000001", "1", "GBP", "lte"),
        ("0.1", "0.0999", "GBP", "lte"),
    ],
)
def test_refuses_what_is_no_amount_of_anything(gte, lte, asset, path):
    with pytest.raises(Invalid) as refused:
        check_amount_range(gte, lte, asset, ("filter", "amount"), is_of_account=False)
    assert refused.value.path == ("filter", "amount", path)


async def test_finds_an_amount_in_every_scale_of_its_asset(make_actor):
    actor = await make_actor()
    transfers = {}
    for scale in (0, 2, 18):
        unit = {"book": Book.WALLET, "unit": Unit("USD", scale)}
        pair = [await open_account(actor.customer_id, allow_negative=True, **unit) for _ in range(2)]
        moved = post(actor, *pair, amount=Amount(10, 0, "USD"))
        transfers[scale] = made(*await carry_out(actor, moved)).id
    for gte, lte, found in (("10", "10.00", 3), ("10.0000001", None, 0), ("9.9999999", "10.1", 3), (None, "9.99", 0)):
        wanted = TransferFilter(amount=check_amount_range(gte, lte, "USD", (), is_of_account=False))
        listed = await list_transfers(actor, wanted, limit=10)
        assert {one.id for one in listed} == (set(transfers.values()) if found else set()), (gte, lte)
    other = await make_actor()
    assert (
        await list_transfers(
            other, TransferFilter(amount=check_amount_range("0", None, "USD", (), is_of_account=False)), limit=10
        )
        == []
    )
    nowhere = TransferFilter(ledger_id=new_id(), amount=check_amount_range("0", None, None, (), is_of_account=True))
    assert await list_transfers(actor, nowhere, limit=10) == []


async def test_refuses_an_amount_of_another_asset_than_the_account_s(make_actor):
    actor, other = await make_actor(), await make_actor()
    account = await open_account(actor.customer_id)
    dollars = check_amount_range("1", "1", "USD", (), is_of_account=True)
    with pytest.raises(Invalid) as refused:
        await list_transfers(actor, TransferFilter(ledger_id=account, amount=dollars), limit=10)
    assert refused.value.path == ("filter", "amount", "asset")
    assert "holds GBP" in refused.value.message
    pounds = check_amount_range("1", "1", "GBP", (), is_of_account=True)
    assert await list_transfers(actor, TransferFilter(ledger_id=account, amount=pounds), limit=10) == []
    for stranger in (other, replace(actor, holder_id=new_id())):
        assert await list_transfers(stranger, TransferFilter(ledger_id=account, amount=dollars), limit=10) == []
