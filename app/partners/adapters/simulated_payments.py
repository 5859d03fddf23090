"""What the simulated bank paid: once for each payment, however often it is asked."""

import secrets

from app.db.transaction import Transaction
from app.partners.port import PaymentRequest, SentPayment

_REFERENCE_BYTES = 8


async def pay(tx: Transaction, request: PaymentRequest) -> SentPayment:
    """Send the money, unless it was sent before. The request is locked by the caller."""
    known = await tx.fetchval(
        "SELECT partner_reference FROM simulator_payments WHERE payment_id = $1", request.payment_id
    )
    if known is not None:
        return SentPayment(known)
    to, amount = request.counterparty, request.amount
    sent = SentPayment(f"SIM-{secrets.token_hex(_REFERENCE_BYTES).upper()}")
    await tx.execute(
        """
        INSERT INTO simulator_payments (payment_id, ledger_id, product, asset, scale, amount_minor_units,
                                        counterparty_name, counterparty_account, reference, partner_reference, paid_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        request.payment_id,
        request.ledger_id,
        request.product,
        amount.unit.asset,
        amount.unit.scale,
        amount.minor_units,
        to.name,
        to.iban or f"{to.sort_code} {to.account_number}",
        request.reference,
        sent.partner_reference,
        await tx.now(),
    )
    return sent
