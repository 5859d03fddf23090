"""What a freeze forbids, and a freeze as it is stored with a ledger or wallet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.db.connection import Record
from app.kernel.clock import rfc3339

FROZEN = "FROZEN"
"""The state that a refusal names. It is no status: a frozen ledger is still OK."""


class FreezeScope(StrEnum):
    """Which entries a freeze forbids."""

    DEBITS = "DEBITS"
    CREDITS = "CREDITS"
    ALL = "ALL"

    @property
    def forbids_debits(self) -> bool:
        """Whether nothing may be debited."""
        return self is not FreezeScope.CREDITS

    @property
    def forbids_credits(self) -> bool:
        """Whether nothing may be credited."""
        return self is not FreezeScope.DEBITS


@dataclass(frozen=True, slots=True)
class Freeze:
    """What is forbidden, why, and since when."""

    scope: FreezeScope
    reason: str
    frozen_at: datetime


def freeze_of(scope: str | None, reason: str | None, frozen_at: datetime | None) -> Freeze | None:
    """The freeze of a ledger or wallet with these columns; None unless it is frozen."""
    if scope is None or reason is None or frozen_at is None:
        return None
    return Freeze(FreezeScope(scope), reason, frozen_at)


def describe_freeze(row: Mapping[str, Any] | Record) -> dict[str, Any] | None:
    """The freeze in the `data` of an event about the ledger or wallet of this row."""
    scope, reason, frozen_at = row["freeze_scope"], row["freeze_reason"], row["frozen_at"]
    return None if scope is None else {"scope": scope, "reason": reason, "frozen_at": rfc3339(frozen_at)}
