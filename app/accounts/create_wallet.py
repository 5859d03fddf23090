"""Create one wallet in an existing account."""

from app.accounts.models import Wallet
from app.accounts.open_accounts import open_accounts
from app.accounts.orders import CreateWallet, Order
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.kernel.errors import DomainError


@whole_use_case
async def create_wallet(actor: Actor, command: CreateWallet) -> tuple[Wallet, bool]:
    """The wallet, and whether it was there before: the same address with the same content is the same wallet.

    :raises DuplicateReference: the account has a wallet of this name and currency with other content.
    :raises InvalidState: the account is closed.
    :raises Invalid, AssetMismatch, NotFound, IdempotencyMismatch, Forbidden: nothing happened.
    """
    async with transaction() as tx:
        [outcome] = await open_accounts(tx, actor.customer_id, [Order(actor, command)])
        if isinstance(outcome, DomainError):
            raise outcome
    return outcome.wallets[0], outcome.replayed
