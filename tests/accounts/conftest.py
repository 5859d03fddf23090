"""Customers with accounts and wallets, and what is stored of them."""

from dataclasses import replace

import pytest

from app.accounts.create_account import create_account
from app.accounts.create_wallet import create_wallet
from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.posting_accounts import Book, NewPostingAccount, NormalSide, open_posting_accounts
from app.kernel.money import Unit


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


async def of_holder(actor):
    """A holder of this customer that is OK; answers its id."""
    holder_id = new_id()
    await pool().execute(
        """
        INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)
        VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada Lovelace', now(), now())
        """,
        actor.customer_id,
        holder_id,
    )
    return holder_id


@pytest.fixture
def as_holder():
    """Make the actor of one holder's access token."""

    def make(actor, holder_id):
        return replace(actor, holder_id=holder_id, name="access_token")

    return make


@pytest.fixture
def issue():
    """Write a ledger as it would be, without its bank; answers its id."""

    async def write(actor, *, type="OMNIBUS", asset="GBP", status="OK", holder_id=None):  # noqa: A002
        ledger_id = new_id()
        async with transaction() as tx:
            account = NewPostingAccount(
                id=ledger_id,
                book=Book.BANK,
                unit=Unit(asset, 2),
                normal_side=NormalSide.CREDIT,
                holder_id=holder_id,
                is_open=status == "OK",
            )
            await open_posting_accounts(tx, actor.customer_id, [account])
            await tx.execute(
                """
                INSERT INTO ledgers (customer_id, id, holder_id, type, is_virtual, asset_class, asset, scale, status,
                                     primary_uses, assets_owned_by, jurisdiction, partner_product, iban_status,
                                     created_at, updated_at)
                VALUES ($1, $2, $3, $4, false, 'CURRENCY', $5, 2, $6, '{PAYMENTS}', 'ME', 'GB', 'PayrNet-GBP-1',
                        'NOT_REQUESTED', now(), now())
                """,
                actor.customer_id,
                ledger_id,
                holder_id,
                type,
                asset,
                status,
            )
        return ledger_id

    return write
