"""The life of a holder."""

from enum import StrEnum

from app.kernel.machine import Machine


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
    {
        HolderStatus.PENDING: (
            HolderStatus.OK,
            HolderStatus.MISSING_DATA,
            HolderStatus.QUARANTINE,
            HolderStatus.DECLINED,
        ),
        HolderStatus.QUARANTINE: (HolderStatus.OK, HolderStatus.DECLINED),
        HolderStatus.MISSING_DATA: (HolderStatus.PENDING,),
        HolderStatus.OK: (HolderStatus.PENDING,),
    },
)
