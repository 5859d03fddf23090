"""Change an account: its holder, the ledger that backs it, and its metadata key by key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.accounts.backing import note_backing, read_named
from app.accounts.events import ACCOUNT_NOUN
from app.accounts.models import Account
from app.accounts.queries import lock_account, read_account_in_transaction
from app.accounts.status import CLOSED
from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.posting_accounts import set_holders
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, merge_metadata, refuse
from app.kernel.errors import AssetMismatch, Forbidden, InvalidState
from app.lifecycle.advance import change
from app.lifecycle.check_version import check_version

PATH = ("account_id",)


class AccountField(StrEnum):
    """The fields that an update can empty."""

    HOLDER = "HOLDER"
    BACKING_LEDGER = "BACKING_LEDGER"


_COLUMNS = {AccountField.HOLDER: "holder_id", AccountField.BACKING_LEDGER: "backing_ledger_id"}


@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """What to change; None leaves it as it is, `clear` empties it."""

    account_id: str
    holder_id: str | None = None
    backing_ledger_id: str | None = None
    metadata: Any = None
    clear: Sequence[str] = ()
    if_version: int | None = None
    idempotency_key: str | None = None


@whole_use_case
async def update_account(actor: Actor, command: UpdateAccount) -> tuple[Account, bool]:
    """The account after the change, and whether this was a replay. An update without changes writes nothing.

    A new holder also gets the account's wallets, and may read their entries from now on.

    :raises VersionConflict: its version is no longer `if_version`.
    :raises InvalidState: the account is closed, or the ledger has ended.
    :raises AssetMismatch: a wallet is in another currency than the ledger.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("accounts:write")
    account_id = parse_id(command.account_id, PATH)
    asked = _asked(command)
    sent = {} if command.metadata is None else check_metadata(command.metadata, ("metadata",))
    async with transaction() as tx:
        content = replace(
            command,
            account_id=str(account_id),
            holder_id=_text(asked.get("holder_id")),
            backing_ledger_id=_text(asked.get("backing_ledger_id")),
            metadata=sent or None,
            clear=tuple(sorted(set(command.clear))),
        )
        existing = await reserve_key(tx, actor, "updateAccount", command.idempotency_key, content, account_id)
        # Locked before the posting accounts of its wallets, which a change of holder locks. No code locks them the
        # other way round.
        row = await lock_account(tx, actor, account_id, PATH)
        if existing is None:
            check_version(row, command.if_version, "account")
            await _change(tx, actor, row, asked, sent)
        return await read_account_in_transaction(tx, actor, account_id), existing is not None


def _asked(command: UpdateAccount) -> dict[str, UUID | None]:
    """The named columns with their new values."""
    sent = {AccountField.HOLDER: command.holder_id, AccountField.BACKING_LEDGER: command.backing_ledger_id}
    asked: dict[str, UUID | None] = {
        _COLUMNS[field]: parse_id(text, (_COLUMNS[field],)) for field, text in sent.items() if text is not None
    }
    for index, name in enumerate(command.clear):
        path = ("clear", str(index))
        if name not in set(AccountField):
            refuse(f"There is no such value: give one of {', '.join(AccountField)}.", path)
        if sent[AccountField(name)] is not None:
            refuse("A new value of this is given, and it is to be emptied too: leave out one of both.", path)
        asked[_COLUMNS[AccountField(name)]] = None
    return asked


async def _change(
    tx: Transaction, actor: Actor, row: Record, asked: dict[str, UUID | None], metadata: dict[str, Any]
) -> None:
    changes: dict[str, Any] = {column: value for column, value in asked.items() if value != row[column]}
    if changes and row["closed_at"] is not None:
        raise InvalidState("This account is closed: only its metadata can change.", path=PATH, status=CLOSED)
    await _check_named(tx, actor, row["id"], changes)
    merged = merge_metadata(row["metadata"], metadata, ("metadata",))
    if merged != row["metadata"]:
        changes["metadata"] = merged
    if not changes:
        return
    if "holder_id" in changes:
        await _hand_over_wallets(tx, actor, row["id"], changes["holder_id"])
    changed = await change(tx, actor, ACCOUNT_NOUN, row, "account.updated", **changes)
    if "backing_ledger_id" in changes:
        await note_backing(tx, row, changed)


async def _check_named(tx: Transaction, actor: Actor, account_id: UUID, changes: dict[str, Any]) -> None:
    holder_id, ledger_id = changes.get("holder_id"), changes.get("backing_ledger_id")
    if "holder_id" in changes and actor.holder_id is not None:
        message = "A holder's own access token gives an account to nobody else."
        raise Forbidden(message, path=("holder_id",))
    named = await read_named(
        tx,
        actor.customer_id,
        [] if holder_id is None else [holder_id],
        [] if ledger_id is None else [ledger_id],
    )
    named.check_holder(actor, holder_id, ())
    ledger = named.check_backing(actor, ledger_id, ())
    if ledger is None:
        return
    other = await tx.fetchval(
        """
        SELECT currency FROM wallets
        WHERE customer_id = $1 AND account_id = $2 AND currency <> $3 AND closed_at IS NULL LIMIT 1
        """,
        actor.customer_id,
        account_id,
        ledger.asset,
    )
    if other is not None:
        message = (
            f"This ledger is in {ledger.asset}, but the account has a wallet in {other}: it backs no such account."
        )
        raise AssetMismatch(message, path=("backing_ledger_id",))


async def _hand_over_wallets(tx: Transaction, actor: Actor, account_id: UUID, holder_id: UUID | None) -> None:
    rows = await tx.fetch(
        "SELECT id FROM wallets WHERE customer_id = $1 AND account_id = $2 ORDER BY id", actor.customer_id, account_id
    )
    await set_holders(tx, actor.customer_id, [row["id"] for row in rows], holder_id)
    await tx.execute(
        "UPDATE wallets SET holder_id = $3 WHERE customer_id = $1 AND account_id = $2",
        actor.customer_id,
        account_id,
        holder_id,
    )


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
