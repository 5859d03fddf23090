"""What stands behind a side of a transfer or hold, as far as the actor may know."""

from typing import Annotated, Any

import strawberry

from app.api.graphql.accounts import Wallet
from app.api.graphql.context import Context
from app.api.graphql.described import described, described_type, union
from app.api.graphql.ledgers import Ledger
from app.api.graphql.loaders import load_ledger, load_system_account, load_wallet
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.views import shows, view
from app.journal import system_accounts
from app.journal.posting_accounts import Book
from app.journal.records import Side
from app.kernel.actor import Actor


@shows(system_accounts.SystemAccount)
@described_type("Our own counterpart: a partner product's settlement account, or a virtual asset's vault.")
class SystemAccount(Node):
    """A system account. No client can read its entries or balance."""

    name: str = described("What it is: `Settlement with PayrNet-GBP-1`, `Vault of GOLD`.")


@described_type("The other side of a transfer, where the actor may not read it.")
class UndisclosedParty:
    id: strawberry.ID = described(f"Its id, and nothing else: `{EXAMPLE_ID}`.")


PostingParty = Annotated[
    Ledger | Wallet | SystemAccount | UndisclosedParty,
    union(
        "PostingParty",
        "What money is posted to: a ledger, a wallet, our own counterpart, or what the actor may not read.",
    ),
]


async def party_of(side: Side, context: Context) -> Ledger | Wallet | SystemAccount | UndisclosedParty:
    """What stands behind a side: in full, where the actor may read it."""
    found: Any = None
    if side.is_system and context.actor.may("transfers:read"):
        found = await load_system_account(context, side.account_id)
    elif _is_readable(context.actor, side):
        load: Any = load_wallet if side.book is Book.WALLET else load_ledger
        found = await load(context, side.account_id)
    return UndisclosedParty(id=strawberry.ID(str(side.account_id))) if found is None else view(found, context)


def _is_readable(actor: Actor, side: Side) -> bool:
    if side.is_system or actor.holder_id not in {None, side.holder_id}:
        return False
    return actor.may("accounts:read" if side.book is Book.WALLET else "ledgers:read")
