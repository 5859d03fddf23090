"""Which operations make transfers and holds: under their names idempotency keys are kept."""

from app.journal.instructions import CAPTURE_OPERATION

TRANSFER_OPERATIONS = (
    "postTransfer",
    "reverseTransfer",
    "creditVirtualLedger",
    "debitVirtualLedger",
    CAPTURE_OPERATION,
)
"""Each key of one of these leads to a transfer."""

HOLD_OPERATIONS = ("placeHold", CAPTURE_OPERATION)
"""A key of the first leads to a hold, one of the second to the transfer that captured it."""
