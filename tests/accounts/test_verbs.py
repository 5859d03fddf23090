"""Changing and closing accounts and wallets, and what their holders and ledgers have to do with it."""

import pytest

from app.accounts.close_account import CloseAccount, close_account
from app.accounts.close_wallet import CloseWallet, close_wallet
from app.accounts.create_account import create_account
from app.accounts.create_accounts import CreateAccounts, create_accounts
from app.accounts.create_wallet import create_wallet
from app.accounts.create_wallets import CreateWallets, create_wallets
from app.accounts.lists import WalletFilter, list_wallets
from app.accounts.orders import CreateWallet
from app.accounts.queries import find_account, find_wallet, find_wallet_by_address
from app.accounts.update_account import UpdateAccount, update_account
from app.accounts.update_wallet import UpdateWallet, update_wallet
from app.db.connection import fetchrow, fetchval
from app.db.pages import Page
from app.kernel.errors import (
    AssetMismatch,
    DuplicateReference,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    InvalidState,
    NotFound,
    VersionConflict,
)
from tests.accounts.conftest import new_account, new_wallet, of_holder, opened, opened_wallet, stored, told


async def test_creates_an_account_with_its_wallets_and_replays_it(actor):
    account, replayed = await create_account(actor, new_account("a", new_wallet(), metadata={"a": 1}))
    assert (account.reference, account.type, account.version, account.metadata, replayed) == (
        "a",
        "GROUP",
        1,
        {"a": 1},
        False,
    )
    assert await create_account(actor, new_account("a", new_wallet(), metadata={"a": 1})) == (account, True)
    assert await find_account(actor, account.id) == account
    wallet = await find_wallet_by_address(actor, "a", "default", "USD")
    assert (wallet.account_id, wallet.posted_minor_units, wallet.sequence) == (account.id, 0, 0)


async def test_writes_nothing_of_an_account_one_of_whose_wallets_is_refused(actor):
    with pytest.raises(Invalid):
        await create_account(actor, new_account("a", new_wallet(), new_wallet("b", decimal_places=19)))
    assert set((await stored()).values()) == {0}


@pytest.mark.parametrize(
    ("accounting_type", "side"),
    [("ASSET", "DEBIT"), ("EXPENSE", "DEBIT"), ("LIABILITY", "CREDIT"), ("EQUITY", "CREDIT"), ("REVENUE", "CREDIT")],
)
async def test_opens_a_posting_account_of_the_types_normal_side(actor, accounting_type, side):
    holder_id = await of_holder(actor)
    await opened(actor, "a", holder_id=str(holder_id))
    wallet = await opened_wallet(actor, "a", accounting_type=accounting_type, decimal_places=4, allow_negative=True)
    row = await fetchrow("SELECT * FROM posting_accounts WHERE id = $1", wallet.id)
    assert {name: row[name] for name in ("book", "asset", "scale", "normal_side", "is_open", "allow_negative")} == {
        "book": "WALLET",
        "asset": "USD",
        "scale": 4,
        "normal_side": side,
        "is_open": True,
        "allow_negative": True,
    }
    assert (row["holder_id"], row["customer_id"], row["is_system"]) == (holder_id, actor.customer_id, False)


async def test_creates_many_wallets_all_or_none(actor):
    await opened(actor, "a")
    await opened(actor, "b", new_wallet())
    before = await stored()
    other = CreateWallet("b", new_wallet(decimal_places=3))
    with pytest.raises(DuplicateReference) as refused:
        await create_wallets(actor, CreateWallets((CreateWallet("a", new_wallet()), other), "key"))
    assert refused.value.path == ("wallets", "1", "wallet", "name")
    assert await stored() == before
    both = CreateWallets((CreateWallet("a", new_wallet()), CreateWallet("b", new_wallet())), "key")
    made = await create_wallets(actor, both)
    wallets = [one.wallets[0] for one in made]
    assert [wallet.account_reference for wallet in wallets] == ["a", "b"]
    assert [one.replayed for one in made] == [False, True]
    again = await create_wallets(actor, both)
    assert [(one.wallets[0], one.replayed) for one in again] == [(wallet, True) for wallet in wallets]
    some = CreateWallets((both.wallets[0], CreateWallet("b", new_wallet("third"))))
    assert [one.replayed for one in await create_wallets(actor, some)] == [True, False]
    with pytest.raises(IdempotencyMismatch):
        await create_wallets(actor, CreateWallets((CreateWallet("a", new_wallet("other")),), "key"))
    assert await fetchval("SELECT resource_id FROM idempotency_keys") == wallets[0].id


@pytest.mark.parametrize("count", [0, 1_001])
async def test_creates_between_one_and_a_thousand_wallets(actor, count):
    await opened(actor, "a")
    wallets = tuple(CreateWallet("a", new_wallet(str(number))) for number in range(count))
    with pytest.raises(Invalid) as refused:
        await create_wallets(actor, CreateWallets(wallets))
    assert refused.value.path == ("wallets",)


