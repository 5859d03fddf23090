"""Posting accounts: what entries are posted to. The verbs of ledgers keep theirs in step in their own transaction."""

from enum import StrEnum
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.kernel.money import Unit


class Book(StrEnum):
    """Money never moves between books."""

    BANK = "BANK"
    VIRTUAL = "VIRTUAL"
    WALLET = "WALLET"


class NormalSide(StrEnum):
    """The side on which a balance is positive."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


async def open_posting_account(
    tx: Transaction,
    customer_id: UUID,
    account_id: UUID,
    *,
    book: Book,
    unit: Unit,
    normal_side: NormalSide,
    holder_id: UUID | None,
    is_open: bool,
    allow_negative: bool = False,
) -> None:
    """Open an account with balance zero. `is_open` says whether it may be posted to yet."""
    await tx.execute(
        """
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                      allow_negative)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        customer_id,
        account_id,
        book.value,
        unit.asset,
        unit.scale,
        normal_side.value,
        holder_id,
        is_open,
        allow_negative,
    )


async def lock_posting_account(tx: Transaction, customer_id: UUID, account_id: UUID) -> Record | None:
    """Lock the account until the transaction ends; posting accounts come before ledgers in the lock order."""
    return await tx.fetchrow(
        "SELECT * FROM posting_accounts WHERE customer_id = $1 AND id = $2 FOR UPDATE", customer_id, account_id
    )


async def awaits_a_held_transfer(tx: Transaction, customer_id: UUID, account_id: UUID) -> bool:
    """Whether a placed hold would credit this locked account. Those that would debit it count in its `held`."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM holds WHERE customer_id = $1 AND credit_id = $2 AND status = 'PLACED')",
        customer_id,
        account_id,
    )
    return found


async def set_open(tx: Transaction, customer_id: UUID, account_id: UUID, *, is_open: bool) -> None:
    """Say whether a locked account may be posted to."""
    await tx.execute(
        "UPDATE posting_accounts SET is_open = $3 WHERE customer_id = $1 AND id = $2", customer_id, account_id, is_open
    )


async def set_holder(tx: Transaction, customer_id: UUID, account_id: UUID, holder_id: UUID) -> None:
    """Give a locked account its holder."""
    await tx.execute(
        "UPDATE posting_accounts SET holder_id = $3 WHERE customer_id = $1 AND id = $2",
        customer_id,
        account_id,
        holder_id,
    )
