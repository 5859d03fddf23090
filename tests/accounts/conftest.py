"""Customers with accounts and wallets, and what is stored of them."""

import pytest

from app.accounts.create_account import create_account
from app.accounts.create_wallet import create_wallet
from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from app.db.connection import fetch, fetchval


def new_wallet(name="default", currency="USD", accounting_type="LIABILITY", decimal_places=2, **more):
    """A wallet to open, a liability in dollars unless told otherwise."""
    return NewWallet(name, currency, accounting_type, decimal_places, **more)


def new_account(reference="customer123", *wallets, **more):
    """A GROUP account to open with these wallets."""
    return CreateAccount(**({"type": "GROUP", "reference": reference, "wallets": tuple(wallets)} | more))


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def other_actor(make_actor):
    return await make_actor()


async def opened(actor, reference="customer123", *wallets, **more):
    """An account that is there, with these wallets."""
    account, _ = await create_account(actor, new_account(reference, *wallets, **more))
    return account


async def opened_wallet(actor, reference="customer123", **more):
    """A wallet that is there, in an account that is."""
    wallet, _ = await create_wallet(actor, CreateWallet(reference, new_wallet(**more)))
    return wallet


STORED = (
    "accounts",
    "wallets",
    "wallet_changes",
    "posting_accounts",
    "idempotency_keys",
    "events",
    "unnumbered_events",
)


async def stored():
    """How many rows there are of all that is written."""
    return {table: await fetchval(f"SELECT count(*) FROM {table}") for table in STORED}


async def told():
    """The types of the events, in the order in which they were written."""
    rows = await fetch("SELECT type FROM (SELECT insertion, type FROM unnumbered_events) AS waiting ORDER BY insertion")
    return [row["type"] for row in rows]
