"""The movements of the demo data, through ledgers that a worker has opened."""

from collections import Counter
from datetime import timedelta

import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.accounts.accounting import read_accounting_report
from app.accounts.lists import WalletFilter, list_wallets
from app.controls.unfreeze import UnfreezeParty, unfreeze
from app.db.connection import fetch, fetchval
from app.db.pages import Page
from app.demo import fill_demo_money as subject
from app.demo.data import PERSON_ID
from app.demo.fill_demo_data import demo_ledgers, fill_demo_data
from app.demo.fill_demo_money import fill_demo_money
from app.demo.fill_demo_wallets import CLARKE, OWN_BOOKS, TRANSFERS
from app.demo.movements import MOVEMENTS
from app.outbox.drain import drain_messages
from app.partners.read_catalog import load_catalog
from app.settings import load_settings
from tests.bookkeeping import balance_of, nothing_changes
from workers.routes import make_handlers


@pytest.fixture
def settings():
    return load_settings(QUAESTOR_SIMULATOR_DELAY_SECONDS=0, QUAESTOR_ENVIRONMENT="PLAYLIVE")


@pytest.fixture
def catalog(settings):
    return load_catalog(settings)


@pytest.fixture
async def actor(database):
    return operator_actor((await open_customer("Example Ltd")).customer_id)


async def work(settings):
    while await drain_messages(make_handlers(settings), budget_seconds=20, lease=timedelta(seconds=30)):
        pass


async def test_shows_every_kind_of_movement(actor, settings, catalog):
    await fill_demo_data(actor, catalog=catalog)
    await work(settings)

    assert await fill_demo_money(actor, catalog=catalog) == len(MOVEMENTS) + len(TRANSFERS)
    await work(settings)

    kinds = Counter(row["kind"] for row in await fetch("SELECT kind FROM transfers"))
    assert kinds == {
        "VIRTUAL_CREDIT": 3,
        "INTER_LEDGER": 6,
        "PAYMENT_IN": 3,
        "PAYMENT_OUT": 1,
        "REVERSAL": 1,
        "WALLET": 3,
    }
    holds = Counter(row["status"] for row in await fetch("SELECT status FROM holds"))
    assert holds == {"CAPTURED": 2, "PLACED": 1, "RELEASED": 1}
    payments = await fetch("SELECT direction, status FROM payments")
    assert Counter((row["direction"], row["status"]) for row in payments) == {
        ("IN", "ACCEPTED"): 3,
        ("OUT", "ACCEPTED"): 1,
        ("OUT", "DECLINED"): 1,
    }
    ledgers = await demo_ledgers(actor, catalog=catalog)
    # 3,150 of salary, less an ounce of gold, its storage and the rent; a deposit is held.
    assert await balance_of(actor.customer_id, ledgers["clarke-current"].id) == (
        315_000 - 189_000 - 4_500 - 64_000,
        25_000,
        6,
    )


async def test_changes_nothing_when_called_again(actor, settings, catalog):
    await fill_demo_data(actor, catalog=catalog)
    await work(settings)
    await fill_demo_money(actor, catalog=catalog)

    async with nothing_changes():
        assert await fill_demo_money(actor, catalog=catalog) == len(MOVEMENTS) + len(TRANSFERS)


async def test_leaves_out_what_no_ledger_is_ready_for(actor, catalog, monkeypatch):
    monkeypatch.setattr(subject, "PATIENCE_SECONDS", 0.1)
    await fill_demo_data(actor, catalog=catalog)

    assert await fill_demo_money(actor, catalog=catalog) == 4 + len(TRANSFERS)
    others = "kind NOT LIKE 'VIRTUAL%' AND kind <> 'WALLET' AND asset <> 'WHISKY'"
    assert await fetchval(f"SELECT count(*) FROM transfers WHERE {others}") == 0


async def test_shows_an_account_with_two_wallets_and_our_own_books(actor, settings, catalog):
    await fill_demo_data(actor, catalog=catalog)
    await work(settings)
    await fill_demo_money(actor, catalog=catalog)

    wallets = await list_wallets(actor, WalletFilter(), Page(10))
    assert {(wallet.account_reference, wallet.name): wallet.posted_minor_units for wallet in wallets} == {
        (CLARKE, "everyday"): 50_000 - 12_000 - 250,
        (CLARKE, "savings"): 12_000,
        (OWN_BOOKS, "cash"): 50_000,
        (OWN_BOOKS, "fees"): 250,
    }
    assert {str(wallet.holder_id) for wallet in wallets if wallet.account_reference == CLARKE} == {str(PERSON_ID)}
    assert (await read_accounting_report(actor)).balanced


async def test_shows_a_frozen_ledger_that_stays_as_its_user_leaves_it(actor, settings, catalog):
    await fill_demo_data(actor, catalog=catalog)
    await work(settings)
    await fill_demo_money(actor, catalog=catalog)
    [row] = await fetch("SELECT id, freeze_scope, freeze_reason FROM ledgers WHERE freeze_scope IS NOT NULL")
    assert (row["freeze_scope"], row["freeze_reason"]) == ("ALL", "The cask is sold.")
    assert await balance_of(actor.customer_id, row["id"]) == (0, 0, 2)

    await unfreeze(actor, UnfreezeParty(str(row["id"])))
    async with nothing_changes():
        await fill_demo_money(actor, catalog=catalog)
