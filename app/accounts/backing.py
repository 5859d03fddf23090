"""The holder that an account belongs to, and the ledger whose money its wallets share."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.kernel.actor import Actor
from app.kernel.errors import AssetMismatch, Invalid, InvalidState, NotFound, Path

OMNIBUS = "OMNIBUS"
ENDED = ("DECLINED", "CLOSED")


@dataclass(frozen=True, slots=True)
class NamedLedger:
    """The fields of a ledger that matter here."""

    id: UUID
    holder_id: UUID | None
    type: str
    status: str
    asset: str


@dataclass(frozen=True, slots=True)
class Named:
    """The named holders and ledgers that the customer has."""

    holder_ids: frozenset[UUID]
    ledgers: dict[UUID, NamedLedger]

    def check_holder(self, actor: Actor, holder_id: UUID | None, path: Path) -> None:
        """:raises NotFound: this actor has no such holder."""
        if holder_id is None:
            return
        if holder_id not in self.holder_ids or actor.holder_id not in {None, holder_id}:
            raise NotFound(f"There is no holder {holder_id}.", path=(*path, "holder_id"))

    def check_backing(self, actor: Actor, ledger_id: UUID | None, path: Path) -> NamedLedger | None:
        """The ledger that is to back an account.

        :raises NotFound: this actor has no such ledger.
        :raises Invalid, InvalidState: the ledger cannot back an account.
        """
        if ledger_id is None:
            return None
        path = (*path, "backing_ledger_id")
        ledger = self.ledgers.get(ledger_id)
        if ledger is None or actor.holder_id not in {None, ledger.holder_id}:
            raise NotFound(f"There is no ledger {ledger_id}.", path=path)
        if ledger.type != OMNIBUS:
            raise Invalid(f"Only an {OMNIBUS} ledger backs accounts; this one is {ledger.type}.", path=path)
        if ledger.status in ENDED:
            message = f"This ledger is {ledger.status}: an account is backed by one that still holds money."
            raise InvalidState(message, path=path, status=ledger.status)
        return ledger


def check_backed_currency(currency: str, backing_currency: str | None, path: Path) -> None:
    """:raises AssetMismatch: the account is backed by a ledger of another currency."""
    if backing_currency not in {None, currency}:
        raise AssetMismatch(
            f"This account is backed by a ledger in {backing_currency}: its wallets are in {backing_currency} too.",
            path=path,
        )


async def read_named(
    tx: Transaction, customer_id: UUID, holder_ids: Collection[UUID], ledger_ids: Collection[UUID]
) -> Named:
    """Which of these exist. Holders and ledgers are never deleted, so nothing is locked."""
    if not holder_ids and not ledger_ids:
        return Named(frozenset(), {})
    rows = await tx.fetch(
        """
        SELECT id, true AS is_holder, NULL::uuid AS holder_id, NULL AS type, NULL AS status, NULL AS asset
        FROM holders WHERE customer_id = $1 AND id = ANY($2)
        UNION ALL
        SELECT id, false, holder_id, type, status, asset FROM ledgers WHERE customer_id = $1 AND id = ANY($3)
        """,
        customer_id,
        list(holder_ids),
        list(ledger_ids),
    )
    return Named(
        frozenset(row["id"] for row in rows if row["is_holder"]),
        {
            row["id"]: NamedLedger(row["id"], row["holder_id"], row["type"], row["status"], row["asset"])
            for row in rows
            if not row["is_holder"]
        },
    )


async def note_backing(tx: Transaction, before: Record, after: Record) -> None:
    """Record that another ledger backs an account from now on, or none: what is told of earlier instants stays."""
    if before["backing_ledger_id"] is not None:
        # An account that a process of an older version linked has no record yet.
        await tx.execute(
            """
            INSERT INTO account_backings (customer_id, account_id, ledger_id, since)
            SELECT $1, $2, $3, $4
            WHERE NOT EXISTS (SELECT FROM account_backings WHERE customer_id = $1 AND account_id = $2)
            """,
            before["customer_id"],
            before["id"],
            before["backing_ledger_id"],
            before["created_at"],
        )
    await tx.execute(
        """
        UPDATE account_backings SET until = greatest(since, $3)
        WHERE customer_id = $1 AND account_id = $2 AND until IS NULL
        """,
        after["customer_id"],
        after["id"],
        after["updated_at"],
    )
    if after["backing_ledger_id"] is not None:
        await tx.execute(
            """
            INSERT INTO account_backings (customer_id, account_id, ledger_id, since) VALUES ($1, $2, $3, $4)
            ON CONFLICT (customer_id, account_id, since) DO UPDATE SET ledger_id = excluded.ledger_id, until = NULL
            """,
            after["customer_id"],
            after["id"],
            after["backing_ledger_id"],
            after["updated_at"],
        )
