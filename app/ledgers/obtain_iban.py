"""Obtain the IBAN that was asked for. This work is promised once the ledger is OK."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.db.connection import fetchrow
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.queries import lock_ledger
from app.ledgers.status import IBAN, IbanStatus, LedgerStatus
from app.lifecycle.advance import advance
from app.partners.port import BankPartner, IbanRequest, PartnerDeclined, PartnerUnableToAdvance
from app.partners.reserve_bank_identifiers import reserve_bank_identifiers


async def obtain_iban(actor: Actor, ledger_id: UUID, *, partner_for: Callable[[str], BankPartner]) -> None:
    """Ask the partner for the IBAN and record the answer. A repeat changes nothing.

    :raises PartnerUnavailable: nothing changed; the promise stands and is tried again.
    """
    ledger = await fetchrow("SELECT * FROM ledgers WHERE customer_id = $1 AND id = $2", actor.customer_id, ledger_id)
    if ledger is None or ledger["iban_status"] != IbanStatus.PENDING.value or ledger["status"] != LedgerStatus.OK.value:
        return
    request_id: UUID = ledger["iban_request_id"]
    request = IbanRequest(
        request_id=request_id,
        ledger_id=ledger_id,
        product=ledger["partner_product"],
        asset=ledger["asset"],
        metadata=ledger["metadata"],
    )
    # No transaction is open here. If we ask again, the bank recognizes `request_id`.
    try:
        assigned = await partner_for(request.product).assign_iban(request)
    except PartnerDeclined:
        await _record(actor, ledger_id, request_id, IbanStatus.DECLINED, {})
    except PartnerUnableToAdvance:
        await _record(actor, ledger_id, request_id, IbanStatus.UNABLE_TO_ADVANCE, {})
    else:
        await _record(actor, ledger_id, request_id, IbanStatus.OK, {"iban": assigned.iban, "bic": assigned.bic})


@whole_use_case
async def _record(actor: Actor, ledger_id: UUID, request_id: UUID, status: IbanStatus, changes: dict[str, Any]) -> None:
    async with transaction() as tx:
        row = await lock_ledger(tx, actor, ledger_id, ())
        if row["iban_status"] != IbanStatus.PENDING.value or row["iban_request_id"] != request_id:
            return
        if status is IbanStatus.OK:
            await reserve_bank_identifiers(
                tx, actor.customer_id, ledger_id, iban=changes["iban"], sort_code=None, account_number=None
            )
        await advance(tx, actor, LEDGER_NOUN, row, IBAN, status, **changes)
