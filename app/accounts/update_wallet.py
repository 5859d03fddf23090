"""Change a wallet's metadata, key by key."""

from dataclasses import dataclass, replace
from typing import Any

from app.accounts.events import WALLET_NOUN
from app.accounts.models import Wallet
from app.accounts.queries import lock_wallet, read_wallet_in_transaction
from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, merge_metadata
from app.lifecycle.advance import change
from app.lifecycle.check_version import check_version

PATH = ("wallet_id",)


@dataclass(frozen=True, slots=True)
class UpdateWallet:
    """What to merge into a wallet's metadata; null removes a key."""

    wallet_id: str
    metadata: Any = None
    if_version: int | None = None
    idempotency_key: str | None = None


@whole_use_case
async def update_wallet(actor: Actor, command: UpdateWallet) -> tuple[Wallet, bool]:
    """The wallet after the change, and whether this was a replay. An update without changes writes nothing.

    :raises VersionConflict: its version is no longer `if_version`.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("accounts:write")
    path = ("metadata",)
    wallet_id = parse_id(command.wallet_id, PATH)
    sent = {} if command.metadata is None else check_metadata(command.metadata, path)
    async with transaction() as tx:
        content = replace(command, wallet_id=str(wallet_id), metadata=sent or None)
        existing = await reserve_key(tx, actor, "updateWallet", command.idempotency_key, content, wallet_id)
        row = await lock_wallet(tx, actor, wallet_id, PATH)
        if existing is None:
            check_version(row, command.if_version, "wallet")
            metadata = merge_metadata(row["metadata"], sent, path)
            if metadata != row["metadata"]:
                await change(tx, actor, WALLET_NOUN, row, "wallet.updated", metadata=metadata)
        return await read_wallet_in_transaction(tx, actor, wallet_id), existing is not None
