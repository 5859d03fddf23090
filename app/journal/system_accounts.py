"""Our own counterparts: a settlement account for each partner product, a vault for each virtual asset.

Only payments and virtual credits and debits post to one; no caller can name one.
"""

from dataclasses import dataclass
from uuid import UUID

from app.db.connection import fetch
from app.db.identifiers import new_id
from app.db.transaction import Transaction
from app.journal.posting_accounts import Book
from app.kernel.actor import Actor
from app.kernel.money import Unit


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """A counterpart by its id and name. Its balance is not shown."""

    id: UUID
    name: str


def settlement_key(product: str) -> str:
    """The key of a partner product's settlement account: our money at that bank."""
    return f"settlement:{product}"


def vault_key(asset: str) -> str:
    """The key of a virtual asset's vault."""
    return f"vault:{asset}"


async def open_system_account(
    tx: Transaction, customer_id: UUID, system_key: str, *, name: str, book: Book, unit: Unit
) -> None:
    """Open this customer's account of that key, unless it has one already."""
    await tx.execute(
        """
        WITH named AS (
            INSERT INTO system_accounts (customer_id, system_key, id, name) VALUES ($1, $2, $3, $4)
            ON CONFLICT (customer_id, system_key) DO NOTHING
            RETURNING customer_id, id
        )
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative,
                                      is_system)
        SELECT customer_id, id, $5, $6, $7, 'DEBIT', true, true, true FROM named
        """,
        customer_id,
        system_key,
        new_id(),
        name,
        book.value,
        unit.asset,
        unit.scale,
    )


async def system_account_id(tx: Transaction, customer_id: UUID, system_key: str) -> UUID:
    """The id of an account that was opened with the first ledger that needed it."""
    account_id: UUID | None = await tx.fetchval(
        "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = $2", customer_id, system_key
    )
    assert account_id is not None, f"{system_key} is opened together with the ledgers that need it"
    return account_id


async def find_system_accounts(actor: Actor, account_ids: list[UUID]) -> dict[UUID, SystemAccount]:
    """Which of these ids are system accounts of the actor's customer. One holder's actor sees them too: they are the
    other side of its own transfers.
    """
    actor.require("transfers:read")
    rows = await fetch(
        "SELECT id, name FROM system_accounts WHERE customer_id = $1 AND id = ANY($2)", actor.customer_id, account_ids
    )
    return {row["id"]: SystemAccount(row["id"], row["name"]) for row in rows}
