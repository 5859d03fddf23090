"""What the journal is asked to do, checked as far as possible without the books.

Verbs make instructions of commands; `carry_out_batch` carries them out, many in one transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from app.idempotency.key import Key
from app.journal.amounts import Amount
from app.journal.status import TransferKind
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339
from app.kernel.errors import Path

DebitId = NewType("DebitId", UUID)
CreditId = NewType("CreditId", UUID)


@dataclass(slots=True, kw_only=True)
class Instruction:
    """One thing to do.

    `resource_id` is unique to the instruction: the id of the new object, if it makes one. It shows that a request is
    the same one again after the answer to our commit was lost. `path` is its place among others.
    """

    actor: Actor
    resource_id: UUID
    key: Key | None
    path: Path = ()


@dataclass(slots=True, kw_only=True)
class Movement(Instruction):
    """An amount that moves between two posting accounts: at once (Post), or perhaps later (Place).

    `system_id` is the only system account that may be a side. The names say which arguments gave the sides.
    """

    debit_id: DebitId
    credit_id: CreditId
    amount: Amount
    reference: str | None = None
    metadata: dict[str, Any] | None = None
    payment_id: UUID | None = None
    system_id: UUID | None = None
    debit_name: str = "debit_id"
    credit_name: str = "credit_id"


@dataclass(slots=True, kw_only=True)
class Post(Movement):
    """Debit one posting account and credit another. If `kind` is None, the book decides it.

    `effective_at` is its value date; None: when it is posted. `is_forced`: a bank has done it already. Neither a freeze
    nor the floor refuses it, and the transfer says so.
    `group_id` is shared by the transfers of an atomic batch.
    """

    kind: TransferKind | None = None
    effective_at: datetime | None = None
    is_forced: bool = False
    group_id: UUID | None = None


@dataclass(slots=True, kw_only=True)
class Place(Movement):
    """Reserve the amount of a transfer that may follow."""

    expires_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class OnHold(Instruction):
    """Something to do to a hold that is there. `payment_id` is the payment that asks: only it may move its hold."""

    hold_id: UUID
    payment_id: UUID | None = None


@dataclass(slots=True, kw_only=True)
class Capture(OnHold):
    """Post a transfer of `amount`, or of all that remains of a hold. If it is `final`, release the rest.

    The transfer's id is `resource_id`; `effective_at` is its value date; None: when it is posted. No freeze refuses the
    capture of a payment's hold: the bank has sent the money.
    """

    amount: Amount | None = None
    final: bool = True
    effective_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Release(OnHold):
    """Give `amount`, or all that remains of a hold, back."""

    amount: Amount | None = None


@dataclass(slots=True, kw_only=True)
class Adjust(OnHold):
    """Make `amount` what the hold reserves in all, what was captured and released included."""

    amount: Amount


@dataclass(slots=True, kw_only=True)
class Expire(OnHold):
    """Give what remains of a hold back, if its time is up."""


@dataclass(slots=True, kw_only=True)
class Reverse(Instruction):
    """Post a transfer of `amount`, or of all that is not reversed yet, the other way.

    The name says which argument named the transfer.
    """

    transfer_id: UUID
    amount: Amount | None = None
    reason: str | None = None
    group_id: UUID | None = None
    name: str = "transfer_id"


CAPTURE_OPERATION, RELEASE_OPERATION, ADJUST_OPERATION = "captureHold", "releaseHold", "adjustHold"
REVERSE_OPERATION = "reverseTransfer"


def capture_content(
    hold_id: UUID, amount: Amount | None, effective_at: datetime | None = None, *, final: bool = True
) -> tuple[Any, ...]:
    """The content that a capture's key is hashed with. Only one that is not final, or is dated, says so, as earlier
    versions had none.
    """
    content = (str(hold_id), None if amount is None else amount.canonical(), *dated_content(effective_at))
    return content if final else (*content, {"final": False})


def release_content(hold_id: UUID, amount: Amount | None) -> tuple[str, ...]:
    """The content that a release's key is hashed with."""
    return (str(hold_id),) if amount is None else (str(hold_id), amount.canonical())


def reversal_content(transfer_id: UUID, reason: str | None, amount: Amount | None) -> tuple[str | None, ...]:
    """The content that a reversal's key is hashed with."""
    whole = (str(transfer_id), reason)
    return whole if amount is None else (*whole, amount.canonical())


def dated_content(effective_at: datetime | None) -> tuple[tuple[str, str], ...]:
    """What a value date adds to the content that a key is hashed with: nothing where none is given."""
    return () if effective_at is None else (("effective_at", rfc3339(effective_at)),)
