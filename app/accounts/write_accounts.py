"""Insert many accounts and wallets at once, and read those that were there before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.accounts.events import describe_account, describe_wallet
from app.accounts.models import (
    ACCOUNT_COLUMNS_SQL,
    WALLET_COLUMNS_SQL,
    Account,
    Wallet,
    account_of,
    wallet_of,
)
from app.accounts.orders import AccountOrder, CheckedWallet
from app.accounts.status import NORMAL_SIDE_OF
from app.db.transaction import Transaction
from app.events.record import NewResource, Resource, record_new
from app.journal.posting_accounts import Book, NormalSide, opening_sql
from app.kernel.actor import Actor

Address = tuple[UUID, str, str]
"""A wallet's account, name and currency."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account, what it was created with, and the currency of the ledger that backs it."""

    account: Account
    content_hash: bytes
    backing_currency: str | None


@dataclass(frozen=True, slots=True)
class KnownWallet:
    """A wallet and what it was created with."""

    wallet: Wallet
    content_hash: bytes


async def insert_accounts(tx: Transaction, customer_id: UUID, orders: Sequence[AccountOrder]) -> dict[str, Account]:
    """Insert accounts whose reference is free; answers them by reference. Waits for others who insert the same."""
    if not orders:
        return {}
    ordered = sorted(orders, key=lambda order: order.reference)
    now = await tx.now()
    rows = await tx.fetch(
        """
        WITH made AS (
            INSERT INTO accounts (customer_id, id, type, reference, holder_id, backing_ledger_id, metadata,
                                  content_hash, created_at, updated_at)
            SELECT $1, id, type, reference, holder_id, backing_ledger_id, coalesce(metadata::jsonb, '{}'),
                   content_hash, $2, $2
            FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::bytea[])
                AS n (id, type, reference, holder_id, backing_ledger_id, metadata, content_hash)
            ON CONFLICT (customer_id, reference) DO NOTHING
            RETURNING id, backing_ledger_id
        ), linked AS (
            INSERT INTO account_backings (customer_id, account_id, ledger_id, since)
            SELECT $1, id, backing_ledger_id, $2 FROM made WHERE backing_ledger_id IS NOT NULL
        )
        SELECT id FROM made
        """,
        customer_id,
        now,
        [order.resource_id for order in ordered],
        [order.type.value for order in ordered],
        [order.reference for order in ordered],
        [order.holder_id for order in ordered],
        [order.backing_ledger_id for order in ordered],
        [_json(order.metadata) for order in ordered],
        [order.content_hash for order in ordered],
    )
    inserted = {row["id"] for row in rows}
    return {
        order.reference: _new_account(customer_id, order, now) for order in ordered if order.resource_id in inserted
    }


async def share_accounts(tx: Transaction, customer_id: UUID, references: Collection[str]) -> dict[str, KnownAccount]:
    """The accounts with these references, locked shared: until the transaction ends none is closed or changed."""
    if not references:
        return {}
    rows = await tx.fetch(
        f"""
        SELECT {ACCOUNT_COLUMNS_SQL}, a.content_hash, l.asset AS backing_currency
        FROM accounts AS a
        LEFT JOIN ledgers AS l ON l.customer_id = a.customer_id AND l.id = a.backing_ledger_id
        WHERE a.customer_id = $1 AND a.reference = ANY($2)
        ORDER BY a.reference FOR SHARE OF a
        """,
        customer_id,
        sorted(references),
    )
    return {row["reference"]: _known_account(dict(row)) for row in rows}


_NORMALLY_DEBIT = ", ".join(f"'{kind.value}'" for kind, side in NORMAL_SIDE_OF.items() if side is NormalSide.DEBIT)

# The values of the posting account are read from the wallet's new row, without a join by ids.
_INSERT_WALLETS_SQL = f"""
    WITH made AS (
        INSERT INTO wallets (customer_id, id, account_id, account_reference, holder_id, name, currency, accounting_type,
                             decimal_places, allow_negative, overdraft_limit_minor_units, metadata, content_hash,
                             created_at, updated_at)
        SELECT $1, id, account_id, account_reference, holder_id, name, currency, accounting_type, decimal_places,
               allow_negative, coalesce(overdraft_limit::numeric, 0), coalesce(metadata::jsonb, '{{}}'), content_hash,
               $2, $2
        FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[],
                    $10::smallint[], $11::boolean[], $12::text[], $13::text[], $14::bytea[])
            AS n (id, account_id, account_reference, holder_id, name, currency, accounting_type, decimal_places,
                  allow_negative, overdraft_limit, metadata, content_hash)
        ON CONFLICT (customer_id, account_id, name, currency) DO NOTHING
        RETURNING id, holder_id, currency, accounting_type, decimal_places, allow_negative, overdraft_limit_minor_units
    ), opened AS ({
    opening_sql(
        f'''
        SELECT $1, id, '{Book.WALLET.value}', currency, decimal_places,
               CASE WHEN accounting_type IN ({_NORMALLY_DEBIT}) THEN 'DEBIT' ELSE 'CREDIT' END,
               holder_id, true, allow_negative, nullif(overdraft_limit_minor_units, 0)
        FROM made
        '''
    )
}), noted AS (
        INSERT INTO wallet_changes (customer_id, wallet_id, changed_at) SELECT $1, id, $2 FROM made
    )
    SELECT id FROM made
"""


