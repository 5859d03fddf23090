"""Change a ledger's metadata, key by key."""

from dataclasses import dataclass, replace
from typing import Any

from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, merge_metadata
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.models import Ledger
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.lifecycle.advance import change
from app.lifecycle.check_version import check_version


@dataclass(frozen=True, slots=True)
class UpdateLedger:
    """What to merge into a ledger's metadata. Null for a key removes it; null for the whole removes all keys."""

    ledger_id: str
    metadata: Any
    if_version: int | None = None
    idempotency_key: str | None = None


@whole_use_case
async def update_ledger(actor: Actor, command: UpdateLedger) -> tuple[Ledger, bool]:
    """The ledger after the change, and whether this was a replay. A command that changes nothing writes nothing.

    :raises VersionConflict: its version is no longer `if_version`.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("ledgers:write")
    path = ("metadata",)
    ledger_id = parse_id(command.ledger_id, ("ledger_id",))
    sent = None if command.metadata is None else check_metadata(command.metadata, path)
    async with transaction() as tx:
        content = replace(command, ledger_id=str(ledger_id))
        existing = await reserve_key(tx, actor, "updateLedger", command.idempotency_key, content, ledger_id)
        row = await lock_ledger(tx, actor, ledger_id, ("ledger_id",))
        if existing is None:
            check_version(row, command.if_version, "ledger")
        metadata = {} if sent is None else merge_metadata(row["metadata"], sent, path)
        if existing is None and metadata != row["metadata"]:
            await change(tx, actor, LEDGER_NOUN, row, "ledger.updated", metadata=metadata)
        return await read_in_transaction(tx, actor, ledger_id), existing is not None
