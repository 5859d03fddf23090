"""Entries: types and queries."""

import datetime as dt
from dataclasses import replace
from typing import Annotated

import strawberry
from strawberry import Info

from app.api.graphql.context import Context
from app.api.graphql.journal_enums import EntryDirection
from app.api.graphql.journal_filters import EntryFilter, wanted_entries
from app.api.graphql.money import Money
from app.api.graphql.node import Node
from app.api.graphql.paging import After, First, PageInfo, cut, page_info, page_size
from app.api.graphql.posting_parties import PostingParty, party_of
from app.api.graphql.transfers import Transfer
from app.db.identifiers import parse_id
from app.journal import entry_queries, records
from app.journal.horizon import settled_until
from app.journal.transfer_queries import READ
from app.kernel.checks import refuse


@strawberry.type(description="One side of a transfer, as its ledger or wallet sees it.")
class Entry(Node):
    """An entry."""

    direction: EntryDirection = strawberry.field(description="Which side: `DEBIT`. Also known as `ledger_entry_type`.")
    amount: Money = strawberry.field(
        description='How much, never negative: `{ value: "10.00", asset: "GBP" }`. Also known as `amount`.'
    )
    balance_after: Money = strawberry.field(description='Posted balance after this entry: `{ value: "90.00" }`.')
    sequence: str = strawberry.field(description="1, 2, 3… within its ledger or wallet, without gaps: `3`.")
    posted_at: dt.datetime = strawberry.field(
        description="When, as its transfer: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    record: strawberry.Private[records.Entry]

    @strawberry.field(description="The transfer that it is a side of. Also known as `transaction_id`.")
    def transfer(self, info: Info[Context, None]) -> Transfer:
        """Its transfer."""
        return Transfer.of(self.record.transfer, info.context)

    @strawberry.field(name="of", description="What was posted to.")
    async def of_(self, info: Info[Context, None]) -> PostingParty:
        """What was posted to."""
        return await party_of(self.record.side, info.context)

    @classmethod
    def of(cls, found: records.Entry, context: Context) -> "Entry":  # noqa: ARG003 - as every noun's
        """The GraphQL view of an entry that the actor may read."""
        unit = found.transfer.unit
        return cls(
            id=strawberry.ID(str(found.id)),
            direction=found.direction,
            amount=Money.of(found.transfer.amount, unit.asset, unit.scale),
            balance_after=Money.of(found.balance_after, unit.asset, unit.scale),
            sequence=str(found.sequence),
            posted_at=found.transfer.posted_at,
            record=found,
        )


@strawberry.type(description="An entry in a list.")
class EntryEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list, for `after`. Also known as `last_seen_id`.")
    node: Entry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of entries.")
class EntryConnection:
    """A page."""

    edges: list[EntryEdge] = strawberry.field(description="The entries with their cursors.")
    nodes: list[Entry] = strawberry.field(description="The entries.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")


async def entries_of_ledger(
    context: Context, ledger_id: str, first: int | None, after: str | None, given: EntryFilter | None
) -> EntryConnection:
    """A page of one ledger's entries."""
    wanted, only = wanted_entries(given), parse_id(ledger_id, ("id",))
    if wanted.ledger_id not in {None, only}:
        refuse("These are one ledger's entries already: leave `ledgerId` out.", ("filter", "ledgerId"))
    return await _page(context, replace(wanted, ledger_id=only), first, after)


async def _page(
    context: Context, wanted: entry_queries.EntryFilter, first: int | None, after: str | None
) -> EntryConnection:
    size = page_size(first)
    page, has_more = cut(await entry_queries.list_entries(context.actor, wanted, limit=size + 1, after=after), size)
    nodes = [Entry.of(found, context) for found in page]
    cursors = entry_queries.entry_cursors(wanted, page)
    return EntryConnection(
        edges=[EntryEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, has_more=has_more, resumed=after is not None),
    )


@strawberry.type
class EntryQueries:
    """Queries about entries."""

    @strawberry.field(
        description=(
            "Entries, newest first: of one ledger or wallet by their sequence, of several by time. Those of system "
            "accounts are left out."
        )
    )
    async def entries(
        self,
        info: Info[Context, None],
        first: First = 50,
        after: After = None,
        filter: Annotated[EntryFilter | None, strawberry.argument(description="Which ones.")] = None,  # noqa: A002
    ) -> EntryConnection:
        """A page of entries."""
        return await _page(info.context, wanted_entries(filter), first, after)

    @strawberry.field(
        description=(
            "The instant behind which nothing can still appear, by the server's clock: all that was posted, held or "
            "paid before it is there. Now, or a little earlier while something is being posted: "
            "`2026-11-20T12:00:00.123456Z`."
        )
    )
    async def settled_until(self, info: Info[Context, None]) -> dt.datetime:
        """The horizon of answers that are asked for by time."""
        info.context.actor.require(READ)
        return await settled_until()
