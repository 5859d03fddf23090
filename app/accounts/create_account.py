"""Create an account with its wallets: all or none."""

from app.accounts.models import Account
from app.accounts.open_accounts import Opened, open_accounts
from app.accounts.orders import CreateAccount, Order
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.kernel.errors import DomainError


async def create_account(actor: Actor, command: CreateAccount) -> tuple[Account, bool]:
    """The account, and whether it was there before: the same reference with the same content is the same account.

    :raises DuplicateReference: the reference is taken by an account with other content.
    :raises Invalid, AssetMismatch, NotFound, InvalidState, IdempotencyMismatch, Forbidden: nothing happened.
    """
    opened = await create_account_with_wallets(actor, command)
    assert opened.account is not None
    return opened.account, opened.replayed


@whole_use_case
async def create_account_with_wallets(actor: Actor, command: CreateAccount) -> Opened:
    """Like `create_account`, with the wallets that the command names in the answer."""
    async with transaction() as tx:
        [outcome] = await open_accounts(tx, actor.customer_id, [Order(actor, command)])
        if isinstance(outcome, DomainError):
            raise outcome
    return outcome
