"""Receive money that has arrived at the bank. The bank promises this work; the worker does it."""

from collections.abc import Callable
from uuid import UUID

from app.db.connection import fetchrow
from app.db.transaction import whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.amounts import exact
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, InvalidState
from app.outbox.promise import promise
from app.partners.port import Arrival, BankPartner
from app.payments.movements import LEDGER_PATH, payment_transaction
from app.payments.queries import read_ledger
from app.payments.record_arrival import record_arrival
from app.payments.record_payment import PaymentContent
from app.payments.status import PaymentStatus

OPERATION = "receivePayment"


async def receive_payment(actor: Actor, arrival: Arrival) -> None:
    """Write a payment that came in: ACCEPTED and credited. If the ledger is not OK, or frozen, it is DECLINED with the
    reason, and its return is promised. A repeat, known by the bank's reference, changes nothing.

    :raises LimitExceeded: nothing changed; the promise stands and is tried again.
    """
    try:
        await _receive(actor, arrival)
    except InvalidState:
        # The ledger was closed or frozen after we read it. This time we see that, and record the payment as declined.
        await _receive(actor, arrival)
    except Invalid as beyond:
        # The balance would be too large.
        await _receive(actor, arrival, declined_for=beyond.message)


async def return_payment(actor: Actor, payment_id: UUID, *, partner_for: Callable[[str], BankPartner]) -> None:
    """Tell the bank that we declined an incoming payment, so that it returns the money. A repeat changes nothing.

    :raises PartnerUnavailable: nothing changed; the promise stands and is tried again.
    """
    payment = await fetchrow(
        """
        SELECT p.status, l.partner_product
        FROM payments AS p JOIN ledgers AS l ON l.customer_id = p.customer_id AND l.id = p.ledger_id
        WHERE p.customer_id = $1 AND p.id = $2
        """,
        actor.customer_id,
        payment_id,
    )
    assert payment is not None, "it is promised with the payment"
    assert payment["status"] == PaymentStatus.DECLINED.value, "only what was declined goes back"
    await partner_for(payment["partner_product"]).return_arrival(payment_id)


@whole_use_case
async def _receive(actor: Actor, arrival: Arrival, *, declined_for: str | None = None) -> None:
    amount = arrival.amount
    content = PaymentContent(
        arrival.ledger_id, exact(amount.minor_units, amount.unit).canonical(), arrival.payer, arrival.reference
    )
    async with payment_transaction() as tx:
        existing = await reserve_key(tx, actor, OPERATION, arrival.partner_reference, content, arrival.arrival_id)
        if existing is not None:
            return
        ledger = await read_ledger(tx, actor, arrival.ledger_id, LEDGER_PATH)
        status = await record_arrival(
            tx,
            actor,
            arrival.arrival_id,
            content,
            ledger=ledger,
            amount=amount,
            payer=arrival.payer,
            partner_reference=arrival.partner_reference,
            declined_for=declined_for,
            is_return=arrival.is_return,
        )
        if status is PaymentStatus.DECLINED and not arrival.is_return:
            await promise(tx, actor, "return_payment", arrival.arrival_id)
