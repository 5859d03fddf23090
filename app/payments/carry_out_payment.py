"""Carry out a payment: ask the bank to send it, then capture or release the hold. This work is promised with the
payment; the worker does it.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetchrow
from app.db.identifiers import new_id
from app.db.transaction import Transaction, whole_use_case
from app.journal.instructions import Capture, Instruction, Release
from app.kernel.actor import Actor
from app.kernel.errors import DomainError
from app.kernel.money import Money, Unit
from app.lifecycle.advance import advance
from app.partners.port import BankPartner, Counterparty, PartnerDeclined, PaymentRequest, SentPayment
from app.payments.events import payment_noun
from app.payments.movements import carry_out, payment_transaction
from app.payments.records import counterparty_of
from app.payments.status import PAYMENT, PaymentStatus


async def carry_out_payment(actor: Actor, payment_id: UUID, *, partner_for: Callable[[str], BankPartner]) -> None:
    """Move a PENDING payment to ACCEPTED or DECLINED. A repeat changes nothing.

    :raises PartnerUnavailable, LimitExceeded: nothing changed; the promise stands and is tried again.
    """
    payment = await fetchrow(
        """
        SELECT p.*, l.partner_product, l.iban, l.sort_code, l.account_number, coalesce(h.name, c.name) AS payer_name
        FROM payments AS p JOIN ledgers AS l ON l.customer_id = p.customer_id AND l.id = p.ledger_id
        JOIN customers AS c ON c.customer_id = p.customer_id
        LEFT JOIN holders AS h ON h.customer_id = p.customer_id AND h.id = l.holder_id
        WHERE p.customer_id = $1 AND p.id = $2
        """,
        actor.customer_id,
        payment_id,
    )
    if payment is None or payment["status"] != PaymentStatus.PENDING.value:
        return  # A repeat of work already done.

    # No transaction is open here. If we die before the commit below, the work runs again and the bank recognizes
    # `payment_id`: it pays once.
    request = PaymentRequest(
        payment_id=payment_id,
        customer_id=actor.customer_id,
        ledger_id=payment["ledger_id"],
        product=payment["partner_product"],
        amount=Money(payment["amount_minor_units"], Unit(payment["asset"], payment["scale"])),
        payer=Counterparty(payment["payer_name"], payment["iban"], payment["sort_code"], payment["account_number"]),
        counterparty=counterparty_of(payment),
        reference=payment["reference"],
        metadata=payment["metadata"],
    )
    try:
        sent = await partner_for(request.product).send_payment(request)
    except PartnerDeclined as declined:
        await _decline(actor, payment_id, declined.reason)
        return
    await _accept(actor, payment_id, sent)


@whole_use_case
async def _accept(actor: Actor, payment_id: UUID, sent: SentPayment) -> None:
    async with payment_transaction() as tx:
        payment = await _lock_pending(tx, actor, payment_id)
        if payment is None:
            return
        capture = Capture(
            actor=actor, resource_id=new_id(), key=None, hold_id=payment["hold_id"], payment_id=payment_id
        )
        changes = {"partner_reference": sent.partner_reference}
        await _settle(tx, payment, PaymentStatus.ACCEPTED, capture, transfer_id=capture.resource_id, changes=changes)


@whole_use_case
async def _decline(actor: Actor, payment_id: UUID, reason: str) -> None:
    async with payment_transaction() as tx:
        payment = await _lock_pending(tx, actor, payment_id)
        if payment is None:
            return
        release = Release(
            actor=actor, resource_id=new_id(), key=None, hold_id=payment["hold_id"], payment_id=payment_id
        )
        changes = {"status_reason": reason}
        await _settle(tx, payment, PaymentStatus.DECLINED, release, transfer_id=None, changes=changes)


async def _lock_pending(tx: Transaction, actor: Actor, payment_id: UUID) -> Record | None:
    """The payment with its hold and holder, locked; None if another worker has settled it."""
    return await tx.fetchrow(
        """
        SELECT p.*, a.holder_id, h.id AS hold_id FROM payments AS p
        JOIN posting_accounts AS a ON a.customer_id = p.customer_id AND a.id = p.ledger_id
        JOIN holds AS h ON h.customer_id = p.customer_id AND h.payment_id = p.id
        WHERE p.customer_id = $1 AND p.id = $2 AND p.status = 'PENDING'
        FOR UPDATE OF p
        """,
        actor.customer_id,
        payment_id,
    )


async def _settle(
    tx: Transaction,
    payment: Record,
    status: PaymentStatus,
    instruction: Instruction,
    *,
    transfer_id: UUID | None,
    changes: dict[str, Any],
) -> None:
    noun = payment_noun(holder_id=payment["holder_id"], hold_id=payment["hold_id"], transfer_id=transfer_id)
    await advance(tx, instruction.actor, noun, payment, PAYMENT, status, **changes)
    try:
        await carry_out(tx, instruction, told_holder_id=payment["holder_id"])
    except DomainError as refusal:
        # Cannot happen: the money is held, only this moves the hold, and a ledger with holds is not closed.
        message = f"payment {payment['id']} cannot be settled: {refusal.message}"
        raise AssertionError(message) from refusal
