"""The life of a hold, and the words of transfers."""

from enum import StrEnum

from app.kernel.machine import Machine


class HoldStatus(StrEnum):
    """Where a hold stands. Every status but PLACED is final."""

    PLACED = "PLACED"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class TransferKind(StrEnum):
    """Why money moved."""

    INTER_LEDGER = "INTER_LEDGER"
    VIRTUAL_CREDIT = "VIRTUAL_CREDIT"
    VIRTUAL_DEBIT = "VIRTUAL_DEBIT"
    PAYMENT_IN = "PAYMENT_IN"
    PAYMENT_OUT = "PAYMENT_OUT"
    WALLET = "WALLET"
    REVERSAL = "REVERSAL"


IRREVERSIBLE = frozenset({TransferKind.PAYMENT_IN, TransferKind.PAYMENT_OUT, TransferKind.REVERSAL})
"""Kinds of transfers that cannot be reversed."""


class TransferStatus(StrEnum):
    """Whether other transfers have reversed this one, in part or whole."""

    POSTED = "POSTED"
    PARTLY_REVERSED = "PARTLY_REVERSED"
    REVERSED = "REVERSED"


class EntryDirection(StrEnum):
    """Which side of its transfer an entry is."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


HOLD = Machine(
    "hold.status",
    {
        HoldStatus.PLACED: (HoldStatus.CAPTURED, HoldStatus.RELEASED, HoldStatus.EXPIRED),
    },
)
