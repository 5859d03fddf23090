"""Ask for an IBAN for a ledger that did not get one with its account."""

from dataclasses import dataclass, replace

from app.db.connection import Record
from app.db.identifiers import new_id, parse_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.errors import InvalidState
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.models import Ledger
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.ledgers.status import IBAN, IbanStatus, LedgerStatus
from app.lifecycle.advance import advance
from app.outbox.promise import promise

PATH = ("ledger_id",)
ASSETS_WITH_IBAN = ("GBP", "EUR")


@dataclass(frozen=True, slots=True)
class AssignIban:
    """The ledger to ask an IBAN for."""

    ledger_id: str
    idempotency_key: str | None = None


@whole_use_case
async def assign_iban(actor: Actor, command: AssignIban) -> tuple[Ledger, bool]:
    """The ledger, with its IBAN PENDING, and whether this was a replay. A request under way counts as a replay.

    :raises InvalidState: the ledger is virtual, neither GBP nor EUR, has ended, or has its IBAN.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("ledgers:write")
    ledger_id = parse_id(command.ledger_id, PATH)
    async with transaction() as tx:
        content = replace(command, ledger_id=str(ledger_id))
        existing = await reserve_key(tx, actor, "assignIban", command.idempotency_key, content, ledger_id)
        row = await lock_ledger(tx, actor, ledger_id, PATH)
        if existing is None:
            _check(row)
        already_asked = row["iban_status"] == IbanStatus.PENDING.value
        if existing is None and not already_asked:
            # Each request has its own id, so that the bank answers again after the last one failed.
            await advance(tx, actor, LEDGER_NOUN, row, IBAN, IbanStatus.PENDING, iban_request_id=new_id())
            if row["status"] == LedgerStatus.OK.value:
                await promise(tx, actor, "obtain_iban", ledger_id)
        return await read_in_transaction(tx, actor, ledger_id), existing is not None or already_asked


def _check(row: Record) -> None:
    status = row["status"]
    if row["is_virtual"]:
        raise InvalidState("A virtual ledger has no IBAN.", path=PATH, status=status)
    if row["asset"] not in ASSETS_WITH_IBAN:
        raise InvalidState(
            f"Only GBP and EUR ledgers have an IBAN; this holds {row['asset']}.", path=PATH, status=status
        )
    if status in {LedgerStatus.DECLINED.value, LedgerStatus.CLOSED.value}:
        raise InvalidState(f"This ledger is {status}.", path=PATH, status=status)
    if row["iban_status"] == IbanStatus.OK.value:
        raise InvalidState("This ledger has its IBAN already.", path=PATH, status=status)
