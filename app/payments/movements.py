"""The holds and transfers of payments: always between a ledger and its partner product's settlement account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from app.db.connection import Record
from app.db.transaction import Transaction, transaction
from app.journal.amounts import exact
from app.journal.carry_out_batch import Done, NothingDone, carry_out_batch
from app.journal.instructions import CreditId, DebitId, Instruction, Place, Post
from app.journal.status import TransferKind
from app.journal.system_accounts import settlement_key, system_account_id
from app.kernel.actor import Actor
from app.kernel.errors import DomainError, LimitExceeded
from app.kernel.money import Unit

LEDGER_PATH = ("ledger_id",)
RETRY_AFTER_SECONDS = 0.5
LOCK_WAITERS_MAX = 4

_slots = asyncio.Semaphore(LOCK_WAITERS_MAX)


@asynccontextmanager
async def payment_transaction() -> AsyncIterator[Transaction]:
    """One payment's transaction. Only a few run at a time in a process: payments of a product wait for one settlement
    account, and each holds a connection that others need.

    :raises LimitExceeded: a row that it needs was locked for too long; nothing happened.
    """
    try:
        async with _slots, transaction() as tx:
            yield tx
    except asyncpg.LockNotAvailableError as busy:  # The lock of an account, the key, or (at the commit) the ledger.
        message = "This ledger is busy with something that takes long: ask again after the delay, with the same key."
        raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS, path=LEDGER_PATH) from busy


async def place_hold_for(tx: Transaction, actor: Actor, payment: Record, *, hold_id: UUID, ledger: Record) -> None:
    """Reserve the money of a payment that goes out, until the bank has answered.

    :raises Invalid, InvalidState, InsufficientFunds: roll back; with the path of the argument to blame.
    """
    settlement_id = await system_account_id(tx, actor.customer_id, settlement_key(ledger["partner_product"]))
    place = Place(
        actor=actor,
        resource_id=hold_id,
        key=None,
        debit_id=DebitId(payment["ledger_id"]),
        credit_id=CreditId(settlement_id),
        amount=exact(payment["amount_minor_units"], Unit(payment["asset"], payment["scale"])),
        reference=payment["reference"],
        metadata=payment["metadata"],
        payment_id=payment["id"],
        system_id=settlement_id,
        debit_name="ledger_id",
        credit_name="ledger_id",
    )
    await carry_out(tx, place, told_holder_id=ledger["holder_id"])


async def post_arrival(
    tx: Transaction, actor: Actor, payment: Record, *, transfer_id: UUID, ledger: Record, is_return: bool
) -> None:
    """Credit the ledger with the money of a payment that came in. No freeze refuses what a bank gives back.

    :raises Invalid, InvalidState: roll back; with the path of the argument to blame.
    """
    settlement_id = await system_account_id(tx, actor.customer_id, settlement_key(ledger["partner_product"]))
    post = Post(
        actor=actor,
        resource_id=transfer_id,
        key=None,
        debit_id=DebitId(settlement_id),
        credit_id=CreditId(payment["ledger_id"]),
        amount=exact(payment["amount_minor_units"], Unit(payment["asset"], payment["scale"])),
        kind=TransferKind.PAYMENT_IN,
        is_forced=is_return,
        reference=payment["reference"],
        metadata=payment["metadata"],
        payment_id=payment["id"],
        system_id=settlement_id,
        debit_name="ledger_id",
        credit_name="ledger_id",
    )
    await carry_out(tx, post, told_holder_id=ledger["holder_id"])


async def carry_out(tx: Transaction, instruction: Instruction, *, told_holder_id: UUID | None) -> None:
    """Carry out one instruction in its payment's transaction. The payment's event names the holder `told_holder_id`.

    :raises DomainError: it was refused: roll back.
    :raises asyncpg.SerializationError: the ledger got its holder meanwhile: run the whole use case again.
    """
    try:
        (done,) = await carry_out_batch(tx, instruction.actor.customer_id, [instruction])
    except NothingDone as nothing:
        (refusal,) = nothing.outcomes
        assert isinstance(refusal, DomainError), "nothing is done only where it is refused"
        raise refusal from None
    assert isinstance(done, Done), "a refusal of the only instruction is raised"
    ledger = done.object.debit if done.object.credit.is_system else done.object.credit
    if ledger.holder_id != told_holder_id:
        raise asyncpg.SerializationError("The ledger got its holder after the payment's event was written.")
