import asyncio

import pytest

from app.accounts.lists import (
    AccountFilter,
    WalletFilter,
    account_cursors,
    count_accounts,
    count_wallets,
    list_accounts,
    list_wallets,
    wallet_cursors,
)
from app.accounts.status import AccountingType, AccountType
from app.accounts.update_account import UpdateAccount, update_account
from app.db.connection import pool
from app.db.pages import Page
from app.kernel.errors import Invalid
from tests.accounts.conftest import new_wallet, of_holder, opened


async def references(actor, **wanted):
    return [account.reference for account in await list_accounts(actor, AccountFilter(**wanted), Page(100))]


async def names(actor, **wanted):
    found = await list_wallets(actor, WalletFilter(**wanted), Page(100))
    return [(wallet.account_reference, wallet.name, wallet.currency) for wallet in found]


@pytest.fixture
async def known(actor):
    holder_id = await of_holder(actor)
    first = await opened(actor, "a", new_wallet(), new_wallet("b", "EUR", "ASSET"), holder_id=str(holder_id))
    await opened(actor, "b", new_wallet(metadata={"n": 1, "m": 2}), type="CHART", metadata={"x": {"y": 1}, "z": 2})
    return first, holder_id


async def test_filters_accounts(actor, other_actor, known):
    first, holder_id = known
    await opened(other_actor, "a")
    assert await references(actor) == ["b", "a"]
    assert await references(actor, type=(AccountType.CHART,)) == ["b"]
    assert await references(actor, references=("a", "nobody")) == ["a"]
    assert await references(actor, references=()) == []
    assert await references(actor, holder_id=holder_id) == ["a"]
    assert await references(actor, metadata={"x": {"y": 1}}) == ["b"]
    assert await references(actor, metadata={"x": {"y": 2}}) == []
    assert await references(actor, metadata={}) == ["b", "a"]
    changed, _ = await update_account(actor, UpdateAccount(str(first.id), metadata={"n": 1}))
    assert await references(actor, changed_since=changed.updated_at) == ["a"]
    assert await count_accounts(actor, AccountFilter()) == 2


async def test_filters_wallets(actor, other_actor, known):
    _, holder_id = known
    await opened(other_actor, "a", new_wallet())
    everything = [("b", "default", "USD"), ("a", "b", "EUR"), ("a", "default", "USD")]
    assert await names(actor) == everything
    assert await names(actor, account_reference="a") == everything[1:]
    assert await names(actor, account_reference="nobody") == []
    assert await names(actor, currency=("EUR", "GBP")) == [everything[1]]
    assert await names(actor, accounting_type=(AccountingType.ASSET,)) == [everything[1]]
    assert await names(actor, holder_id=holder_id) == everything[1:]
    assert await names(actor, metadata={"n": 1}) == [everything[0]]
    assert await names(actor, accounting_type=(AccountingType.LIABILITY,), currency=("USD",), holder_id=holder_id) == [
        everything[2]
    ]
    assert await count_wallets(actor, WalletFilter(currency=("USD",))) == 2
    [frozen] = await list_wallets(actor, WalletFilter(account_reference="b"), Page(1))
    await pool().execute(
        "UPDATE wallets SET freeze_scope = 'ALL', freeze_reason = 'r', frozen_at = now() WHERE id = $1", frozen.id
    )
    assert await names(actor, frozen=True) == everything[:1]
    assert await names(actor, frozen=False) == everything[1:]
    assert await count_wallets(actor, WalletFilter(frozen=True)) == 1


@pytest.mark.parametrize("descending", [True, False])
async def test_pages_in_both_directions(actor, descending):
    await opened(actor, "a", *(new_wallet(str(number)) for number in range(7)))
    order = [str(number) for number in range(7)]
    order = order[::-1] if descending else order
    wanted = WalletFilter(account_reference="a")

    async def page(**more):
        asked = Page(3, descending=descending, **more)
        found = await list_wallets(actor, wanted, asked)
        return [wallet.name for wallet in found], wallet_cursors(wanted, asked, found)

    first, cursors = await page()
    second, more = await page(after=cursors[-1])
    third, _ = await page(after=more[-1])
    assert first + second + third == order
    assert (await page(backward=True))[0] == order[-3:]
    assert (await page(backward=True, before=more[0]))[0] == first
    with pytest.raises(Invalid):
        await list_wallets(actor, WalletFilter(), Page(3, after=cursors[0], descending=descending))
    with pytest.raises(Invalid):
        await list_wallets(actor, wanted, Page(3, after=cursors[0], descending=not descending))


async def test_misses_nothing_and_repeats_nothing_under_writers(actor):
    for number in range(30):
        await opened(actor, f"before-{number}")
    done = asyncio.Event()

    async def write(name):
        number = 0
        while not done.is_set():
            await opened(actor, f"{name}-{number}")
            number += 1

    writers = [asyncio.ensure_future(write(f"writer-{number}")) for number in range(3)]
    try:
        seen, after, wanted = [], None, AccountFilter()
        while True:
            asked = Page(4, after=after)
            found = await list_accounts(actor, wanted, asked)
            seen += [account.reference for account in found]
            if len(found) < 4:
                break
            after = account_cursors(wanted, asked, found)[-1]
    finally:
        done.set()
        await asyncio.gather(*writers)
    assert len(seen) == len(set(seen))
    assert {f"before-{number}" for number in range(30)} <= set(seen)
