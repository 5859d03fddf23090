"""Create many accounts, each with its wallets: all or none."""

from dataclasses import dataclass

from app.accounts.open_accounts import Opened
from app.accounts.open_all import open_all
from app.accounts.orders import CreateAccount
from app.db.transaction import whole_use_case
from app.kernel.actor import Actor

OPERATION = "createAccounts"


@dataclass(frozen=True, slots=True)
class CreateAccounts:
    """The accounts to open. Their own keys are ignored: one key is for all of them."""

    accounts: tuple[CreateAccount, ...]
    idempotency_key: str | None = None


@whole_use_case
async def create_accounts(actor: Actor, command: CreateAccounts) -> list[Opened]:
    """The result of each, in the order of the command: the account, its wallets, and whether it was there before.

    :raises DuplicateReference: a reference is taken by an account with other content.
    :raises Invalid, AssetMismatch, NotFound, InvalidState, IdempotencyMismatch, Forbidden: nothing happened; the path
        has the index.
    """
    return await open_all(actor, OPERATION, command.accounts, command.idempotency_key, ("accounts",))
