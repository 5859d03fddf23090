"""How much of a transfer a reversal reverses, in memory. `Books` moves the money."""

from app.journal.amounts import minor_units_of
from app.journal.instructions import Reverse
from app.journal.records import Transfer
from app.journal.status import IRREVERSIBLE, TransferKind
from app.kernel.checks import refuse
from app.kernel.errors import InvalidState
from app.kernel.money import MinorUnits, Money

REVERSALS_MAX = 1_000
"""The last reversal of a transfer must reverse all that is left of it, so that they are not without number."""


def part_to_reverse(original: Transfer, asked: Reverse) -> MinorUnits:
    """The amount asked for, or all that is not reversed yet.

    :raises InvalidState: it cannot be reversed, or was, or this would be one reversal too many.
    :raises Invalid, AssetMismatch: not so much is left, or the amount is not of the transfer's unit.
    """
    path = (*asked.path, asked.name)
    status, unit = original.status.value, original.unit
    if original.kind in IRREVERSIBLE:
        what = "A reversal" if original.kind is TransferKind.REVERSAL else "A payment's transfer"
        raise InvalidState(f"{what} cannot be reversed.", path=path, status=status)
    left = MinorUnits(original.amount - original.reversed)
    if not left:
        raise InvalidState(
            "This transfer was reversed before.", path=path, status=status, existing_id=str(original.reversed_by_id)
        )
    if asked.amount is None:
        return left
    amount_path = (*asked.path, "amount")
    amount = minor_units_of(asked.amount, unit, amount_path)
    if amount > left:
        value = Money(left, unit).value
        refuse(
            f"Only {value} {unit.asset} of this transfer are not reversed yet: reverse at most that.",
            (*amount_path, "value"),
        )
    if amount < left and original.reversal_count >= REVERSALS_MAX - 1:
        message = (
            f"This transfer has {original.reversal_count:,} reversals: the next one must reverse all that is left."
        )
        raise InvalidState(message, path=path, status=status)
    return amount
