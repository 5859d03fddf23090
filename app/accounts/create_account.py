"""Create an account with its wallets: all or none."""

from app.accounts.models import Account
from app.accounts.open_accounts import Opened, open_accounts
from app.accounts.orders import CreateAccount, Order
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.kernel.errors import DomainError


@whole_use_case
async def create_account(actor: Actor, command: CreateAccount) -> tuple[Account, bool]:
    """The account, and whether it was there before: the same reference with the same content is the same account.

    :raises DuplicateReference: the reference is taken by an account with other content.
    :raises Invalid, AssetMismatch, NotFound, InvalidState, IdempotencyMismatch, Forbidden: nothing happened.
    """
    async with transaction() as tx:
        [outcome] = await open_accounts(tx, actor.customer_id, [Order(actor, command)])
        if isinstance(outcome, DomainError):
            raise outcome
    assert isinstance(outcome, Opened)
    assert outcome.account is not None
    return outcome.account, outcome.replayed
