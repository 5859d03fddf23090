"""Payments that the simulated bank sends: each one once, however often it is asked."""

from app.db.transaction import Transaction
from app.partners.adapters.simulated_arrivals import GivenAccount, deliver, new_reference
from app.partners.port import PaymentRequest, SentPayment


async def pay(tx: Transaction, request: PaymentRequest, to: GivenAccount | None) -> SentPayment:
    """Send the money, unless it was sent before. If the bank gave out the receiving account, it arrives there. The
    caller has locked the request.
    """
    known = await tx.fetchval(
        "SELECT partner_reference FROM simulator_payments WHERE payment_id = $1", request.payment_id
    )
    if known is not None:
        return SentPayment(known)
    payee, amount = request.counterparty, request.amount
    sent = SentPayment(new_reference())
    await tx.execute(
        """
        INSERT INTO simulator_payments (payment_id, ledger_id, product, asset, scale, amount_minor_units,
                                        counterparty_name, counterparty_account, reference, partner_reference, paid_at,
                                        client_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        request.payment_id,
        request.ledger_id,
        request.product,
        amount.unit.asset,
        amount.unit.scale,
        amount.minor_units,
        payee.name,
        payee.iban or f"{payee.sort_code} {payee.account_number}",
        request.reference,
        sent.partner_reference,
        await tx.now(),
        request.customer_id,
    )
    if to is not None:
        await deliver(tx, request, sent.partner_reference, to)
    return sent
