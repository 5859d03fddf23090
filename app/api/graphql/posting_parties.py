"""What stands behind a side of a transfer or hold, as far as the actor may know."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from app.api.graphql.context import Context
from app.api.graphql.ledgers import Ledger
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.partners import catalog_of
from app.journal import system_accounts
from app.journal.posting_accounts import Book
from app.journal.records import Side
from app.kernel.actor import Actor
from app.ledgers.models import Ledger as FoundLedger
from app.ledgers.queries import find_ledgers


@strawberry.type(description="Our own counterpart: a partner product's settlement account, or a virtual asset's vault.")
class SystemAccount(Node):
    """A system account. Its entries and balance are nobody's to read."""

    name: str = strawberry.field(description="What it is: `Settlement with PayrNet-GBP-1`, `Vault of GOLD`.")

    @classmethod
    def of(cls, found: system_accounts.SystemAccount) -> "SystemAccount":
        """The GraphQL view of a system account."""
        return cls(id=strawberry.ID(str(found.id)), name=found.name)


@strawberry.type(description="The other side of a transfer, where the actor may not read it.")
class UndisclosedParty:
    """Something of which only the id may be known."""

    id: strawberry.ID = strawberry.field(description=f"Its id, and nothing else: `{EXAMPLE_ID}`.")

    @classmethod
    def of(cls, account_id: UUID) -> "UndisclosedParty":
        """The GraphQL view of a side that is not the actor's to read."""
        return cls(id=strawberry.ID(str(account_id)))


PostingParty = Annotated[
    Ledger | SystemAccount | UndisclosedParty,
    strawberry.union(
        "PostingParty",
        description="What money is posted to: a ledger, our own counterpart, or what the actor may not read.",
    ),
]


async def party_of(side: Side, context: Context) -> Ledger | SystemAccount | UndisclosedParty:
    """What stands behind a side: in full, where the actor may read it."""
    if side.is_system and context.actor.may("transfers:read"):
        counterpart = await context.once(_system_accounts).load(side.account_id)
        return UndisclosedParty.of(side.account_id) if counterpart is None else SystemAccount.of(counterpart)
    if _is_readable_ledger(context.actor, side):
        ledger = await context.once(_ledgers).load(side.account_id)
        if ledger is not None:
            return Ledger.of(ledger, context.actor, catalog_of(context.settings))
    return UndisclosedParty.of(side.account_id)


def _is_readable_ledger(actor: Actor, side: Side) -> bool:
    is_ledger = not side.is_system and side.book is not Book.WALLET
    return is_ledger and actor.may("ledgers:read") and actor.holder_id in {None, side.holder_id}


def _ledgers(context: Context) -> "DataLoader[UUID, FoundLedger | None]":
    async def load(ids: list[UUID]) -> list[FoundLedger | None]:
        found = await find_ledgers(context.actor, ids)
        return [found.get(one) for one in ids]

    return DataLoader(load_fn=load)


def _system_accounts(context: Context) -> "DataLoader[UUID, system_accounts.SystemAccount | None]":
    async def load(ids: list[UUID]) -> list[system_accounts.SystemAccount | None]:
        found = await system_accounts.find_system_accounts(context.actor, ids)
        return [found.get(one) for one in ids]

    return DataLoader(load_fn=load)
