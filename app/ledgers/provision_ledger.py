"""Provision a ledger that is PENDING: ask the partner to open the account, then record the answer."""

from collections.abc import Callable
from uuid import UUID

from app.db.connection import Record, fetchrow
from app.db.transaction import Transaction, transaction, whole_use_case
from app.holders.queries import lock_holder
from app.holders.status import HolderStatus
from app.journal.posting_accounts import lock_posting_account, set_open
from app.kernel.actor import Actor
from app.ledgers.end_ledger import decline_ledger
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.queries import lock_ledger
from app.ledgers.resubmit_ledgers import blocked
from app.ledgers.status import IBAN, LEDGER, IbanStatus, LedgerStatus
from app.lifecycle.advance import advance
from app.outbox.promise import promise
from app.partners.catalog import Catalog
from app.partners.port import AccountRequest, BankAccount, BankPartner, PartnerDeclined
from app.partners.reserve_bank_identifiers import reserve_bank_identifiers


async def provision_ledger(
    actor: Actor, ledger_id: UUID, *, catalog: Catalog, partner_for: Callable[[str], BankPartner]
) -> None:
    """Move a PENDING ledger to OK, DECLINED, ERROR or MISSING_DATA. A repeat changes nothing.

    :raises PartnerUnavailable: nothing changed; the promise stands and is tried again.
    """
    ledger = await fetchrow(
        """
        SELECT l.*, h.name AS holder_name, h.status AS holder_status
        FROM ledgers AS l LEFT JOIN holders AS h ON h.customer_id = l.customer_id AND h.id = l.holder_id
        WHERE l.customer_id = $1 AND l.id = $2
        """,
        actor.customer_id,
        ledger_id,
    )
    if ledger is None or ledger["status"] != LedgerStatus.PENDING.value:
        return  # A repeat of work already done.
    if not catalog.allows_jurisdiction(ledger["jurisdiction"]):
        await _decline(actor, ledger_id, f"The jurisdiction {ledger['jurisdiction']} is not accepted.")
        return
    if ledger["holder_status"] not in {None, HolderStatus.OK.value} and await _block(actor, ledger_id):
        return

    # No transaction is open here. If we die before the commit below, the work runs again and the bank recognizes
    # `ledger_id`.
    request = AccountRequest(
        ledger_id=ledger_id,
        product=ledger["partner_product"],
        asset=ledger["asset"],
        holder_name=ledger["holder_name"],
        metadata=ledger["metadata"],
    )
    try:
        bank_account = await partner_for(request.product).open_account(request)
    except PartnerDeclined as declined:
        await _decline(actor, ledger_id, declined.reason)
        return
    await _open(actor, ledger_id, bank_account)


async def _lock_pending(tx: Transaction, actor: Actor, ledger_id: UUID) -> Record | None:
    await lock_posting_account(tx, actor.customer_id, ledger_id)
    row = await lock_ledger(tx, actor, ledger_id, ())
    return row if row["status"] == LedgerStatus.PENDING.value else None


@whole_use_case
async def _decline(actor: Actor, ledger_id: UUID, reason: str) -> None:
    async with transaction() as tx:
        row = await _lock_pending(tx, actor, ledger_id)
        if row is not None:
            await decline_ledger(tx, actor, row, reason)


@whole_use_case
async def _block(actor: Actor, ledger_id: UUID) -> bool:
    """Move the ledger to ERROR or MISSING_DATA; False if the holder became OK meanwhile.

    The holder is locked. So if it becomes OK, either it is seen here, or the work that follows sees this ledger.
    """
    async with transaction() as tx:
        row = await _lock_pending(tx, actor, ledger_id)
        if row is None:
            return True
        holder = await lock_holder(tx, actor, row["holder_id"], share=True)
        if holder["status"] == HolderStatus.OK.value:
            return False
        status, changes = blocked(holder)
        await advance(tx, actor, LEDGER_NOUN, row, LEDGER, status, **changes)
    return True


@whole_use_case
async def _open(actor: Actor, ledger_id: UUID, account: BankAccount) -> None:
    async with transaction() as tx:
        row = await _lock_pending(tx, actor, ledger_id)
        if row is None:
            return
        await reserve_bank_identifiers(
            tx,
            actor.customer_id,
            ledger_id,
            iban=account.iban,
            sort_code=account.sort_code,
            account_number=account.account_number,
        )
        await set_open(tx, actor.customer_id, ledger_id, is_open=True)
        row = await advance(
            tx,
            actor,
            LEDGER_NOUN,
            row,
            LEDGER,
            LedgerStatus.OK,
            status_reason=None,
            sort_code=account.sort_code,
            account_number=account.account_number,
        )
        if account.iban is not None:
            await advance(tx, actor, LEDGER_NOUN, row, IBAN, IbanStatus.OK, iban=account.iban, bic=account.bic)
        elif row["iban_status"] == IbanStatus.PENDING.value:
            await promise(tx, actor, "obtain_iban", ledger_id)
