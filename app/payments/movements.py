"""What payments do in the books: always between a ledger and the settlement account of its partner product."""

import asyncio
from uuid import UUID

import asyncpg

from app.db.connection import Record
from app.db.transaction import Transaction
from app.journal.amounts import exact
from app.journal.instructions import INPUT, Instruction, Place, Post
from app.journal.post_transfers import NothingDone, post_transfers
from app.journal.status import TransferKind
from app.journal.system_accounts import settlement_key, system_account_id
from app.kernel.actor import Actor
from app.kernel.errors import DomainError, LimitExceeded
from app.kernel.money import Unit

LEDGER_PATH = (*INPUT, "ledgerId")
RETRY_AFTER_SECONDS = 0.5
LOCK_WAITERS_MAX = 4

payment_slots = asyncio.Semaphore(LOCK_WAITERS_MAX)
"""Taken around each transaction of a payment: all of a partner product meet on its settlement account, and each that
waits for it holds a connection, while others need some too.
"""


async def place_hold_for(tx: Transaction, actor: Actor, payment: Record, *, hold_id: UUID, product: str) -> None:
    """Reserve the money of a payment that goes out, until the bank has answered.

    :raises Invalid, InvalidState, InsufficientFunds, LimitExceeded: roll back; with the path of the argument to blame.
    """
    settlement_id = await system_account_id(tx, actor.customer_id, settlement_key(product))
    place = Place(
        actor=actor,
        resource_id=hold_id,
        key=None,
        debit_id=payment["ledger_id"],
        credit_id=settlement_id,
        amount=exact(payment["amount_minor_units"], Unit(payment["asset"], payment["scale"])),
        reference=payment["reference"],
        metadata=payment["metadata"],
        payment_id=payment["id"],
        system_id=settlement_id,
        debit_name="ledgerId",
        credit_name="ledgerId",
    )
    await carry_out(tx, place)


async def post_arrival(tx: Transaction, actor: Actor, payment: Record, *, transfer_id: UUID, product: str) -> None:
    """Credit the ledger with the money of a payment that came in.

    :raises Invalid, InvalidState, LimitExceeded: roll back; with the path of the argument to blame.
    """
    settlement_id = await system_account_id(tx, actor.customer_id, settlement_key(product))
    post = Post(
        actor=actor,
        resource_id=transfer_id,
        key=None,
        debit_id=settlement_id,
        credit_id=payment["ledger_id"],
        amount=exact(payment["amount_minor_units"], Unit(payment["asset"], payment["scale"])),
        kind=TransferKind.PAYMENT_IN,
        reference=payment["reference"],
        metadata=payment["metadata"],
        payment_id=payment["id"],
        system_id=settlement_id,
        debit_name="ledgerId",
        credit_name="ledgerId",
    )
    await carry_out(tx, post)


async def carry_out(tx: Transaction, instruction: Instruction) -> None:
    """Carry out one instruction in the transaction of its payment.

    :raises DomainError: it was refused: roll back.
    """
    try:
        await post_transfers(tx, instruction.actor.customer_id, [instruction])
    except NothingDone as nothing:
        (refusal,) = nothing.outcomes
        assert isinstance(refusal, DomainError), "nothing is done only where it is refused"
        raise refusal from None
    except asyncpg.LockNotAvailableError as busy:
        message = "This ledger is busy with something that takes long: ask again after the delay, with the same key."
        raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS, path=LEDGER_PATH) from busy
