"""Read accounts and wallets: always one customer's, and for one holder's actor only that holder's."""

from collections.abc import Sequence
from uuid import UUID

from app.accounts.models import (
    ACCOUNT_COLUMNS_SQL,
    WALLET_COLUMNS_SQL,
    WALLET_TABLES_SQL,
    Account,
    Wallet,
    account_of,
    wallet_of,
)
from app.db.connection import Record, fetch, fetchrow
from app.db.transaction import Transaction
from app.db.where import seen_by, seen_sql
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Path

READ = "accounts:read"
_ACCOUNTS_SQL = f"""
    SELECT {ACCOUNT_COLUMNS_SQL} FROM accounts AS a
    WHERE {seen_sql("a.customer_id", "a.holder_id")}
"""
_WALLETS_SQL = f"""
    SELECT {WALLET_COLUMNS_SQL} FROM {WALLET_TABLES_SQL}
    WHERE {seen_sql("w.customer_id", "w.holder_id")}
"""


async def find_account(actor: Actor, account_id: UUID) -> Account | None:
    """The account, or None if this actor may read none with that id."""
    return (await find_accounts(actor, [account_id])).get(account_id)


async def find_account_by_reference(actor: Actor, reference: str) -> Account | None:
    """The account, or None if this actor may read none with that reference."""
    return (await find_accounts_by_reference(actor, [reference])).get(reference)


async def find_accounts(actor: Actor, account_ids: Sequence[UUID]) -> dict[UUID, Account]:
    """Those of these accounts that this actor may read, by id."""
    actor.require(READ)
    rows = await fetch(f"{_ACCOUNTS_SQL} AND a.id = ANY($3)", *seen_by(actor), list(account_ids))
    return {row["id"]: account_of(row) for row in rows}


async def find_accounts_by_reference(actor: Actor, references: Sequence[str]) -> dict[str, Account]:
    """Those of these accounts that this actor may read, by reference."""
    actor.require(READ)
    rows = await fetch(f"{_ACCOUNTS_SQL} AND a.reference = ANY($3)", *seen_by(actor), list(references))
    return {row["reference"]: account_of(row) for row in rows}


async def find_accounts_in_any_case(actor: Actor, reference: str, *, limit: int) -> list[Account]:
    """Up to `limit` of the accounts that this actor may read and whose reference is this one but for capital letters:
    the one that has it exactly first.
    """
    actor.require(READ)
    rows = await fetch(
        f"{_ACCOUNTS_SQL} AND lower(a.reference) = lower($3) ORDER BY a.reference <> $3, a.reference LIMIT $4",
        *seen_by(actor),
        reference,
        limit,
    )
    return [account_of(row) for row in rows]


async def find_wallet(actor: Actor, wallet_id: UUID) -> Wallet | None:
    """The wallet, or None if this actor may read none with that id."""
    return (await find_wallets(actor, [wallet_id])).get(wallet_id)


async def find_wallets(actor: Actor, wallet_ids: Sequence[UUID]) -> dict[UUID, Wallet]:
    """Those of these wallets that this actor may read, by id."""
    actor.require(READ)
    rows = await fetch(f"{_WALLETS_SQL} AND w.id = ANY($3)", *seen_by(actor), list(wallet_ids))
    return {row["id"]: wallet_of(row) for row in rows}


async def find_wallet_by_address(actor: Actor, reference: str, name: str, currency: str) -> Wallet | None:
    """The wallet with this name and currency in the account with this reference, or None."""
    actor.require(READ)
    row = await fetchrow(
        f"""
        {_WALLETS_SQL} AND w.name = $4 AND w.currency = $5
            AND w.account_id = (SELECT id FROM accounts WHERE customer_id = $1 AND reference = $3)
        """,
        *seen_by(actor),
        reference,
        name,
        currency,
    )
    return None if row is None else wallet_of(row)


async def lock_account(tx: Transaction, actor: Actor, account_id: UUID, path: Path) -> Record:
    """The account's own row, locked until the transaction ends.

    :raises NotFound: this actor has none by that id.
    """
    return await _lock(tx, actor, "accounts", account_id, path, "account")


async def lock_wallet(tx: Transaction, actor: Actor, wallet_id: UUID, path: Path) -> Record:
    """The wallet's own row, locked until the transaction ends.

    :raises NotFound: this actor has none by that id.
    """
    return await _lock(tx, actor, "wallets", wallet_id, path, "wallet")


async def read_account_in_transaction(tx: Transaction, actor: Actor, account_id: UUID) -> Account:
    """The account as this transaction sees it, after it was found."""
    rows = await tx.fetch(f"{_ACCOUNTS_SQL} AND a.id = $3", actor.customer_id, None, account_id)
    return account_of(rows[0])


async def read_wallet_in_transaction(tx: Transaction, actor: Actor, wallet_id: UUID) -> Wallet:
    """The wallet as this transaction sees it, after it was found."""
    rows = await tx.fetch(f"{_WALLETS_SQL} AND w.id = $3", actor.customer_id, None, wallet_id)
    return wallet_of(rows[0])


async def _lock(tx: Transaction, actor: Actor, table: str, object_id: UUID, path: Path, noun: str) -> Record:
    row = await tx.fetchrow(
        f"SELECT * FROM {table} WHERE {seen_sql()} AND id = $3 FOR UPDATE", *seen_by(actor), object_id
    )
    if row is None:
        raise NotFound(f"There is no {noun} {object_id}.", path=path)
    return row
