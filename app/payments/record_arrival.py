"""Write a payment that came in and credit its ledger, or write it as DECLINED with the reason."""

from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.transaction import Transaction
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.lifecycle.advance import tell
from app.partners.port import Counterparty
from app.payments.events import payment_noun
from app.payments.movements import post_arrival
from app.payments.record_payment import PaymentContent, record_payment
from app.payments.status import PAYMENT, PaymentDirection, PaymentStatus


async def record_arrival(
    tx: Transaction,
    actor: Actor,
    payment_id: UUID,
    content: PaymentContent,
    *,
    ledger: Record,
    amount: Money,
    payer: Counterparty,
    partner_reference: str | None = None,
    declined_for: str | None = None,
) -> PaymentStatus:
    """Write it: DECLINED if the ledger is not OK or `declined_for` is given, else ACCEPTED. Returns which.

    :raises Invalid, InvalidState: the journal refuses it: roll back.
    """
    reason = declined_for or (None if ledger["is_open"] else f"The ledger is {ledger['status']}.")
    status = PaymentStatus.ACCEPTED if reason is None else PaymentStatus.DECLINED
    row = await record_payment(
        tx,
        actor,
        payment_id,
        content,
        direction=PaymentDirection.IN,
        status=status,
        status_reason=reason,
        amount=amount,
        counterparty=payer,
        partner_reference=partner_reference,
    )
    transfer_id = new_id() if reason is None else None
    noun = payment_noun(holder_id=ledger["holder_id"], hold_id=None, transfer_id=transfer_id)
    await tell(tx, actor, noun, PAYMENT.event_type(status), row)
    if transfer_id is not None:
        await post_arrival(tx, actor, row, transfer_id=transfer_id, ledger=ledger)
    return status
