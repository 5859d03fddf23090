"""Issue a virtual ledger: no bank stands behind it, and it is OK at once."""

from dataclasses import dataclass, replace
from typing import Any

from app.db.identifiers import new_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.errors import Invalid
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.issue_ledger import checked_metadata, insert_ledger, normalized
from app.ledgers.models import Ledger
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.ledgers.status import LEDGER, LedgerStatus, LedgerType
from app.lifecycle.advance import tell
from app.partners.catalog import Catalog


@dataclass(frozen=True, slots=True)
class IssueVirtualLedger:
    """The virtual ledger to issue. Without a holder it is unassigned."""

    asset: str
    asset_class: str = "COMMODITY"
    holder_id: str | None = None
    type: LedgerType = LedgerType.SINGLE_USER
    metadata: Any = None
    idempotency_key: str | None = None


@whole_use_case
async def issue_virtual_ledger(actor: Actor, command: IssueVirtualLedger, *, catalog: Catalog) -> tuple[Ledger, bool]:
    """A new virtual ledger, OK; and whether this was a replay.

    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("ledgers:write")
    asset = catalog.virtual_asset(command.asset.upper())
    if asset is None:
        known = ", ".join(sorted(known.code for known in catalog.assets() if known.asset_class == "COMMODITY"))
        raise Invalid(f"There is no such virtual asset. There are: {known}.", path=("asset",))
    if command.asset_class != asset.asset_class:
        raise Invalid(f"{asset.code} is a {asset.asset_class}.", path=("asset_class",))
    columns: dict[str, Any] = {
        "type": command.type.value,
        "is_virtual": True,
        "asset_class": asset.asset_class,
        "asset": asset.code,
        "scale": asset.scale,
        "status": LedgerStatus.OK.value,
        "primary_uses": [],
        "metadata": checked_metadata(command.metadata),
    }
    async with transaction() as tx:
        ledger_id = new_id()
        content = replace(command, asset=asset.code, **normalized(command.holder_id, columns))
        existing = await reserve_key(tx, actor, "issueVirtualLedger", command.idempotency_key, content, ledger_id)
        if existing is None:
            await insert_ledger(tx, actor, ledger_id, command.holder_id, columns, is_open=True)
            row = await lock_ledger(tx, actor, ledger_id, ())
            await tell(tx, actor, LEDGER_NOUN, LEDGER.event_type(LedgerStatus.OK), row)
        return await read_in_transaction(tx, actor, existing or ledger_id), existing is not None