async def test_creates_many_accounts_all_or_none(actor):
    commands = (new_account("a", new_wallet()), new_account("b"), new_account("a"))
    with pytest.raises(DuplicateReference) as refused:
        await create_accounts(actor, CreateAccounts(commands, "key"))
    assert refused.value.path == ("accounts", "2", "reference")
    assert set((await stored()).values()) == {0}
    [first, second] = await create_accounts(actor, CreateAccounts(commands[:2], "key"))
    assert (first.account.reference, len(first.wallets), second.account.reference) == ("a", 1, "b")
    again = await create_accounts(actor, CreateAccounts(commands[:2], "key"))
    assert [one.replayed for one in again] == [True, True]


async def test_changes_what_is_named_and_nothing_else(actor):
    account = await opened(actor, "a", new_wallet(), metadata={"a": 1, "b": 2})
    command = UpdateAccount(str(account.id), metadata={"a": None, "c": 3}, if_version=1, idempotency_key="k")
    changed, replayed = await update_account(actor, command)
    assert (changed.metadata, changed.version, replayed) == ({"b": 2, "c": 3}, 2, False)
    assert await update_account(actor, command) == (changed, True)
    with pytest.raises(VersionConflict):
        await update_account(actor, UpdateAccount(str(account.id), metadata={"d": 4}, if_version=1))
    assert (await update_account(actor, UpdateAccount(str(account.id))))[0] == changed
    assert await told() == ["account.created", "wallet.created", "account.updated"]
    # It was created with this content, whatever became of it since.
    assert (await create_account(actor, new_account("a", new_wallet(), metadata={"a": 1, "b": 2}))) == (changed, True)


async def test_gives_the_wallets_the_accounts_new_holder(actor):
    ada, grace = await of_holder(actor), await of_holder(actor)
    account = await opened(actor, "a", new_wallet(), new_wallet("b"), holder_id=str(ada))
    untouched = await opened(actor, "other", new_wallet(), holder_id=str(ada))
    await update_account(actor, UpdateAccount(str(account.id), holder_id=str(grace)))
    wallets = await list_wallets(actor, WalletFilter(account_id=account.id), Page(10))
    for wallet in wallets:
        assert wallet.holder_id == grace
        assert await fetchval("SELECT holder_id FROM posting_accounts WHERE id = $1", wallet.id) == grace
    assert {
        wallet.holder_id for wallet in await list_wallets(actor, WalletFilter(account_id=untouched.id), Page(10))
    } == {ada}
    await update_account(actor, UpdateAccount(str(account.id), clear=("HOLDER",)))
    assert [
        wallet.holder_id for wallet in await list_wallets(actor, WalletFilter(account_id=account.id), Page(10))
    ] == [
        None,
        None,
    ]
    with pytest.raises(Invalid) as both:
        await update_account(actor, UpdateAccount(str(account.id), holder_id=str(ada), clear=("HOLDER",)))
    assert both.value.path == ("clear", "0")


async def test_is_backed_by_an_omnibus_ledger_in_its_currency_alone(actor, issue):
    omnibus = await issue(actor, type="OMNIBUS", asset="GBP")
    single = await issue(actor, type="SINGLE_USER", asset="GBP")
    closed = await issue(actor, type="OMNIBUS", asset="GBP", status="CLOSED")
    for ledger_id, refusal in ((single, Invalid), (closed, InvalidState), (actor.customer_id, NotFound)):
        with pytest.raises(refusal) as refused:
            await create_account(actor, new_account("a", backing_ledger_id=str(ledger_id)))
        assert refused.value.path == ("backing_ledger_id",)
    with pytest.raises(AssetMismatch) as mismatch:
        await create_account(
            actor, new_account("a", new_wallet(currency="GBP"), new_wallet(), backing_ledger_id=str(omnibus))
        )
    assert mismatch.value.path == ("wallets", "1", "currency")
    account = await opened(actor, "a", new_wallet(currency="GBP"), backing_ledger_id=str(omnibus))
    with pytest.raises(AssetMismatch):
        await create_wallet(actor, CreateWallet("a", new_wallet()))
    await update_account(actor, UpdateAccount(str(account.id), clear=("BACKING_LEDGER",)))
    await create_wallet(actor, CreateWallet("a", new_wallet()))
    with pytest.raises(AssetMismatch):
        await update_account(actor, UpdateAccount(str(account.id), backing_ledger_id=str(omnibus)))
    assert (await find_account(actor, account.id)).backing_ledger_id is None


