"""A request without an amount takes all that is left, and with that amount it means the same: one key has both forms.

What was left at the time is told by the rows later, or else the hash of the other form is noted with the key.
"""

from app.idempotency.key import hash_of
from app.journal.amounts import Amount, exact
from app.journal.events import HoldAmounts
from app.journal.instructions import (
    CAPTURE_OPERATION,
    RELEASE_OPERATION,
    REVERSE_OPERATION,
    Capture,
    Instruction,
    Release,
    Reverse,
    capture_content,
    release_content,
    reversal_content,
)
from app.journal.records import Hold, Transfer
from app.journal.status import TransferStatus


def other_hash(asked: Instruction, whole: Amount | None) -> bytes | None:
    """The hash of a request's other form, with the amount or without one, if `whole` is all that was left. None if it
    has no other form: it asks for another amount, or is of another kind.
    """
    if whole is None or not isinstance(asked, Capture | Release | Reverse):
        return None
    if asked.amount is not None and asked.amount.canonical() != whole.canonical():
        return None
    other = whole if asked.amount is None else None
    match asked:
        case Capture():
            content = capture_content(asked.hold_id, other, asked.effective_at, final=asked.final)
            return hash_of(CAPTURE_OPERATION, content)
        case Release():
            return hash_of(RELEASE_OPERATION, release_content(asked.hold_id, other))
        case Reverse():
            return hash_of(REVERSE_OPERATION, reversal_content(asked.transfer_id, asked.reason, other))


def whole_taken(
    asked: Instruction,
    made: Transfer | Hold,
    before: HoldAmounts | None,
    last: Transfer | None,
    original: Transfer | None,
) -> Amount | None:
    """What this instruction took just now, if that was all that was left; else None.

    `before` are the hold's amounts before it, `last` is the last transfer that was posted, and `original` the one that
    was reversed.
    """
    match asked, made:
        case Reverse(), Transfer() if original is not None and original.status is TransferStatus.REVERSED:
            return exact(made.amount, made.unit)
        case Release(), Hold() if before is not None and not made.remaining:
            return exact(before[-1], made.unit)
        case Capture(), Hold() if before is not None and last is not None and last.amount == before[-1]:
            return exact(last.amount, made.unit)
    return None


def whole_told(
    asked: Instruction, made: Transfer | Hold | None, captured: Transfer | None, original: Transfer | None
) -> Amount | None:
    """What the earlier request with this key took, if the rows tell that it was all that was left; else None.

    An earlier request without an amount took all, so its transfer tells how much that was. One with an amount took all
    if nothing was left after it. `captured` is the transfer of a capture, `original` the one that was reversed.
    """
    match asked, made:
        case Capture(), Hold() if captured is not None:
            is_all = not made.released and not made.remaining and made.transfer_id == captured.id
            return exact(captured.amount, captured.unit) if is_all or asked.amount is not None else None
        case Reverse(), Transfer():
            is_all = (
                original is not None
                and original.status is TransferStatus.REVERSED
                and original.reversed_by_id == made.id
            )
            return exact(made.amount, made.unit) if is_all or asked.amount is not None else None
    return None


def is_noted(asked: Instruction, made: Transfer | Hold) -> bool:
    """Whether the rows do not tell later that this was all: a release makes no row, and where a part of a hold was
    released, a final capture of another part looks the same.
    """
    return isinstance(asked, Release) or (isinstance(asked, Capture) and isinstance(made, Hold) and made.released > 0)
