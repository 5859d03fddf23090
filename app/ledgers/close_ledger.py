"""Close a ledger permanently."""

from dataclasses import dataclass, replace

from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.posting_accounts import check_closable, lock_posting_account
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text
from app.kernel.errors import InvalidState
from app.ledgers.end_ledger import end_closed_ledger
from app.ledgers.models import Ledger
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.ledgers.status import LedgerStatus

PATH = ("ledger_id",)


@dataclass(frozen=True, slots=True)
class CloseLedger:
    """Which ledger, and why."""

    ledger_id: str
    reason: str | None = None
    idempotency_key: str | None = None


@whole_use_case
async def close_ledger(actor: Actor, command: CloseLedger) -> tuple[Ledger, bool]:
    """The CLOSED ledger, and whether it was closed before. Closing again changes nothing.

    :raises InvalidState: it has a balance or holds, is frozen, or is in another status than OK.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("ledgers:write")
    ledger_id = parse_id(command.ledger_id, PATH)
    reason = check_optional_text(command.reason, ("reason",))
    async with transaction() as tx:
        content = replace(command, ledger_id=str(ledger_id), reason=reason)
        existing = await reserve_key(tx, actor, "closeLedger", command.idempotency_key, content, ledger_id)
        account = await lock_posting_account(tx, actor.customer_id, ledger_id)
        row = await lock_ledger(tx, actor, ledger_id, PATH)
        assert account is not None, "every ledger has its posting account"
        is_closed = row["status"] == LedgerStatus.CLOSED.value
        if existing is None and not is_closed:
            status = row["status"]
            if status != LedgerStatus.OK.value:
                message = f"Only a ledger that is OK can be closed; this one is {status}."
                raise InvalidState(message, path=PATH, status=status)
            await check_closable(tx, row, account, "ledger", PATH, status)
            await end_closed_ledger(tx, actor, row, reason)
        return await read_in_transaction(tx, actor, ledger_id), existing is not None or is_closed
