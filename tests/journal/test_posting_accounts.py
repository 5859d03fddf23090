"""Posting accounts, as the verbs of ledgers use them."""

import asyncio

import asyncpg
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.posting_accounts import (
    Book,
    NewPostingAccount,
    NormalSide,
    awaits_a_held_transfer,
    lock_posting_account,
    open_posting_accounts,
    set_holder,
    set_open,
)
from app.kernel.money import Unit
from tests.bookkeeping import nothing_changes, open_account
from tests.journal.orders import capture, carry_out, made, place


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def account_id(actor):
    account = NewPostingAccount(
        id=new_id(), book=Book.BANK, unit=Unit("GBP", 2), normal_side=NormalSide.CREDIT, is_open=False
    )
    async with transaction() as tx:
        await open_posting_accounts(tx, actor.customer_id, [account])
    return account.id


async def a_holder(actor):
    holder_id = new_id()
    await pool().execute(
        "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
        " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now())",
        actor.customer_id,
        holder_id,
    )
    return holder_id


async def test_opens_at_balance_zero(actor, account_id):
    assert dict(await fetchrow("SELECT * FROM posting_accounts")) == {
        "customer_id": actor.customer_id,
        "id": account_id,
        "book": "BANK",
        "asset": "GBP",
        "scale": 2,
        "normal_side": "CREDIT",
        "holder_id": None,
        "is_open": False,
        "allow_negative": False,
        "is_system": False,
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


async def test_opens_many_at_once(actor):
    """Wallets of every accounting type, some of them of a holder, in the order in which they were given."""
    holder_id = await a_holder(actor)
    wallets = [
        NewPostingAccount(
            id=new_id(),
            book=Book.WALLET,
            unit=Unit("TOKEN", scale),
            normal_side=NormalSide.DEBIT if scale % 2 else NormalSide.CREDIT,
            holder_id=holder_id if scale % 3 else None,
            is_open=scale % 4 > 0,
            allow_negative=scale % 5 == 0,
        )
        for scale in range(19)
    ]
    async with transaction() as tx:
        await open_posting_accounts(tx, actor.customer_id, wallets)
    rows = await fetch("SELECT * FROM posting_accounts WHERE customer_id = $1 ORDER BY scale", actor.customer_id)
    assert [
        NewPostingAccount(
            id=row["id"],
            book=Book(row["book"]),
            unit=Unit(row["asset"], row["scale"]),
            normal_side=NormalSide(row["normal_side"]),
            holder_id=row["holder_id"],
            is_open=row["is_open"],
            allow_negative=row["allow_negative"],
        )
        for row in rows
    ] == wallets
    assert {(row["debits"], row["credits"], row["held"], row["sequence"], row["is_system"]) for row in rows} == {
        (0, 0, 0, 0, False)
    }


async def test_opens_none_where_one_is_there_already(actor, account_id):
    accounts = [
        NewPostingAccount(id=one, book=Book.WALLET, unit=Unit("EUR", 2), normal_side=NormalSide.DEBIT)
        for one in (new_id(), account_id)
    ]
    async with nothing_changes():
        with pytest.raises(asyncpg.UniqueViolationError):
            async with transaction() as tx:
                await open_posting_accounts(tx, actor.customer_id, accounts)


async def test_is_opened_and_closed_for_postings(actor, account_id):
    for is_open in (True, False):
        async with transaction() as tx:
            await set_open(tx, actor.customer_id, account_id, is_open=is_open)
        assert await fetchval("SELECT is_open FROM posting_accounts") is is_open


async def test_gets_its_holder(actor, account_id):
    holder_id = await a_holder(actor)
    async with transaction() as tx:
        await set_holder(tx, actor.customer_id, account_id, holder_id)
    assert await fetchval("SELECT holder_id FROM posting_accounts") == holder_id


async def test_touches_nothing_of_another_customer(make_actor, account_id):
    other = await make_actor()
    async with transaction() as tx:
        assert await lock_posting_account(tx, other.customer_id, account_id) is None
        await set_open(tx, other.customer_id, account_id, is_open=True)
        await set_holder(tx, other.customer_id, account_id, new_id())
    row = await fetchrow("SELECT * FROM posting_accounts")
    assert (row["is_open"], row["holder_id"]) == (False, None)


@pytest.mark.postgres15
async def test_is_locked_until_the_transaction_ends(actor, account_id):
    order = []
    is_locked = asyncio.Event()

    async def first():
        async with transaction() as tx:
            await lock_posting_account(tx, actor.customer_id, account_id)
            is_locked.set()
            await asyncio.sleep(0.05)
            order.append("first")

    async def second():
        await is_locked.wait()
        async with transaction() as tx:
            row = await lock_posting_account(tx, actor.customer_id, account_id)
            order.append("second")
            assert row["id"] == account_id

    await asyncio.gather(second(), first())
    assert order == ["first", "second"]


async def test_awaits_a_held_transfer_while_a_hold_would_credit_it(actor, account_id):
    payer = await open_account(actor.customer_id, balance=10)
    async with transaction() as tx:
        await set_open(tx, actor.customer_id, account_id, is_open=True)
    held = made((await carry_out(actor, place(actor, payer, account_id, 10)))[0])
    async with transaction() as tx:
        assert await awaits_a_held_transfer(tx, actor.customer_id, account_id)
        assert not await awaits_a_held_transfer(tx, actor.customer_id, payer)
        assert not await awaits_a_held_transfer(tx, new_id(), account_id)
    await carry_out(actor, capture(actor, held.id))
    async with transaction() as tx:
        assert not await awaits_a_held_transfer(tx, actor.customer_id, account_id)
