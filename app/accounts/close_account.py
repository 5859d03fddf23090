"""Close an account permanently; all its wallets must be closed."""

from dataclasses import dataclass, replace

from app.accounts.events import ACCOUNT_NOUN
from app.accounts.models import Account
from app.accounts.queries import lock_account, read_account_in_transaction
from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text
from app.kernel.errors import InvalidState
from app.lifecycle.advance import change

PATH = ("account_id",)


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Which account, and why."""

    account_id: str
    reason: str | None = None
    idempotency_key: str | None = None


@whole_use_case
async def close_account(actor: Actor, command: CloseAccount) -> tuple[Account, bool]:
    """The account, closed, and whether it was closed before: a second close changes nothing.

    :raises InvalidState: one of its wallets is open.
    :raises Invalid, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("accounts:write")
    account_id = parse_id(command.account_id, PATH)
    reason = check_optional_text(command.reason, ("reason",))
    async with transaction() as tx:
        content = replace(command, account_id=str(account_id), reason=reason)
        existing = await reserve_key(tx, actor, "closeAccount", command.idempotency_key, content, account_id)
        # Opening a wallet locks this row (shared) first, so none is opened until we commit.
        row = await lock_account(tx, actor, account_id, PATH)
        is_closed = row["closed_at"] is not None
        if existing is None and not is_closed:
            open_id = await tx.fetchval(
                """
                SELECT id FROM wallets WHERE customer_id = $1 AND account_id = $2 AND closed_at IS NULL
                ORDER BY created_at, id LIMIT 1
                """,
                actor.customer_id,
                account_id,
            )
            if open_id is not None:
                message = f"This account has open wallets, such as {open_id}: close them first."
                raise InvalidState(message, path=PATH, existing_id=str(open_id))
            await change(tx, actor, ACCOUNT_NOUN, row, "account.closed", closed_at=await tx.now(), closed_reason=reason)
        return await read_account_in_transaction(tx, actor, account_id), existing is not None or is_closed
