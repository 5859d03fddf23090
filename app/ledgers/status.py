"""The life of a ledger, and the life of its IBAN."""

from enum import StrEnum

from app.kernel.machine import Machine


class LedgerStatus(StrEnum):
    """Where a ledger stands."""

    PENDING = "PENDING"
    MISSING_DATA = "MISSING_DATA"
    OK = "OK"
    ERROR = "ERROR"
    DECLINED = "DECLINED"
    CLOSED = "CLOSED"


class IbanStatus(StrEnum):
    """Where the IBAN of a ledger stands."""

    NOT_REQUESTED = "NOT_REQUESTED"
    PENDING = "PENDING"
    OK = "OK"
    DECLINED = "DECLINED"
    UNABLE_TO_ADVANCE = "UNABLE_TO_ADVANCE"


class LedgerType(StrEnum):
    """Whose funds a ledger holds: one entity's, or several entities'."""

    SINGLE_USER = "SINGLE_USER"
    OMNIBUS = "OMNIBUS"


class LedgerUse(StrEnum):
    """What a ledger is going to be used for."""

    DEPOSIT = "DEPOSIT"
    PAYMENTS = "PAYMENTS"
    SETTLEMENT = "SETTLEMENT"
    FLOAT = "FLOAT"
    FEES = "FEES"
    INVESTMENT = "INVESTMENT"
    COLLATERAL = "COLLATERAL"
    ESCROW = "ESCROW"


class AssetOwner(StrEnum):
    """Who owns the assets in a ledger: the customer, or somebody else."""

    ME = "ME"
    OTHER = "OTHER"


PENDING, MISSING_DATA, OK = LedgerStatus.PENDING, LedgerStatus.MISSING_DATA, LedgerStatus.OK
ERROR, DECLINED, CLOSED = LedgerStatus.ERROR, LedgerStatus.DECLINED, LedgerStatus.CLOSED

LEDGER = Machine(
    "ledger.status",
    {
        PENDING: (OK, DECLINED, MISSING_DATA, ERROR),
        MISSING_DATA: (PENDING, ERROR),
        ERROR: (PENDING, MISSING_DATA),
        OK: (CLOSED,),
    },
)

IBAN = Machine(
    "ledger.iban_status",
    {
        IbanStatus.NOT_REQUESTED: (IbanStatus.PENDING, IbanStatus.OK),
        IbanStatus.PENDING: (IbanStatus.OK, IbanStatus.DECLINED, IbanStatus.UNABLE_TO_ADVANCE),
        IbanStatus.DECLINED: (IbanStatus.PENDING,),
        IbanStatus.UNABLE_TO_ADVANCE: (IbanStatus.PENDING,),
    },
)

WAITING_FOR_HOLDER = (LedgerStatus.ERROR, LedgerStatus.MISSING_DATA)
"""Statuses that end when the holder becomes OK."""
