"""Close a wallet permanently."""

from dataclasses import dataclass, replace

from app.accounts.events import WALLET_NOUN
from app.accounts.models import Wallet
from app.accounts.queries import lock_wallet, read_wallet_in_transaction
from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.posting_accounts import check_closable, end_posting, lock_posting_account
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text
from app.lifecycle.advance import change

PATH = ("wallet_id",)


@dataclass(frozen=True, slots=True)
class CloseWallet:
    """Which wallet, and why."""

    wallet_id: str
    reason: str | None = None
    idempotency_key: str | None = None


@whole_use_case
async def close_wallet(actor: Actor, command: CloseWallet) -> tuple[Wallet, bool]:
    """The wallet, closed, and whether it was closed before: a second close changes nothing.

    :raises InvalidState: it has a balance or holds, or is frozen.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("accounts:write")
    wallet_id = parse_id(command.wallet_id, PATH)
    reason = check_optional_text(command.reason, ("reason",))
    async with transaction() as tx:
        content = replace(command, wallet_id=str(wallet_id), reason=reason)
        existing = await reserve_key(tx, actor, "closeWallet", command.idempotency_key, content, wallet_id)
        account = await lock_posting_account(tx, actor.customer_id, wallet_id)
        row = await lock_wallet(tx, actor, wallet_id, PATH)
        assert account is not None, "every wallet has its posting account"
        is_closed = row["closed_at"] is not None
        if existing is None and not is_closed:
            await check_closable(tx, row, account, "wallet", PATH)
            await end_posting(tx, actor.customer_id, wallet_id)
            closing = {"closed_at": await tx.now(), "closed_reason": reason, "overdraft_limit_minor_units": 0}
            await change(tx, actor, WALLET_NOUN, row, "wallet.closed", **closing)
        return await read_wallet_in_transaction(tx, actor, wallet_id), existing is not None or is_closed
