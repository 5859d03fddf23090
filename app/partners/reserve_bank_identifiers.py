"""Reserve the identifiers that a bank gave: no two ledgers of any customer may share an IBAN or a UK bank account."""

from uuid import UUID

from app.db.transaction import Transaction
from app.partners.port import PartnerUnavailable

IBAN = "IBAN"
UK_BANK_ACCOUNT = "UK_BANK_ACCOUNT"


class IdentifierTaken(PartnerUnavailable):
    """The bank gave an identifier that another ledger has. Its mistake: nothing is recorded, and we ask again later."""


async def reserve_bank_identifiers(
    tx: Transaction,
    customer_id: UUID,
    ledger_id: UUID,
    *,
    iban: str | None = None,
    sort_code: str | None = None,
    account_number: str | None = None,
) -> None:
    """Reserve for this ledger what the bank gave it. Reserving again changes nothing.

    :raises IdentifierTaken: another ledger, perhaps another customer's, has one of them.
    """
    if iban is not None:
        await _reserve(tx, customer_id, ledger_id, IBAN, iban)
    if sort_code is not None and account_number is not None:
        await _reserve(tx, customer_id, ledger_id, UK_BANK_ACCOUNT, sort_code + account_number)


async def _reserve(tx: Transaction, customer_id: UUID, ledger_id: UUID, kind: str, value: str) -> None:
    await tx.execute(
        """
        INSERT INTO reserved_bank_identifiers (kind, value, customer_id, ledger_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """,
        kind,
        value,
        customer_id,
        ledger_id,
    )
    # A separate statement, so that it sees what another transaction committed while we waited.
    owner = await tx.fetchrow(
        "SELECT customer_id, ledger_id FROM reserved_bank_identifiers WHERE kind = $1 AND value = $2", kind, value
    )
    assert owner is not None
    if (owner["customer_id"], owner["ledger_id"]) != (customer_id, ledger_id):
        # Does not say whose it is, since another customer may read this message.
        message = f"The bank gave ledger {ledger_id} the {kind} {value}, which another ledger already has."
        raise IdentifierTaken(message)
