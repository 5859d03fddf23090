"""The life of a holder."""

from enum import StrEnum

from app.kernel.machine import Machine, Move


class HolderKind(StrEnum):
    """Somebody the customer serves, or the customer itself."""

    ENDUSER = "ENDUSER"
    CUSTOMER = "CUSTOMER"


class HolderField(StrEnum):
    """Fields that an update can clear."""

    EMAIL = "EMAIL"
    ADDRESS = "ADDRESS"


class HolderStatus(StrEnum):
    """The result of a holder's screening so far."""

    PENDING = "PENDING"
    MISSING_DATA = "MISSING_DATA"
    QUARANTINE = "QUARANTINE"
    OK = "OK"
    DECLINED = "DECLINED"


class Party(StrEnum):
    """Whether a holder is a person or a company; it never changes."""

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
