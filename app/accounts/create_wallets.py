"""Create many wallets, in one account or several: all or none."""

from dataclasses import dataclass

from app.accounts.open_accounts import Opened
from app.accounts.open_all import open_all
from app.accounts.orders import CreateWallet
from app.db.transaction import whole_use_case
from app.kernel.actor import Actor

OPERATION = "createWallets"


@dataclass(frozen=True, slots=True)
class CreateWallets:
    """The wallets to open. Their own keys are ignored: one key is for all of them."""

    wallets: tuple[CreateWallet, ...]
    idempotency_key: str | None = None


@whole_use_case
async def create_wallets(actor: Actor, command: CreateWallets) -> list[Opened]:
    """The result of each, in the order of the command: its wallet, and whether it was there before.

    :raises DuplicateReference: an account has a wallet of such a name and currency with other content.
    :raises InvalidState: an account is closed.
    :raises Invalid, AssetMismatch, NotFound, IdempotencyMismatch, Forbidden: nothing happened; the path has the index.
    """
    return await open_all(actor, OPERATION, command.wallets, command.idempotency_key, ("wallets",))
