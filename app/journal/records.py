"""Transfers, holds and entries as they are read. Amounts and balances are minor units of `unit`.

They are not frozen, although nothing changes them: thousands are made each second, and freezing triples the cost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from app.db.connection import Record
from app.journal.posting_accounts import Book
from app.journal.status import EntryDirection, HoldStatus, TransferKind, TransferStatus
from app.kernel.money import MinorUnits, Unit


@dataclass(slots=True)
class Side:
    """One side of a transfer or hold: its posting account, its holder, and whether it is a system account."""

    account_id: UUID
    book: Book
    is_system: bool
    holder_id: UUID | None


DebitSide = NewType("DebitSide", Side)
CreditSide = NewType("CreditSide", Side)
SequenceNumber = NewType("SequenceNumber", int)
"""1, 2, 3… within a posting account, without gaps."""


@dataclass(slots=True, kw_only=True)
class Transfer:
    """A debit and a credit of the same amount. Each `…_balance_after` is on its account's normal side.

    `is_forced`: a bank had done it already, so it was posted although a freeze or the floor forbade it.
    `reversed` is how much of it was reversed, by so many reversals; `reversed_by_id` is the last one. `group_id` is
    shared by the transfers of an atomic batch.
    """

    customer_id: UUID
    id: UUID
    kind: TransferKind
    amount: MinorUnits
    unit: Unit
    debit: DebitSide
    debit_sequence: SequenceNumber
    debit_balance_after: MinorUnits
    credit: CreditSide
    credit_sequence: SequenceNumber
    credit_balance_after: MinorUnits
    hold_id: UUID | None
    payment_id: UUID | None
    reverses_id: UUID | None
    reversed_by_id: UUID | None
    reference: str | None
    metadata: dict[str, Any]
    is_forced: bool
    posted_at: datetime
    group_id: UUID | None = None
    reversed: int = 0
    reversal_count: int = 0
    backdated_to: datetime | None = None
    """The value date, if it is before `posted_at`."""

    @property
    def effective_at(self) -> datetime:
        """The value date."""
        return self.posted_at if self.backdated_to is None else self.backdated_to

    @property
    def status(self) -> TransferStatus:
        """REVERSED once all of it is reversed, PARTLY_REVERSED once some of it is."""
        if self.reversed_by_id is None:
            return TransferStatus.POSTED
        return TransferStatus.REVERSED if self.reversed == self.amount else TransferStatus.PARTLY_REVERSED


@dataclass(slots=True, kw_only=True)
class Hold:
    """Reserved funds: `amount` is what was captured, what was released, and what remains. `transfer_id` is that of the
    last capture.
    """

    customer_id: UUID
    id: UUID
    status: HoldStatus
    amount: MinorUnits
    captured: MinorUnits
    released: MinorUnits
    unit: Unit
    debit: DebitSide
    credit: CreditSide
    payment_id: UUID | None
    transfer_id: UUID | None
    expires_at: datetime | None
    reference: str | None
    metadata: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def remaining(self) -> MinorUnits:
        """What is still held."""
        return MinorUnits(self.amount - self.captured - self.released)


@dataclass(slots=True)
class Entry:
    """One of the two sides of a transfer, as its posting account sees it."""

    transfer: Transfer
    direction: EntryDirection

    @property
    def id(self) -> UUID:
        """The transfer's id with the direction in its last two bits."""
        return entry_id(self.transfer.id, self.direction)

    @property
    def side(self) -> Side:
        """The side that was posted to."""
        return self.transfer.debit if self.direction is EntryDirection.DEBIT else self.transfer.credit

    @property
    def sequence(self) -> SequenceNumber:
        """Its number within its posting account."""
        is_debit = self.direction is EntryDirection.DEBIT
        return self.transfer.debit_sequence if is_debit else self.transfer.credit_sequence

    @property
    def balance_after(self) -> MinorUnits:
        """The posted balance after this entry, on the account's normal side."""
        is_debit = self.direction is EntryDirection.DEBIT
        return self.transfer.debit_balance_after if is_debit else self.transfer.credit_balance_after


DIRECTION_BITS = {EntryDirection.DEBIT: 0b01, EntryDirection.CREDIT: 0b10}


def entry_id(transfer_id: UUID, direction: EntryDirection) -> UUID:
    """The id of a transfer's entry. It is derived, so it needs no index of its own."""
    return UUID(int=transfer_id.int | DIRECTION_BITS[direction])


def transfer_id_of(wanted: UUID) -> tuple[UUID, EntryDirection] | None:
    """The transfer and direction that an entry's id was derived from; None if it is not an entry's id."""
    for direction, bits in DIRECTION_BITS.items():
        if wanted.int & 0b11 == bits:
            return UUID(int=wanted.int & ~0b11), direction
    return None


SIDES_SQL = """
    debited.book AS book, debited.is_system AS debit_is_system, debited.holder_id AS debit_holder_id,
    credited.is_system AS credit_is_system, credited.holder_id AS credit_holder_id
"""

