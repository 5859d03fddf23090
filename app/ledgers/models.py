"""The table of ledgers, and a ledger as it is read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import Model, fields
from tortoise.contrib.postgres.fields import ArrayField

from app.db.connection import Record
from app.holders.models import HOLDER_COLUMNS, Holder, HolderColumns
from app.holders.status import HolderStatus
from app.journal.frozen import Freeze, freeze_of
from app.kernel.money import Unit
from app.ledgers.status import WAITING_FOR_HOLDER, AssetOwner, IbanStatus, LedgerStatus, LedgerType, LedgerUse


class LedgerModel(Model):
    """A row of `ledgers`. The key is (customer_id, id); Tortoise knows no composite keys."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    holder_id = fields.UUIDField(null=True)
    type = fields.TextField()
    is_virtual = fields.BooleanField()
    asset_class = fields.TextField()
    asset = fields.TextField()
    scale = fields.SmallIntField()
    status = fields.TextField()
    primary_uses: Any = ArrayField("text")
    assets_owned_by = fields.TextField(null=True)
    jurisdiction = fields.TextField(null=True)
    partner_product = fields.TextField(null=True)
    iban_status = fields.TextField()
    metadata: Any = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        """Where it is stored."""

        table = "ledgers"


@dataclass(frozen=True)
class Ledger:
    """A ledger as it is read, with its holder and its posting account's totals in minor units.

    No `__slots__`, so that a row becomes a ledger in one step. Columns that were not read are missing attributes.
    """

    customer_id: UUID
    id: UUID
    holder_id: UUID | None
    type: LedgerType
    is_virtual: bool
    asset_class: str
    asset: str
    scale: int
    status: LedgerStatus
    status_reason: str | None
    missing_data: list[str]
    primary_uses: list[LedgerUse]
    assets_owned_by: AssetOwner | None
    jurisdiction: str | None
    partner_product: str | None
    iban: str | None
    bic: str | None
    iban_status: IbanStatus
    sort_code: str | None
    account_number: str | None
    metadata: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    posted_minor_units: int
    held_minor_units: int
    sequence: int
    holder: Holder | None
    overdraft_limit_minor_units: int
    freeze_scope: str | None
    freeze_reason: str | None
    frozen_at: datetime | None

    @property
    def unit(self) -> Unit:
        """Its asset and scale."""
        return Unit(self.asset, self.scale)

    @property
    def available_minor_units(self) -> int:
        """What can be spent."""
        return self.posted_minor_units - self.held_minor_units + self.overdraft_limit_minor_units

    @property
    def freeze(self) -> Freeze | None:
        """What is forbidden, why, and since when; None unless it is frozen."""
        return freeze_of(self.freeze_scope, self.freeze_reason, self.frozen_at)

    @property
    def is_settled(self) -> bool:
        """False while anything will still change by itself."""
        if self.status is LedgerStatus.PENDING:
            return False
        if self.status in WAITING_FOR_HOLDER:
            assert self.holder is not None
            told = (self.status, self.status_reason, self.missing_data)
            # If they differ, the holder settled a moment ago, and this ledger is about to change.
            return self.holder.status in BLOCKING and told == blocked_by(self.holder.status, self.holder.missing_data)
        return self.iban_status is not IbanStatus.PENDING


BLOCKING = (HolderStatus.MISSING_DATA, HolderStatus.QUARANTINE, HolderStatus.DECLINED)
"""Statuses in which a holder is settled but keeps its ledgers from becoming OK."""


def blocked_by(holder_status: HolderStatus, missing_data: Sequence[str]) -> tuple[LedgerStatus, str, list[str]]:
    """Status, reason and missing data of a ledger whose holder has this status and lacks this data."""
    is_lacking = holder_status is HolderStatus.MISSING_DATA
    status = LedgerStatus.MISSING_DATA if is_lacking else LedgerStatus.ERROR
    return status, f"The holder is {holder_status}.", list(missing_data) if is_lacking else []


JOINED_COLUMNS = ("updated_at", "posted_minor_units", "held_minor_units", "sequence", "holder")
STORED_COLUMNS = tuple(name for name in Ledger.__annotations__ if name not in JOINED_COLUMNS)
UPDATED_AT_SQL = "greatest(l.updated_at, p.last_posted_at)"
TABLES_SQL = (
    "ledgers AS l"
    " JOIN posting_accounts AS p ON p.customer_id = l.customer_id AND p.id = l.id"
    " LEFT JOIN holders AS h ON h.customer_id = l.customer_id AND h.id = l.holder_id"
)
_SQL_OF = {name: f"l.{name}" for name in STORED_COLUMNS} | {
    "updated_at": f"{UPDATED_AT_SQL} AS updated_at",
    "posted_minor_units": (
        "CASE WHEN p.normal_side = 'CREDIT' THEN p.credits - p.debits ELSE p.debits - p.credits END posted_minor_units"
    ),
    "held_minor_units": "p.held AS held_minor_units",
    "sequence": "p.sequence",
}
_MEMBERS: dict[str, dict[Any, Any]] = {
    "type": {member.value: member for member in LedgerType},
    "status": {member.value: member for member in LedgerStatus},
    "iban_status": {member.value: member for member in IbanStatus},
    "assets_owned_by": {None: None} | {member.value: member for member in AssetOwner},
}
_USES = {member.value: member for member in LedgerUse}


class Columns:
    """The columns to read of ledgers and their holders. Reading all of them would be most of what a page costs."""

    def __init__(self, names: Collection[str], holder_names: Collection[str]) -> None:
        if holder_names:
            names = {*names, "holder_id"}
        self._names = tuple(name for name in _SQL_OF if name in names)
        self._holder = HolderColumns(holder_names) if holder_names else None
        self._members = [(name, members) for name, members in _MEMBERS.items() if name in names]
        self._has_uses = "primary_uses" in names
        of_holder = () if self._holder is None else (f"h.{name} AS h_{name}" for name in self._holder.names)
        self.sql = ", ".join([*(_SQL_OF[name] for name in self._names), *of_holder])

    def ledger_of(self, row: Record) -> Ledger:
        """The ledger of a row of `sql`."""
        made = dict(zip(self._names, row, strict=False))
        for name, members in self._members:
            made[name] = members[made[name]]
        if self._has_uses:
            made["primary_uses"] = [_USES[use] for use in made["primary_uses"]]
        if self._holder is not None:
            has_holder = made["holder_id"] is not None
            made["holder"] = self._holder.holder_of(row[len(self._names) :]) if has_holder else None
        ledger = Ledger.__new__(Ledger)
        ledger.__dict__.update(made)
        return ledger


READ_COLUMNS = tuple(_SQL_OF)
ALL_COLUMNS = Columns(READ_COLUMNS, HOLDER_COLUMNS)
COLUMNS_SQL = ALL_COLUMNS.sql
ledger_of = ALL_COLUMNS.ledger_of
