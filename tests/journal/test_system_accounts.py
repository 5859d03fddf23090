"""Our own counterparts: one of each key, whoever asks at the same time."""

import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchrow
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.posting_accounts import Book
from app.journal.system_accounts import (
    SystemAccount,
    find_system_accounts,
    open_system_account,
    settlement_key,
    system_account_id,
    vault_key,
)
from app.kernel.errors import Forbidden
from tests.bookkeeping import GBP, nothing_changes, open_account

pytestmark = pytest.mark.postgres15

KEY = settlement_key("PayrNet-GBP-1")


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


async def open_one(customer_id, key=KEY, name="Settlement"):
    async with transaction() as tx:
        await open_system_account(tx, customer_id, key, name=name, book=Book.BANK, unit=GBP)
        return await system_account_id(tx, customer_id, key)


def test_names_its_keys():
    assert (settlement_key("PayrNet-GBP-1"), vault_key("GOLD")) == ("settlement:PayrNet-GBP-1", "vault:GOLD")


async def test_opens_an_account_that_may_go_below_zero_and_is_nobody_s(actor):
    account_id = await open_one(actor.customer_id)

    assert dict(await fetchrow("SELECT * FROM posting_accounts")) == {
        "customer_id": actor.customer_id,
        "id": account_id,
        "book": "BANK",
        "asset": "GBP",
        "scale": 2,
        "normal_side": "DEBIT",
        "holder_id": None,
        "is_open": True,
        "allow_negative": True,
        "is_system": True,
        "debits": 0,
        "credits": 0,
        "held": 0,
        "sequence": 0,
        "last_posted_at": None,
        "overdraft_limit": None,
        "forced_below": None,
        "frozen_debits": None,
        "frozen_credits": None,
    }


async def test_opens_each_once(actor):
    first = await open_one(actor.customer_id)
    async with nothing_changes():
        assert await open_one(actor.customer_id, name="Another name") == first


async def test_opens_one_when_many_open_it_at_the_same_time(actor):
    ids = await asyncio.gather(*(open_one(actor.customer_id) for _ in range(12)))

    assert len(set(ids)) == 1
    assert [row["id"] for row in await fetch("SELECT id FROM posting_accounts")] == [ids[0]]


async def test_opens_one_for_each_customer_and_key(make_actor, actor):
    other = await make_actor()
    ids = [
        await open_one(actor.customer_id),
        await open_one(actor.customer_id, vault_key("GBP")),
        await open_one(other.customer_id),
    ]
    assert len(set(ids)) == 3


async def test_expects_it_to_be_opened(actor):
    async with transaction() as tx:
        with pytest.raises(AssertionError, match="opened together"):
            await system_account_id(tx, actor.customer_id, KEY)


async def test_tells_names_of_the_customer_s_own_system_accounts_only(make_actor, actor):
    other = await make_actor()
    own, strange = await open_one(actor.customer_id), await open_one(other.customer_id)
    ledger_id = await open_account(actor.customer_id)

    found = await find_system_accounts(actor, [own, strange, ledger_id, new_id()])

    assert found == {own: SystemAccount(own, "Settlement")}


async def test_tells_names_to_who_may_read_transfers(actor):
    with pytest.raises(Forbidden):
        await find_system_accounts(replace(actor, scopes=frozenset({"ledgers:read"})), [])
    assert await find_system_accounts(replace(actor, scopes=frozenset({"transfers:read"})), []) == {}
