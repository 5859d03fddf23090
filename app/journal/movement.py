"""A request to move money between two ledgers or wallets, at once or perhaps later."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from app.db.identifiers import parse_id
from app.journal.amounts import Amount, AmountText, parse_amount
from app.journal.instructions import CreditId, DebitId
from app.kernel.checks import check_metadata, check_optional_text, refuse
from app.kernel.errors import Path


@dataclass(slots=True, kw_only=True)
class MovementCommand:
    """From which ledger (or wallet) to which, and how much, as sent."""

    debit_id: str
    credit_id: str
    amount: AmountText
    idempotency_key: str
    reference: str | None = None
    metadata: Any = None


class CheckedMovement(NamedTuple):
    """The command, checked as far as possible without the books."""

    debit_id: DebitId
    credit_id: CreditId
    amount: Amount
    reference: str | None
    metadata: dict[str, Any] | None

    def content(self) -> tuple[Any, ...]:
        """The content its key is hashed with. Empty metadata and no metadata are the same content."""
        amount = self.amount.canonical()
        return str(self.debit_id), str(self.credit_id), amount, self.reference, self.metadata or None


def check_movement(command: MovementCommand, path: Path) -> CheckedMovement:
    """The checked movement.

    :raises Invalid: an argument is malformed.
    """
    debit_id = parse_id(command.debit_id, (*path, "debit_id"))
    credit_id = parse_id(command.credit_id, (*path, "credit_id"))
    if debit_id == credit_id:
        refuse("Money moves between two ledgers or wallets: these are one and the same.", (*path, "credit_id"))
    return CheckedMovement(
        DebitId(debit_id),
        CreditId(credit_id),
        parse_amount(command.amount, (*path, "amount")),
        check_optional_text(command.reference, (*path, "reference")),
        None if command.metadata is None else check_metadata(command.metadata, (*path, "metadata")),
    )
