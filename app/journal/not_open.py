"""Say in which status a ledger is that takes nothing."""

from collections.abc import MutableSequence
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction
from app.kernel.errors import InvalidState, Path


class NotOpen(InvalidState):
    """A posting account takes nothing; `status` of what stands behind it is told where it can be read."""

    def __init__(self, account_id: UUID, path: Path) -> None:
        message = f"{account_id} is not open: only a ledger that is OK sends and receives."
        super().__init__(message, path=path)
        self.account_id = account_id


async def say_statuses(tx: Transaction, customer_id: UUID, outcomes: MutableSequence[Any]) -> None:
    """Tell CLOSED from PENDING in the refusals among these outcomes; one read, and none where nothing is closed.

    The posting accounts are locked, and a ledger moves with its account: the status is that of the refusal.
    """
    refused = {index: outcome for index, outcome in enumerate(outcomes) if isinstance(outcome, NotOpen)}
    if not refused:
        return
    rows = await tx.fetch(
        "SELECT id, status FROM ledgers WHERE customer_id = $1 AND id = ANY($2)",
        customer_id,
        list({refusal.account_id for refusal in refused.values()}),
    )
    statuses = {row["id"]: row["status"] for row in rows}
    for index, refusal in refused.items():
        status = statuses.get(refusal.account_id)
        said = refusal.message
        if status is not None:
            said = f"{refusal.account_id} is {status}: only a ledger that is OK sends and receives."
        outcomes[index] = InvalidState(said, path=refusal.path, status=status)
