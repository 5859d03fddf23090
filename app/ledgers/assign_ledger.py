"""Give an unassigned ledger its holder, once."""

from dataclasses import dataclass, replace

from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.holders.queries import lock_holder
from app.holders.status import HolderStatus
from app.idempotency.reserve_key import reserve_key
from app.journal.posting_accounts import lock_posting_account, set_holder
from app.kernel.actor import Actor
from app.kernel.errors import InvalidState
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.models import Ledger
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.ledgers.status import LedgerStatus
from app.lifecycle.advance import change


@dataclass(frozen=True, slots=True)
class AssignLedger:
    """Which ledger gets which holder."""

    ledger_id: str
    holder_id: str
    idempotency_key: str | None = None


@whole_use_case
async def assign_ledger(actor: Actor, command: AssignLedger) -> tuple[Ledger, bool]:
    """The ledger with its holder, and whether this was a replay.

    :raises InvalidState: it has a holder already, has ended, or the holder is not OK.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("ledgers:write")
    ledger_path, holder_path = ("ledger_id",), ("holder_id",)
    ledger_id, holder_id = parse_id(command.ledger_id, ledger_path), parse_id(command.holder_id, holder_path)
    async with transaction() as tx:
        content = replace(command, ledger_id=str(ledger_id), holder_id=str(holder_id))
        existing = await reserve_key(tx, actor, "assignLedger", command.idempotency_key, content, ledger_id)
        await lock_posting_account(tx, actor.customer_id, ledger_id)
        row = await lock_ledger(tx, actor, ledger_id, ledger_path)
        if existing is not None:
            return await read_in_transaction(tx, actor, ledger_id), True
        holder = await lock_holder(tx, actor, holder_id, share=True)
        if row["holder_id"] is not None:
            raise InvalidState("This ledger has a holder already.", path=ledger_path, status=row["status"])
        if row["status"] in {LedgerStatus.DECLINED.value, LedgerStatus.CLOSED.value}:
            raise InvalidState(f"This ledger is {row['status']}.", path=ledger_path, status=row["status"])
        if holder["status"] != HolderStatus.OK.value:
            raise InvalidState(
                f"Only a holder that is OK can be assigned a ledger; this one is {holder['status']}.",
                path=holder_path,
                status=holder["status"],
            )
        await set_holder(tx, actor.customer_id, ledger_id, holder_id)
        await change(tx, actor, LEDGER_NOUN, row, "ledger.assigned", holder_id=holder_id)
        return await read_in_transaction(tx, actor, ledger_id), False
