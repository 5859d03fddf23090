"""Say in which status a ledger or wallet is that takes nothing."""

from collections.abc import MutableSequence
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction
from app.kernel.errors import InvalidState, Path


class NotOpen(InvalidState):
    """A posting account takes nothing; `status` of what stands behind it is told where it can be read."""

    def __init__(self, account_id: UUID, path: Path) -> None:
        message = f"{account_id} is not open: only a ledger that is OK, or an open wallet, sends and receives."
        super().__init__(message, path=path)
        self.account_id = account_id


async def say_statuses(tx: Transaction, customer_id: UUID, outcomes: MutableSequence[Any]) -> None:
    """Tell CLOSED from PENDING in the refusals among these outcomes; one read, and none where nothing is closed.

    The posting accounts are locked, and a ledger or wallet moves with its own: the status is that of the refusal.
    """
    refused = {index: outcome for index, outcome in enumerate(outcomes) if isinstance(outcome, NotOpen)}
    if not refused:
        return
    rows = await tx.fetch(
        """
        SELECT id, status, false AS is_wallet FROM ledgers WHERE customer_id = $1 AND id = ANY($2)
        UNION ALL
        SELECT id, 'CLOSED', true FROM wallets WHERE customer_id = $1 AND id = ANY($2) AND closed_at IS NOT NULL
        """,
        customer_id,
        list({refusal.account_id for refusal in refused.values()}),
    )
    statuses = {row["id"]: (row["status"], row["is_wallet"]) for row in rows}
    for index, refusal in refused.items():
        status, is_wallet = statuses.get(refusal.account_id, (None, False))
        said = refusal.message
        if is_wallet:
            said = f"{refusal.account_id} is a closed wallet: it sends and receives nothing any more."
        elif status is not None:
            said = f"{refusal.account_id} is {status}: only a ledger that is OK sends and receives."
        outcomes[index] = InvalidState(said, path=refusal.path, status=status)
