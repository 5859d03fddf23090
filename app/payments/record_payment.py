"""Write a new payment. The caller writes its event and moves its money in the same transaction."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.idempotency.reserve_key import reserve_key
from app.journal.amounts import Amount, minor_units_of
from app.kernel.actor import Actor
from app.kernel.checks import Metadata
from app.kernel.money import Money, Unit
from app.partners.port import Counterparty
from app.payments.counterparty import meaning_of
from app.payments.status import PaymentDirection, PaymentStatus


@dataclass(frozen=True, slots=True)
class PaymentContent:
    """The request, normalized: the same content under the same idempotency key is the same payment.

    `amount` is canonical text. Fields left out are None.
    """

    ledger_id: UUID
    amount: str
    counterparty: Counterparty | None
    reference: str | None
    metadata: Metadata | None = None


async def reserve_payment(
    tx: Transaction,
    actor: Actor,
    operation: str,
    key: str,
    content: PaymentContent,
    payment_id: UUID,
    *,
    default: Counterparty | None = None,
) -> UUID | None:
    """As `reserve_key` does. A British account is the same content in both its forms, and so is the counterparty that
    one left out stands for, by its name or left out; older keys told them apart.
    """
    counterparty = None if content.counterparty in (None, default) else meaning_of(content.counterparty)
    meaning = replace(content, counterparty=counterparty)
    return await reserve_key(tx, actor, operation, key, meaning, payment_id, older=[content])


def money_of(amount: Amount, ledger: Record) -> Money:
    """The amount in the ledger's unit.

    :raises Invalid, AssetMismatch: it does not fit.
    """
    unit = Unit(ledger["asset"], ledger["scale"])
    return Money(minor_units_of(amount, unit, ("amount",)), unit)


async def record_payment(
    tx: Transaction,
    actor: Actor,
    payment_id: UUID,
    content: PaymentContent,
    *,
    direction: PaymentDirection,
    status: PaymentStatus,
    amount: Money,
    counterparty: Counterparty,
    status_reason: str | None = None,
    partner_reference: str | None = None,
) -> Record:
    """Write the payment's row, and return it."""
    row = await tx.fetchrow(
        """
        INSERT INTO payments (customer_id, id, ledger_id, direction, status, status_reason, amount_minor_units, asset,
                              scale, counterparty_name, counterparty_iban, counterparty_sort_code,
                              counterparty_account_number, reference, metadata, created_at, updated_at,
                              partner_reference)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)
        RETURNING *
        """,
        actor.customer_id,
        payment_id,
        content.ledger_id,
        direction.value,
        status.value,
        status_reason,
        amount.minor_units,
        amount.unit.asset,
        amount.unit.scale,
        counterparty.name,
        counterparty.iban,
        counterparty.sort_code,
        counterparty.account_number,
        content.reference,
        content.metadata or {},
        await tx.now(),
        partner_reference,
    )
    assert row is not None
    return row
