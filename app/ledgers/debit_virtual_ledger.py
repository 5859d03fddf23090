"""Debit a virtual ledger by hand: some of its asset was given out of the vault."""

from app.journal.records import Transfer
from app.journal.status import TransferKind
from app.journal.submit import submit_one
from app.kernel.actor import Actor
from app.ledgers.credit_virtual_ledger import VirtualMovement, posting_of_movement

OPERATION = "debitVirtualLedger"


async def debit_virtual_ledger(actor: Actor, command: VirtualMovement) -> tuple[Transfer, bool]:
    """The transfer from the ledger to its asset's vault, and whether this was a replay.

    :raises Invalid: an argument is malformed, or the ledger is not virtual.
    :raises AssetMismatch, NotFound, InsufficientFunds, IdempotencyMismatch, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    posting = await posting_of_movement(actor, command, OPERATION, TransferKind.VIRTUAL_DEBIT)
    return await submit_one(posting, Transfer)
