"""Transfers: types and queries."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.dataloader import DataLoader

from app.api.graphql.context import Context
from app.api.graphql.journal_enums import TransferKind, TransferStatus
from app.api.graphql.journal_filters import TransferFilter, wanted_transfers
from app.api.graphql.money import Money
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.paging import After, First, PageInfo, cut, page_info, page_size
from app.api.graphql.posting_parties import PostingParty, party_of
from app.api.graphql.scalars import JSONValue
from app.api.graphql.views import show, shows
from app.db.identifiers import parse_id
from app.journal import records, transfer_queries
from app.journal.entry_queries import entries_of

if TYPE_CHECKING:
    from app.api.graphql.entries import Entry
    from app.api.graphql.holds import Hold
    from app.api.graphql.payments import Payment


def _amount(view: Any) -> Money:
    transfer: records.Transfer = view.shown
    return Money.of(transfer.amount, transfer.unit.asset, transfer.unit.scale)


@shows(id=lambda view: str(view.shown.id), amount=_amount)
@strawberry.type(description="A debit and a credit of the same amount. Never changed, only reversed.")
class Transfer(Node):
    """A transfer."""

    kind: TransferKind = strawberry.field(description="Why money moved: `INTER_LEDGER`.")
    status: TransferStatus = strawberry.field(description="Whether it was reversed: `POSTED`.")
    amount: Money = strawberry.field(
        description='How much moved: `{ value: "10.00", asset: "GBP" }`. Also known as `amount`.'
    )
    reference: str | None = strawberry.field(description="What for, in your words: `Invoice 2026-117`.")
    metadata: JSONValue = strawberry.field(
        description='Your own fields: `{"invoice": "2026-117"}`. Also known as `transaction_meta`.'
    )
    posted_at: dt.datetime = strawberry.field(
        description="When, by the database's clock: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    shown: strawberry.Private[records.Transfer]

    @strawberry.field(description="What was debited: among ledgers, the one that paid. Also known as `ledger_from_id`.")
    async def debit(self, info: Info[Context, None]) -> PostingParty:
        """What was debited."""
        return await party_of(self.shown.debit, info.context)

    @strawberry.field(
        description="What was credited: among ledgers, the one that received. Also known as `ledger_to_id`."
    )
    async def credit(self, info: Info[Context, None]) -> PostingParty:
        """What was credited."""
        return await party_of(self.shown.credit, info.context)

    @strawberry.field(description="Its two sides, as far as the actor may read them: the debit first.")
    def entries(
        self, info: Info[Context, None]
    ) -> list[Annotated["Entry", strawberry.lazy("app.api.graphql.entries")]]:
        """Its entries."""
        from app.api.graphql.entries import Entry  # noqa: PLC0415 - entries build on transfers

        return [Entry.of(entry, info.context) for entry in entries_of(info.context.actor, self.shown)]

    @strawberry.field(description="The transfer that this one reverses; null where it is no reversal.")
    async def reverses(self, info: Info[Context, None]) -> "Transfer | None":
        """What it reverses."""
        return await transfer_by_id(self.shown.reverses_id, info.context)

    @strawberry.field(description="The transfer that reversed this one; null while none has.")
    async def reversed_by(self, info: Info[Context, None]) -> "Transfer | None":
        """What reversed it."""
        return await transfer_by_id(self.shown.reversed_by_id, info.context)

    @strawberry.field(description="The hold whose capture posted it; null where there was none.")
    async def hold(
        self, info: Info[Context, None]
    ) -> Annotated["Hold", strawberry.lazy("app.api.graphql.holds")] | None:
        """The hold that it captured."""
        from app.api.graphql.holds import hold_by_id  # noqa: PLC0415 - holds build on transfers

        return await hold_by_id(self.shown.hold_id, info.context)

    @strawberry.field(
        description="The payment that moved it; null where there was none. Needs the scope `payments:read`."
    )
    async def payment(
        self, info: Info[Context, None]
    ) -> Annotated["Payment", strawberry.lazy("app.api.graphql.payments")] | None:
        """The payment that it belongs to."""
        from app.api.graphql.payments import payment_by_id  # noqa: PLC0415 - payments build on transfers

        return await payment_by_id(self.shown.payment_id, info.context)

    @classmethod
    def of(cls, found: records.Transfer, context: Context) -> "Transfer":  # noqa: ARG003 - as every noun's
        """The GraphQL view of a transfer. What it refers to is looked up only when it is selected."""
        return show(cls, shown=found)


async def transfer_by_id(transfer_id: UUID | None, context: Context) -> Transfer | None:
    """A transfer that another object names."""
    if transfer_id is None:
        return None
    found = await context.once(_transfers).load(transfer_id)
    return None if found is None else Transfer.of(found, context)


def _transfers(context: Context) -> "DataLoader[UUID, records.Transfer | None]":
    async def load(ids: list[UUID]) -> list[records.Transfer | None]:
        found = await transfer_queries.find_transfers(context.actor, ids)
        return [found.get(one) for one in ids]

    return DataLoader(load_fn=load)


@strawberry.type(description="A transfer in a list.")
class TransferEdge:
    """An edge."""

    cursor: str = strawberry.field(description="Its place in the list, for `after`.")
    node: Transfer = strawberry.field(description="The transfer.")


@strawberry.type(description="A page of transfers.")
class TransferConnection:
    """A page."""

    edges: list[TransferEdge] = strawberry.field(description="The transfers with their cursors.")
    nodes: list[Transfer] = strawberry.field(description="The transfers.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")


@strawberry.type
class TransferQueries:
    """Queries about transfers."""

    @strawberry.field(description="One transfer; null where there is none.")
    async def transfer(
        self,
        info: Info[Context, None],
        id: Annotated[strawberry.ID, strawberry.argument(description=f"Its id: `{EXAMPLE_ID}`.")],  # noqa: A002
    ) -> Transfer | None:
        """One transfer."""
        found = await transfer_queries.find_transfer(info.context.actor, parse_id(id, ("id",)))
        return None if found is None else Transfer.of(found, info.context)

    @strawberry.field(description="Transfers, newest first.")
    async def transfers(
        self,
        info: Info[Context, None],
        first: First = 50,
        after: After = None,
        filter: Annotated[TransferFilter | None, strawberry.argument(description="Which ones.")] = None,  # noqa: A002
    ) -> TransferConnection:
        """A page of transfers."""
        size, wanted = page_size(first), wanted_transfers(filter)
        read = await transfer_queries.list_transfers(info.context.actor, wanted, limit=size + 1, after=after)
        page, has_more = cut(read, size)
        nodes = [Transfer.of(found, info.context) for found in page]
        cursors = transfer_queries.transfer_cursors(wanted, page)
        return TransferConnection(
            edges=[TransferEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
            nodes=nodes,
            page_info=page_info(cursors, has_more=has_more, resumed=after is not None),
        )
