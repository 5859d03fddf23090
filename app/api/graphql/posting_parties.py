"""What stands behind a side of a transfer or hold, as far as the actor may know."""

from typing import Annotated
from uuid import UUID

import strawberry

from app.api.graphql.accounts import Wallet
from app.api.graphql.context import Context
from app.api.graphql.ledgers import Ledger
from app.api.graphql.loaders import load_ledger, load_system_account, load_wallet
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.views import view_of
from app.journal import system_accounts
from app.journal.posting_accounts import Book
from app.journal.records import Side
from app.kernel.actor import Actor


@view_of(system_accounts.SystemAccount)
@strawberry.type(description="Our own counterpart: a partner product's settlement account, or a virtual asset's vault.")
class SystemAccount(Node):
    """A system account. No client can read its entries or balance."""

    name: str = strawberry.field(description="What it is: `Settlement with PayrNet-GBP-1`, `Vault of GOLD`.")

    @classmethod
    def of(cls, found: system_accounts.SystemAccount, _context: Context) -> "SystemAccount":
        """The GraphQL view of a system account."""
        return cls(id=strawberry.ID(str(found.id)), name=found.name)


@strawberry.type(description="The other side of a transfer, where the actor may not read it.")
class UndisclosedParty:
    """A party of which the actor may know only the id."""

    id: strawberry.ID = strawberry.field(description=f"Its id, and nothing else: `{EXAMPLE_ID}`.")

    @classmethod
    def of(cls, account_id: UUID) -> "UndisclosedParty":
        """The GraphQL view of a side that the actor may not read."""
        return cls(id=strawberry.ID(str(account_id)))


PostingParty = Annotated[
    Ledger | Wallet | SystemAccount | UndisclosedParty,
    strawberry.union(
        "PostingParty",
        description=(
            "What money is posted to: a ledger, a wallet, our own counterpart, or what the actor may not read."
        ),
    ),
]


async def party_of(side: Side, context: Context) -> Ledger | Wallet | SystemAccount | UndisclosedParty:
    """What stands behind a side: in full, where the actor may read it."""
    if side.is_system and context.actor.may("transfers:read"):
        counterpart = await load_system_account(context, side.account_id)
        return UndisclosedParty.of(side.account_id) if counterpart is None else SystemAccount.of(counterpart, context)
    if _is_readable(context.actor, side):
        if side.book is Book.WALLET:
            wallet = await load_wallet(context, side.account_id)
            return UndisclosedParty.of(side.account_id) if wallet is None else Wallet.of(wallet, context)
        ledger = await load_ledger(context, side.account_id)
        if ledger is not None:
            return Ledger.of(ledger, context)
    return UndisclosedParty.of(side.account_id)


def _is_readable(actor: Actor, side: Side) -> bool:
    if side.is_system or actor.holder_id not in {None, side.holder_id}:
        return False
    return actor.may("accounts:read" if side.book is Book.WALLET else "ledgers:read")
