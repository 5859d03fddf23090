"""Unfreeze a ledger or wallet."""

from dataclasses import dataclass, replace

from app.accounts.models import Wallet
from app.controls.party import change_party, checked_id, lock_party, read_party
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.posting_accounts import set_frozen
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text
from app.ledgers.models import Ledger


@dataclass(frozen=True, slots=True)
class UnfreezeParty:
    """The ledger's or wallet's id, and why."""

    id: str
    reason: str | None = None
    idempotency_key: str | None = None


@whole_use_case
async def unfreeze(actor: Actor, command: UnfreezeParty, *, noun: str | None = None) -> tuple[Ledger | Wallet, bool]:
    """The ledger or wallet, and whether it was not frozen before. The reason is kept in the event.

    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    party_id = checked_id(actor, command.id)
    reason = check_optional_text(command.reason, ("reason",))
    async with transaction() as tx:
        content = replace(command, id=str(party_id), reason=reason)
        existing = await reserve_key(tx, actor, "unfreeze", command.idempotency_key, content, party_id)
        party = await lock_party(tx, actor, party_id, noun)
        is_so = party.row["freeze_scope"] is None
        if existing is None and not is_so:
            await set_frozen(tx, actor.customer_id, party_id, None)
            await change_party(
                tx,
                actor,
                party,
                "ledger.unfrozen",
                "wallet.unfrozen",
                {"unfreeze_reason": reason},
                freeze_scope=None,
                freeze_reason=None,
                frozen_at=None,
            )
        return await read_party(tx, actor, party), existing is not None or is_so