async def insert_wallets(
    tx: Transaction, customer_id: UUID, wanted: Sequence[tuple[Account, CheckedWallet]]
) -> dict[Address, Wallet]:
    """Insert wallets whose address is free, with their posting accounts; answers them by address. Waits for others who
    insert the same.
    """
    if not wanted:
        return {}
    ordered = sorted(wanted, key=lambda pair: (pair[0].id, pair[1].name, pair[1].currency))
    now = await tx.now()
    rows = await tx.fetch(
        _INSERT_WALLETS_SQL,
        customer_id,
        now,
        [wallet.id for _, wallet in ordered],
        [account.id for account, _ in ordered],
        [account.reference for account, _ in ordered],
        [account.holder_id for account, _ in ordered],
        [wallet.name for _, wallet in ordered],
        [wallet.currency for _, wallet in ordered],
        [wallet.accounting_type.value for _, wallet in ordered],
        [wallet.decimal_places for _, wallet in ordered],
        [wallet.allow_negative for _, wallet in ordered],
        [str(wallet.overdraft_limit) if wallet.overdraft_limit else None for _, wallet in ordered],
        [_json(wallet.metadata) for _, wallet in ordered],
        [wallet.content_hash for _, wallet in ordered],
    )
    inserted = {row["id"] for row in rows}
    return {
        (account.id, wallet.name, wallet.currency): _new_wallet(account, wallet, now)
        for account, wallet in ordered
        if wallet.id in inserted
    }


async def read_wallets(tx: Transaction, customer_id: UUID, addresses: Sequence[Address]) -> dict[Address, KnownWallet]:
    """The wallets at these addresses. A separate statement: what an insertion waited for is newer than its snapshot."""
    if not addresses:
        return {}
    rows = await tx.fetch(
        f"""
        SELECT {WALLET_COLUMNS_SQL}, w.content_hash
        FROM unnest($2::uuid[], $3::text[], $4::text[]) AS n (account_id, name, currency)
        CROSS JOIN LATERAL (
            SELECT * FROM wallets
            WHERE customer_id = $1 AND account_id = n.account_id AND name = n.name AND currency = n.currency LIMIT 1
        ) AS w
        JOIN posting_accounts AS p ON p.customer_id = $1 AND p.id = w.id
        """,
        customer_id,
        [account_id for account_id, _, _ in addresses],
        [name for _, name, _ in addresses],
        [currency for _, _, currency in addresses],
    )
    known = [_known_wallet(dict(row)) for row in rows]
    return {(one.wallet.account_id, one.wallet.name, one.wallet.currency): one for one in known}


async def tell_of_new(
    tx: Transaction,
    customer_id: UUID,
    accounts: Sequence[tuple[Actor, Account]],
    wallets: Sequence[tuple[Actor, Wallet]],
) -> None:
    """Write the event of each, accounts before wallets."""
    news = [
        NewResource(
            actor, "account.created", Resource("account", one.id, 1, one.holder_id), describe_account(vars(one))
        )
        for actor, one in accounts
    ]
    news += [
        NewResource(actor, "wallet.created", Resource("wallet", one.id, 1, one.holder_id), describe_wallet(vars(one)))
        for actor, one in wallets
    ]
    await record_new(tx, customer_id, news)


def _known_account(row: dict[str, Any]) -> KnownAccount:
    content_hash, currency = bytes(row.pop("content_hash")), row.pop("backing_currency")
    return KnownAccount(account_of(row), content_hash, currency)


def _known_wallet(row: dict[str, Any]) -> KnownWallet:
    content_hash = bytes(row.pop("content_hash"))
    return KnownWallet(wallet_of(row), content_hash)


def _new_account(customer_id: UUID, order: AccountOrder, now: datetime) -> Account:
    return Account(
        customer_id=customer_id,
        id=order.resource_id,
        type=order.type,
        reference=order.reference,
        holder_id=order.holder_id,
        backing_ledger_id=order.backing_ledger_id,
        metadata=order.metadata,
        version=1,
        created_at=now,
        updated_at=now,
    )


def _new_wallet(account: Account, wallet: CheckedWallet, now: datetime) -> Wallet:
    return Wallet(
        customer_id=account.customer_id,
        id=wallet.id,
        account_id=account.id,
        account_reference=account.reference,
        holder_id=account.holder_id,
        name=wallet.name,
        currency=wallet.currency,
        accounting_type=wallet.accounting_type,
        decimal_places=wallet.decimal_places,
        allow_negative=wallet.allow_negative,
        overdraft_limit_minor_units=wallet.overdraft_limit,
        metadata=wallet.metadata,
        version=1,
        created_at=now,
        updated_at=now,
    )


def _json(metadata: dict[str, Any]) -> str | None:
    return orjson.dumps(metadata).decode() if metadata else None
