"""Entries: types and queries."""

import datetime as dt

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type
from app.api.graphql.entry_pages import page_of_entries
from app.api.graphql.journal_enums import EntryDirection
from app.api.graphql.journal_filters import EntryFilter, wanted_entries
from app.api.graphql.money import Money
from app.api.graphql.node import Node
from app.api.graphql.paging import Connection, Which, paged
from app.api.graphql.posting_parties import PostingParty, party_of
from app.api.graphql.scalars import JSONValue
from app.api.graphql.transfers import Transfer
from app.api.graphql.views import shows, view
from app.db.pages import Page
from app.journal import records
from app.journal.horizon import settled_until
from app.journal.transfer_queries import READ


@shows(
    records.Entry,
    amount=lambda view: Money.in_unit(view.shown.transfer.amount, view.shown.transfer.unit),
    balance_after=lambda view: Money.in_unit(view.shown.balance_after, view.shown.transfer.unit),
    sequence=lambda view: str(view.shown.sequence),
    effective_at=lambda view: view.shown.transfer.effective_at,
    posted_at=lambda view: view.shown.transfer.posted_at,
    metadata=lambda view: view.shown.transfer.metadata,
)
@described_type("One side of a transfer, as its ledger or wallet sees it.")
class Entry(Node):
    direction: EntryDirection = described("Which side: `DEBIT`. Also known as `ledger_entry_type`.")
    amount: Money = described('How much, never negative: `{ value: "10.00", asset: "GBP" }`. Also known as `amount`.')
    balance_after: Money = described('Posted balance after this entry: `{ value: "90.00" }`.')
    sequence: str = described("1, 2, 3… within its ledger or wallet, without gaps: `3`.")
    effective_at: dt.datetime = described("The value date, as its transfer: `2026-10-31T00:00:00Z`.")
    posted_at: dt.datetime = described(
        "When, as its transfer: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    metadata: JSONValue = described('As its transfer: `{"invoice": "2026-117"}`.')
    shown: strawberry.Private[records.Entry]

    @described("The transfer that it is a side of. Also known as `transaction_id`.")
    def transfer(self, info: Info) -> Transfer:
        return view(self.shown.transfer, info.context)

    @described("What was posted to.", name="of")
    async def of_(self, info: Info) -> PostingParty:
        return await party_of(self.shown.side, info.context)


@strawberry.type
class EntryQueries:
    """Queries about entries."""

    @paged(
        "Entries, newest first unless ordered otherwise: of one ledger or wallet by their sequence, of several by "
        "time. Those of system accounts are left out."
    )
    async def entries(self, info: Info, page: Page, filter: Which[EntryFilter] = None) -> Connection[Entry]:
        return await page_of_entries(info.context, wanted_entries(filter), page)

    @described(
        "The instant behind which nothing can still appear, by the server's clock: all that was posted, held or "
        "paid before it is there. Now, or a little earlier while something is being posted: "
        "`2026-11-20T12:00:00.123456Z`."
    )
    async def settled_until(self, info: Info) -> dt.datetime:
        info.context.actor.require(READ)
        return await settled_until()
