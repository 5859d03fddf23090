"""Freeze a ledger or wallet: from then on it is not debited, not credited, or neither."""

from dataclasses import dataclass, replace

from app.accounts.models import Wallet
from app.controls.party import Party, change_party, checked_id, lock_party, read_party
from app.db.transaction import Transaction, transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.frozen import FreezeScope
from app.journal.posting_accounts import set_frozen
from app.kernel.actor import Actor
from app.kernel.checks import check_text
from app.ledgers.models import Ledger


@dataclass(frozen=True, slots=True)
class FreezeParty:
    """The ledger's or wallet's id, what to forbid, and why."""

    id: str
    reason: str
    scope: FreezeScope = FreezeScope.ALL
    idempotency_key: str | None = None


@whole_use_case
async def freeze(actor: Actor, command: FreezeParty, *, noun: str | None = None) -> tuple[Ledger | Wallet, bool]:
    """The ledger or wallet, frozen, and whether it was frozen in this way before. One that is frozen in another way is
    frozen in this way from now on. `noun` is `ledger` or `wallet` where it must be one.

    Holds placed before stay: they may be released, and captured where the freeze does not forbid it.

    :raises InvalidState: it is closed, or was declined.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    party_id = checked_id(actor, command.id)
    reason = check_text(command.reason, ("reason",))
    async with transaction() as tx:
        content = replace(command, id=str(party_id), reason=reason)
        existing = await reserve_key(tx, actor, "freeze", command.idempotency_key, content, party_id)
        party = await lock_party(tx, actor, party_id, noun)
        is_so = (party.row["freeze_scope"], party.row["freeze_reason"]) == (command.scope.value, reason)
        if existing is None and not is_so:
            party.check_not_over()
            await _freeze(tx, actor, party, command.scope, reason)
        return await read_party(tx, actor, party), existing is not None or is_so


async def _freeze(tx: Transaction, actor: Actor, party: Party, scope: FreezeScope, reason: str) -> None:
    await set_frozen(tx, actor.customer_id, party.row["id"], scope)
    now, last_posted_at = await tx.now(), party.account["last_posted_at"]
    await change_party(
        tx,
        actor,
        party,
        "ledger.frozen",
        "wallet.frozen",
        freeze_scope=scope.value,
        freeze_reason=reason,
        # The clock may have been set back: what was posted before was posted before the freeze.
        frozen_at=now if last_posted_at is None else max(now, last_posted_at),
    )
