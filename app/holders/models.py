"""The table of holders, and a holder as it is read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from dataclasses import fields as attributes_of
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise import Model, fields
from tortoise.contrib.postgres.fields import ArrayField

from app.db.connection import Record
from app.holders.status import HolderKind, HolderStatus, Party


class HolderModel(Model):
    """A row of `holders`. The key is (customer_id, id); Tortoise knows no composite keys."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    kind = fields.TextField()
    status = fields.TextField()
    status_reason = fields.TextField(null=True)
    missing_data: Any = ArrayField("text", default=list)
    party = fields.TextField()
    name = fields.TextField()
    date_of_birth = fields.DateField(null=True)
    registration_number = fields.TextField(null=True)
    email = fields.TextField(null=True)
    line1 = fields.TextField(null=True)
    line2 = fields.TextField(null=True)
    city = fields.TextField(null=True)
    region = fields.TextField(null=True)
    postal_code = fields.TextField(null=True)
    country = fields.TextField(null=True)
    metadata: Any = fields.JSONField(default=dict)
    words: Any = ArrayField("text", null=True)
    words_of = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        """Where it is stored."""

        table = "holders"


@dataclass(frozen=True)
class Holder:
    """A holder as it is read. Unknown parts of the address are None.

    No `__slots__`, so that a row becomes a holder in one step. Columns that were not read are missing attributes.
    """

    customer_id: UUID
    id: UUID
    kind: HolderKind
    status: HolderStatus
    status_reason: str | None
    missing_data: list[str]
    party: Party
    name: str
    date_of_birth: date | None
    registration_number: str | None
    email: str | None
    line1: str | None
    line2: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    metadata: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_settled(self) -> bool:
        """False while it is being screened."""
        return self.status is not HolderStatus.PENDING


HOLDER_COLUMNS = tuple(attribute.name for attribute in attributes_of(Holder))

_MEMBERS: dict[str, dict[str, Any]] = {
    "kind": {member.value: member for member in HolderKind},
    "status": {member.value: member for member in HolderStatus},
    "party": {member.value: member for member in Party},
}


class HolderColumns:
    """The columns to read of holders."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = tuple(name for name in HOLDER_COLUMNS if name in names)
        self._members = [(name, members) for name, members in _MEMBERS.items() if name in names]

    def holder_of(self, values: Iterable[Any]) -> Holder:
        """The holder of a row of `names`."""
        made = dict(zip(self.names, values, strict=True))
        for name, members in self._members:
            made[name] = members[made[name]]
        holder = Holder.__new__(Holder)
        holder.__dict__.update(made)
        return holder


_ALL = HolderColumns(HOLDER_COLUMNS)


def holder_of(row: Record) -> Holder:
    """The holder of a row of `holders`."""
    return _ALL.holder_of(row[name] for name in HOLDER_COLUMNS)
