"""What happens when several open the same: in one process, and in two."""

import asyncio

import pytest

from app.accounts.close_account import CloseAccount, close_account
from app.accounts.create_account import create_account
from app.accounts.create_wallet import create_wallet
from app.accounts.create_wallets import CreateWallets, create_wallets
from app.accounts.lists import WalletFilter, list_wallets
from app.accounts.orders import CreateWallet
from app.accounts.update_account import UpdateAccount, update_account
from app.db.connection import fetch, fetchval
from app.db.pages import Page
from app.kernel.errors import DuplicateReference, InvalidState
from app.proof.prove_books import prove_books
from tests.accounts.conftest import new_account, new_wallet, of_holder, opened, stored
from tests.journal.other_process import carry_out_all, other_process

AT_ONCE = 8


async def test_creates_one_account_for_many_who_ask_at_once(actor):
    command = new_account("a", new_wallet(), new_wallet("b"), idempotency_key="key")
    answers = await asyncio.gather(*(create_account(actor, command) for _ in range(AT_ONCE)))
    assert len({account.id for account, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * (AT_ONCE - 1)
    counts = await stored()
    assert (counts["accounts"], counts["wallets"], counts["events"], counts["idempotency_keys"]) == (1, 2, 3, 1)


async def test_creates_one_account_of_several_contents(actor):
    commands = [new_account("a", new_wallet(decimal_places=number)) for number in range(AT_ONCE)]
    answers = await asyncio.gather(*(create_account(actor, one) for one in commands), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, DuplicateReference)]
    [(account, replayed)] = [one for one in answers if not isinstance(one, Exception)]
    assert (len(refused), replayed) == (AT_ONCE - 1, False)
    assert {one.existing_id for one in refused} == {str(account.id)}
    counts = await stored()
    assert (counts["accounts"], counts["wallets"], counts["posting_accounts"], counts["events"]) == (1, 1, 1, 2)


async def test_creates_one_wallet_of_a_name_for_many_who_ask_at_once(actor):
    await opened(actor, "a")
    answers = await asyncio.gather(*(create_wallet(actor, CreateWallet("a", new_wallet())) for _ in range(AT_ONCE)))
    assert len({wallet.id for wallet, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * (AT_ONCE - 1)
    counts = await stored()
    assert (counts["wallets"], counts["posting_accounts"], counts["wallet_changes"], counts["events"]) == (1, 1, 1, 2)


async def test_opens_the_same_many_in_other_orders_without_a_deadlock(actor):
    for reference in ("a", "b", "c"):
        await opened(actor, reference)
    wallets = [CreateWallet(reference, new_wallet(str(number))) for reference in "abc" for number in range(20)]
    await asyncio.gather(
        *(
            create_wallets(actor, CreateWallets(tuple(wallets[number * 7 :] + wallets[: number * 7])))
            for number in range(AT_ONCE)
        )
    )
    assert (await stored())["wallets"] == 60
    assert len(await fetch("SELECT DISTINCT account_id, name FROM wallets")) == 60


@pytest.mark.thorough
async def test_creates_once_in_two_processes(actor, database):
    orders = [("create_account", f"customer-{number}", "2") for number in range(20)]
    orders += [("create_account", f"customer-{number}", "3") for number in range(20)]
    async with other_process(database) as other:
        here, there = await asyncio.gather(
            carry_out_all(actor.customer_id, orders), other.carry_out_all(actor.customer_id, orders)
        )
    for number in range(20):
        answers = [here[number], there[number], here[number + 20], there[number + 20]]
        made = [one for one in answers if isinstance(one, list)]
        assert [one for one in answers if not isinstance(one, list)] == ["DUPLICATE_REFERENCE"] * 2
        assert len({account_id for account_id, _ in made}) == 1
        assert sorted(replayed for _, replayed in made) == [False, True]
    counts = await stored()
    assert (counts["accounts"], counts["wallets"], counts["posting_accounts"], counts["events"]) == (20, 20, 20, 40)


async def test_leaves_no_open_wallet_in_an_account_closed_meanwhile(actor):
    for number in range(10):
        account = await opened(actor, f"a{number}")
        outcomes = await asyncio.gather(
            close_account(actor, CloseAccount(str(account.id))),
            create_wallet(actor, CreateWallet(f"a{number}", new_wallet())),
            return_exceptions=True,
        )
        assert [isinstance(outcome, InvalidState) for outcome in outcomes].count(True) == 1
    assert (await prove_books(actor.customer_id)).findings.kept == []


async def test_gives_every_wallet_the_holder_that_its_account_ends_with(actor):
    ada, grace = await of_holder(actor), await of_holder(actor)
    for number in range(10):
        account = await opened(actor, f"a{number}", new_wallet(), holder_id=str(ada))
        await asyncio.gather(
            update_account(actor, UpdateAccount(str(account.id), holder_id=str(grace))),
            create_wallet(actor, CreateWallet(f"a{number}", new_wallet("b"))),
            create_wallet(actor, CreateWallet(f"a{number}", new_wallet("c"))),
        )
        wallets = await list_wallets(actor, WalletFilter(account_id=account.id), Page(10))
        assert [wallet.holder_id for wallet in wallets] == [grace] * 3
    assert await fetchval("SELECT count(*) FROM posting_accounts WHERE holder_id = $1", grace) == 30
    assert (await prove_books(actor.customer_id)).findings.kept == []
