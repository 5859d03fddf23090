"""Name the status of a ledger or wallet that cannot be posted to."""

from collections.abc import MutableSequence
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction
from app.kernel.errors import InvalidState, Path


class NotOpen(InvalidState):
    """A posting account cannot be posted to; `status` is that of its ledger or wallet, where it can be read."""

    def __init__(self, account_id: UUID, path: Path) -> None:
        message = f"{account_id} is not open: only a ledger that is OK, or an open wallet, sends and receives."
        super().__init__(message, path=path)
        self.account_id = account_id


async def say_statuses(tx: Transaction, customer_id: UUID, outcomes: MutableSequence[Any]) -> None:
    """Fill in the status, such as CLOSED or PENDING, of the refusals among these outcomes: one read, if there are any.

    The posting accounts are locked, and a ledger or wallet moves together with its own: so the status is still true.
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
