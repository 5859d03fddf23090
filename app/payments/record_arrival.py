"""Write a payment that came in and credit its ledger, or write it as DECLINED with the reason."""

from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.transaction import Transaction
from app.journal.frozen import FROZEN
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
    is_return: bool = False,
) -> PaymentStatus:
    """Write it: DECLINED if the ledger is not OK, takes no credits, or `declined_for` is given, else ACCEPTED. Returns
    which. With `is_return` no freeze declines it: the money had left this ledger, and the bank has given it back.

    :raises Invalid, InvalidState: the journal refuses it: roll back.
    """
    reason = declined_for or _reason_against(ledger, is_return=is_return)
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
        await post_arrival(tx, actor, row, transfer_id=transfer_id, ledger=ledger, is_return=is_return)
    return status


def _reason_against(ledger: Record, *, is_return: bool) -> str | None:
    if not ledger["is_open"]:
        return f"The ledger is {ledger['status']}."
    return f"The ledger is {FROZEN}." if ledger["takes_no_credits"] and not is_return else None
