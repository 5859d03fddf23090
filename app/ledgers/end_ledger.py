"""End a ledger, and its pending IBAN with it, in the same transaction."""

from app.db.connection import Record
from app.db.transaction import Transaction
from app.journal.posting_accounts import end_posting
from app.kernel.actor import Actor
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.status import IBAN, LEDGER, IbanStatus, LedgerStatus
from app.lifecycle.advance import advance


async def decline_ledger(tx: Transaction, actor: Actor, row: Record, reason: str) -> Record:
    """Decline the ledger for this reason. The caller has locked the posting account and the ledger."""
    return await _end(tx, actor, row, LedgerStatus.DECLINED, reason)


async def end_closed_ledger(tx: Transaction, actor: Actor, row: Record, reason: str | None) -> Record:
    """Close the ledger. The caller has locked the posting account and the ledger, and checked the balance."""
    return await _end(tx, actor, row, LedgerStatus.CLOSED, reason)


async def _end(tx: Transaction, actor: Actor, row: Record, status: LedgerStatus, reason: str | None) -> Record:
    """End it; its overdraft limit ends with it."""
    await end_posting(tx, actor.customer_id, row["id"])
    row = await advance(
        tx, actor, LEDGER_NOUN, row, LEDGER, status, status_reason=reason, overdraft_limit_minor_units=0
    )
    if row["iban_status"] == IbanStatus.PENDING.value:
        row = await advance(tx, actor, LEDGER_NOUN, row, IBAN, IbanStatus.DECLINED)
    return row
