"""The life of a holder."""

from enum import StrEnum

from app.kernel.machine import Machine, Move


class HolderKind(StrEnum):
    """Somebody the customer serves, or the customer itself."""

    ENDUSER = "ENDUSER"
    CUSTOMER = "CUSTOMER"


class HolderField(StrEnum):
    """What an update can empty."""

    EMAIL = "EMAIL"
    ADDRESS = "ADDRESS"


class HolderStatus(StrEnum):
    """Where a holder stands with the screening."""

    PENDING = "PENDING"
    MISSING_DATA = "MISSING_DATA"
    QUARANTINE = "QUARANTINE"
    OK = "OK"
    DECLINED = "DECLINED"


class Party(StrEnum):
    """What kind of somebody a holder is; never changes."""

    PERSON = "PERSON"
    COMPANY = "COMPANY"


HOLDER = Machine(
    "holder.status",
    [
        Move(HolderStatus.PENDING, HolderStatus.OK),
        Move(HolderStatus.PENDING, HolderStatus.MISSING_DATA),
        Move(HolderStatus.PENDING, HolderStatus.QUARANTINE),
        Move(HolderStatus.PENDING, HolderStatus.DECLINED),
        Move(HolderStatus.QUARANTINE, HolderStatus.OK),
        Move(HolderStatus.QUARANTINE, HolderStatus.DECLINED),
        Move(HolderStatus.MISSING_DATA, HolderStatus.PENDING),
        Move(HolderStatus.OK, HolderStatus.PENDING),
    ],
)