async def test_changes_a_wallets_metadata(actor):
    await opened(actor, "a")
    wallet = await opened_wallet(actor, "a", metadata={"a": 1})
    changed, _ = await update_wallet(actor, UpdateWallet(str(wallet.id), {"b": 2}))
    assert (changed.metadata, changed.version) == ({"a": 1, "b": 2}, 2)
    assert await update_wallet(actor, UpdateWallet(str(wallet.id), {"b": 2})) == (changed, False)
    with pytest.raises(VersionConflict):
        await update_wallet(actor, UpdateWallet(str(wallet.id), {"c": 3}, if_version=1))
    assert await told() == ["account.created", "wallet.created", "wallet.updated"]
    assert (await create_wallet(actor, CreateWallet("a", new_wallet(metadata={"a": 1}))))[1]


async def test_closes_an_account_once_its_wallets_are_closed(actor):
    account = await opened(actor, "a", new_wallet(), new_wallet("b"))
    first, second = await list_wallets(actor, WalletFilter(account_id=account.id), Page(10))
    with pytest.raises(InvalidState) as refused:
        await close_account(actor, CloseAccount(str(account.id)))
    assert refused.value.path == ("account_id",)
    closed, before = await close_wallet(actor, CloseWallet(str(first.id), "Empty"))
    assert (closed.closed_at is not None, closed.closed_reason, closed.version, before) == (True, "Empty", 2, False)
    assert await close_wallet(actor, CloseWallet(str(first.id), "Again")) == (closed, True)
    await close_wallet(actor, CloseWallet(str(second.id)))
    gone, before = await close_account(actor, CloseAccount(str(account.id), "Left"))
    assert (gone.closed_at is not None, gone.closed_reason, before) == (True, "Left", False)
    assert await close_account(actor, CloseAccount(str(account.id))) == (gone, True)
    assert (await told())[3:] == ["wallet.closed", "wallet.closed", "account.closed"]
    with pytest.raises(InvalidState) as refused:
        await create_wallet(actor, CreateWallet("a", new_wallet("c")))
    assert (refused.value.status, refused.value.path) == ("CLOSED", ("account_reference",))
    assert (await create_wallet(actor, CreateWallet("a", new_wallet())))[1]
    with pytest.raises(InvalidState):
        await update_account(actor, UpdateAccount(str(account.id), holder_id=str(await of_holder(actor))))
    assert (await update_account(actor, UpdateAccount(str(account.id), metadata={"a": 1})))[0].metadata == {"a": 1}


async def test_lets_one_holders_actor_open_and_see_its_own_alone(actor, as_holder):
    ada, grace = await of_holder(actor), await of_holder(actor)
    hers = await opened(actor, "hers", new_wallet(), holder_id=str(grace))
    own = as_holder(actor, ada)
    account, _ = await create_account(own, new_account("own", new_wallet(), holder_id=str(ada)))
    assert (await find_account(own, account.id)) == account
    for command, refusal in (
        (new_account("x"), Forbidden),
        (new_account("x", holder_id=str(grace)), NotFound),
        (new_account("x", holder_id=str(ada), type="CHART"), Forbidden),
        (new_account("x", new_wallet(accounting_type="ASSET"), holder_id=str(ada)), Forbidden),
        (new_account("x", new_wallet(allow_negative=True), holder_id=str(ada)), Forbidden),
        (new_account("hers", holder_id=str(ada)), DuplicateReference),
    ):
        with pytest.raises(refusal) as refused:
            await create_account(own, command)
        assert getattr(refused.value, "existing_id", None) is None
    with pytest.raises(NotFound):
        await create_wallet(own, CreateWallet("hers", new_wallet("mine")))
    [wallet] = await list_wallets(actor, WalletFilter(account_id=hers.id), Page(10))
    assert await find_wallet(own, wallet.id) is None
    for verb, command in (
        (close_account, CloseAccount(str(hers.id))),
        (close_wallet, CloseWallet(str(wallet.id))),
        (update_account, UpdateAccount(str(hers.id), metadata={"a": 1})),
        (update_wallet, UpdateWallet(str(wallet.id), {"a": 1})),
    ):
        with pytest.raises(NotFound):
            await verb(own, command)
    with pytest.raises(Forbidden):
        await update_account(own, UpdateAccount(str(account.id), clear=("HOLDER",)))


async def test_shows_another_customer_nothing(actor, other_actor):
    account = await opened(actor, "a", new_wallet())
    [wallet] = await list_wallets(actor, WalletFilter(account_id=account.id), Page(10))
    before = await stored()
    assert await find_account(other_actor, account.id) is None
    assert await find_wallet(other_actor, wallet.id) is None
    assert await find_wallet_by_address(other_actor, "a", "default", "USD") is None
    for verb, command in (
        (close_account, CloseAccount(str(account.id))),
        (close_wallet, CloseWallet(str(wallet.id))),
        (update_account, UpdateAccount(str(account.id), metadata={"a": 1})),
        (update_wallet, UpdateWallet(str(wallet.id), {"a": 1})),
        (create_wallet, CreateWallet("a", new_wallet("b"))),
    ):
        with pytest.raises(NotFound):
            await verb(other_actor, command)
    assert await stored() == before