# Each row is looked up separately. On tables without statistics, a plain join reads all of the customer's accounts, and
# then all transfers of each pair of accounts.
TRANSFER_COLUMNS_SQL = f"""
    t.*, {SIDES_SQL}, reversals.last_id AS reversed_by_id, reversals.amount AS reversed,
    reversals.count AS reversal_count
"""
TRANSFER_JOINS_SQL = """
    CROSS JOIN LATERAL (SELECT book, is_system, holder_id FROM posting_accounts
                        WHERE customer_id = t.customer_id AND id = t.debit_id LIMIT 1) AS debited
    CROSS JOIN LATERAL (SELECT is_system, holder_id FROM posting_accounts
                        WHERE customer_id = t.customer_id AND id = t.credit_id LIMIT 1) AS credited
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor_units), 0) AS amount, count(*) AS count,
               (array_agg(id ORDER BY posted_at DESC, id DESC))[1] AS last_id
        FROM transfers WHERE customer_id = t.customer_id AND reverses_id = t.id
    ) AS reversals
"""

# An earlier version that ends a hold writes no sums: they are those of its transfers.
HOLD_COLUMNS_SQL = f"""
    h.*, {SIDES_SQL}, coalesce(captures.last_id, h.last_transfer_id) AS transfer_id, captures.amount AS captures_amount
"""
HOLD_JOINS_SQL = """
    CROSS JOIN LATERAL (SELECT book, is_system, holder_id FROM posting_accounts
                        WHERE customer_id = h.customer_id AND id = h.debit_id LIMIT 1) AS debited
    CROSS JOIN LATERAL (SELECT is_system, holder_id FROM posting_accounts
                        WHERE customer_id = h.customer_id AND id = h.credit_id LIMIT 1) AS credited
    CROSS JOIN LATERAL (
        SELECT sum(amount_minor_units) AS amount, (array_agg(id ORDER BY posted_at DESC, id DESC))[1] AS last_id
        FROM transfers
        WHERE customer_id = h.customer_id AND hold_id = h.id
            AND h.status <> 'PLACED' AND h.parts_version IS DISTINCT FROM h.version
    ) AS captures
"""


def transfer_of(row: Record) -> Transfer:
    """The transfer of a row of `TRANSFER_COLUMNS_SQL`."""
    debit, credit = sides_of(row)
    return Transfer(
        customer_id=row["customer_id"],
        id=row["id"],
        kind=TransferKind(row["kind"]),
        amount=row["amount_minor_units"],
        unit=Unit(row["asset"], row["scale"]),
        debit=debit,
        debit_sequence=row["debit_sequence"],
        debit_balance_after=row["debit_balance_after"],
        credit=credit,
        credit_sequence=row["credit_sequence"],
        credit_balance_after=row["credit_balance_after"],
        hold_id=row["hold_id"],
        payment_id=row["payment_id"],
        reverses_id=row["reverses_id"],
        reversed_by_id=row["reversed_by_id"],
        reference=row["reference"],
        metadata=row["metadata"],
        is_forced=row["is_forced"],
        posted_at=row["posted_at"],
        group_id=row["group_id"],
        reversed=row["reversed"],
        reversal_count=row["reversal_count"],
        backdated_to=row["effective_at"],
    )


def hold_of(row: Record) -> Hold:
    """The hold of a row of `HOLD_COLUMNS_SQL`."""
    debit, credit = sides_of(row)
    status = HoldStatus(row["status"])
    amount, captured, released = _amounts_of(row, status)
    return Hold(
        customer_id=row["customer_id"],
        id=row["id"],
        status=status,
        amount=amount,
        captured=captured,
        released=released,
        unit=Unit(row["asset"], row["scale"]),
        debit=debit,
        credit=credit,
        payment_id=row["payment_id"],
        transfer_id=row["transfer_id"],
        expires_at=row["expires_at"],
        reference=row["reference"],
        metadata=row["metadata"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _amounts_of(row: Record, status: HoldStatus) -> tuple[MinorUnits, MinorUnits, MinorUnits]:
    """A hold's amount, and what of it was captured and released.

    `amount_minor_units` is what remains while a hold is PLACED, as earlier versions take it; then the whole amount.
    """
    stored, captured, released = row["amount_minor_units"], row["captured_minor_units"], row["released_minor_units"]
    if status is not HoldStatus.PLACED and not is_ended_by_earlier(row):
        return stored, captured, released
    captured, released = captured or MinorUnits(0), released or MinorUnits(0)
    amount = MinorUnits(stored + captured + released)
    if status is HoldStatus.PLACED:
        return amount, captured, released
    captured = row["captures_amount"] or MinorUnits(0)
    return amount, captured, MinorUnits(amount - captured)


def is_ended_by_earlier(row: Record) -> bool:
    """Whether a version that knew of no parts ended the hold of this row."""
    is_over: bool = row["status"] != HoldStatus.PLACED.value
    return is_over and row["parts_version"] != row["version"]


def sides_of(row: Record) -> tuple[DebitSide, CreditSide]:
    """Both sides of a row that has the columns of `SIDES_SQL`. Money never moves between books, so they share one."""
    book = Book(row["book"])
    return (
        DebitSide(Side(row["debit_id"], book, row["debit_is_system"], row["debit_holder_id"])),
        CreditSide(Side(row["credit_id"], book, row["credit_is_system"], row["credit_holder_id"])),
    )
