"""Posting accounts: what entries are posted to. The verbs of ledgers and wallets update theirs in the same
transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.journal.frozen import FROZEN, FreezeScope
from app.kernel.errors import InvalidState, Path
from app.kernel.money import MinorUnits, Money, Unit


class Book(StrEnum):
    """Money never moves between books."""

    BANK = "BANK"
    VIRTUAL = "VIRTUAL"
    WALLET = "WALLET"


class NormalSide(StrEnum):
    """The side on which a balance is positive."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPostingAccount:
    """A new account; its balance is zero. `is_open` says whether it may be posted to yet."""

    id: UUID
    book: Book
    unit: Unit
    normal_side: NormalSide
    holder_id: UUID | None = None
    is_open: bool = True
    allow_negative: bool = False


def opening_sql(rows: str) -> str:
    """The statement that opens many accounts with balance zero: `rows` selects for each its customer, id, book, asset,
    scale, normal side, holder, whether it may be posted to, whether it may fall below zero, and its overdraft limit or
    null.
    """
    return f"""
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                      allow_negative, overdraft_limit)
        {rows}
    """


async def open_posting_accounts(tx: Transaction, customer_id: UUID, accounts: Sequence[NewPostingAccount]) -> None:
    """Open these accounts of one customer in one statement, however many."""
    await tx.execute(
        opening_sql(
            """
            SELECT $1, *, NULL::numeric
            FROM unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::uuid[], $8::boolean[],
                        $9::boolean[])
            """
        ),
        customer_id,
        [account.id for account in accounts],
        [account.book for account in accounts],
        [account.unit.asset for account in accounts],
        [account.unit.scale for account in accounts],
        [account.normal_side for account in accounts],
        [account.holder_id for account in accounts],
        [account.is_open for account in accounts],
        [account.allow_negative for account in accounts],
    )


async def lock_posting_account(tx: Transaction, customer_id: UUID, account_id: UUID) -> Record | None:
    """Lock the account until the transaction ends; posting accounts come before ledgers in the lock order."""
    return await tx.fetchrow(
        "SELECT * FROM posting_accounts WHERE customer_id = $1 AND id = $2 FOR UPDATE", customer_id, account_id
    )


async def awaits_a_held_transfer(tx: Transaction, customer_id: UUID, account_id: UUID) -> bool:
    """Whether a placed hold would credit this locked account. Holds that would debit it are in its `held`."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM holds WHERE customer_id = $1 AND credit_id = $2 AND status = 'PLACED')",
        customer_id,
        account_id,
    )
    return found


async def check_closable(
    tx: Transaction, row: Record, account: Record, noun: str, path: Path, status: str | None = None
) -> None:
    """Check that what `noun` says, `row` with its `account`, both locked, is not frozen and has neither a balance nor
    holds.

    :raises InvalidState: it is or has.
    """
    if row["freeze_scope"] is not None:
        raise InvalidState(f"This {noun} is FROZEN: unfreeze it first.", path=path, status=FROZEN)
    _check_empty(account, noun, path, status)
    # While the account is locked, nothing is posted to it and no hold is placed on it.
    if account["held"] or await awaits_a_held_transfer(tx, row["customer_id"], row["id"]):
        raise InvalidState(f"This {noun} has holds: capture or release them first.", path=path, status=status)


def _check_empty(account: Record, noun: str, path: Path, status: str | None) -> None:
    credits_less_debits = account["credits"] - account["debits"]
    posted = credits_less_debits if account["normal_side"] == NormalSide.CREDIT.value else -credits_less_debits
    if not posted:
        return
    unit = Unit(account["asset"], account["scale"])
    lacking = Money(MinorUnits(abs(posted)), unit).value
    what_to_do = "move it away" if posted > 0 else f"pay in {lacking} {unit.asset}"
    balance = f"{Money(MinorUnits(posted), unit).value} {unit.asset}"
    message = f"This {noun} has a balance of {balance}, and closes only at zero: {what_to_do} first."
    raise InvalidState(message, path=path, status=status)


async def set_open(tx: Transaction, customer_id: UUID, account_id: UUID, *, is_open: bool) -> None:
    """Set whether a locked account may be posted to."""
    await tx.execute(
        "UPDATE posting_accounts SET is_open = $3 WHERE customer_id = $1 AND id = $2", customer_id, account_id, is_open
    )


async def end_posting(tx: Transaction, customer_id: UUID, account_id: UUID) -> None:
    """Post to a locked account no more; of its overdraft limit nothing is used, and it goes."""
    await tx.execute(
        """
        UPDATE posting_accounts SET is_open = false, overdraft_limit = NULL
        WHERE customer_id = $1 AND id = $2
        """,
        customer_id,
        account_id,
    )


async def set_frozen(tx: Transaction, customer_id: UUID, account_id: UUID, scope: FreezeScope | None) -> None:
    """Freeze a locked account, another way than before perhaps, or unfreeze it (None)."""
    await tx.execute(
        """
        UPDATE posting_accounts
        SET frozen_debits = CASE WHEN $3 THEN debits END, frozen_credits = CASE WHEN $4 THEN credits END
        WHERE customer_id = $1 AND id = $2
        """,
        customer_id,
        account_id,
        scope is not None and scope.forbids_debits,
        scope is not None and scope.forbids_credits,
    )


async def set_overdraft_limit_of(
    tx: Transaction, customer_id: UUID, account_id: UUID, limit: MinorUnits, *, used: int
) -> None:
    """Give a locked account this overdraft limit, of which `used` is used; 0 takes it away."""
    await tx.execute(
        """
        UPDATE posting_accounts
        SET overdraft_limit = nullif($3::numeric, 0),
            forced_below = CASE WHEN $4::numeric > $3::numeric THEN $4::numeric - $3::numeric END
        WHERE customer_id = $1 AND id = $2
        """,
        customer_id,
        account_id,
        limit,
        used,
    )


async def set_holder(tx: Transaction, customer_id: UUID, account_id: UUID, holder_id: UUID) -> None:
    """Give a locked account its holder."""
    await tx.execute(
        "UPDATE posting_accounts SET holder_id = $3 WHERE customer_id = $1 AND id = $2",
        customer_id,
        account_id,
        holder_id,
    )


async def set_holders(tx: Transaction, customer_id: UUID, account_ids: Sequence[UUID], holder_id: UUID | None) -> None:
    """Lock these accounts, in the order of their ids, and give them this holder, or none."""
    if not account_ids:
        return
    await tx.execute(
        "SELECT FROM posting_accounts WHERE customer_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE",
        customer_id,
        list(account_ids),
    )
    await tx.execute(
        "UPDATE posting_accounts SET holder_id = $3 WHERE customer_id = $1 AND id = ANY($2)",
        customer_id,
        list(account_ids),
        holder_id,
    )
