"""Which operations make transfers and holds: under their names idempotency keys are kept."""

from app.journal.instructions import ADJUST_OPERATION, CAPTURE_OPERATION, RELEASE_OPERATION, REVERSE_OPERATION

TRANSFER_OPERATIONS = (
    "postTransfer",
    REVERSE_OPERATION,
    "creditVirtualLedger",
    "debitVirtualLedger",
    CAPTURE_OPERATION,
    "reverseGroup",
)
"""Each key of one of these leads to a transfer, that of a group's reversal to its first one."""

CHANGES_OF_HOLDS = (RELEASE_OPERATION, ADJUST_OPERATION)
"""Each key of one of these is about a hold, and makes nothing of its own."""

HOLD_OPERATIONS = ("placeHold", CAPTURE_OPERATION, *CHANGES_OF_HOLDS)
"""A key of the first leads to a hold, one of the second to the transfer that captured it."""
