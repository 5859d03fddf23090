"""Statements: type and query."""

import datetime as dt
from typing import Annotated

import strawberry

from app.api.graphql.balance_at import By
from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.entries import Entry
from app.api.graphql.entry_pages import page_of_entries
from app.api.graphql.execution.selected import selected_below
from app.api.graphql.journal_enums import BalanceDate
from app.api.graphql.money import Money, money_of
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.paging import Connection, paged
from app.api.graphql.posting_parties import PostingParty, party_of
from app.api.graphql.scalars import DateTimeText
from app.api.graphql.views import show, shows
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.journal.entry_queries import EntryFilter
from app.kernel.checks import parse_instant
from app.statements import records
from app.statements.draw_statement import Span, draw_span, draw_statement

Id = Annotated[strawberry.ID, argument(f"A ledger's or a wallet's: `{EXAMPLE_ID}`.")]
From = Annotated[
    DateTimeText,
    argument("The first instant, or the `to` of the statement before: `2026-10-01T00:00:00Z`.", name="from"),
]
To = Annotated[
    DateTimeText | None, argument("The instant that ends it, excluded; left out: now. `2026-11-01T00:00:00Z`.")
]


SUMS = frozenset({"opening", "closing", "debits", "credits", "entryCount"})
"""Fields that are summed from all entries: whoever wants the next page of them alone does not wait for that."""


@shows(
    from_=lambda view: view.shown.start,
    to=lambda view: view.shown.end,
    opening=money_of("opening"),
    closing=money_of("closing"),
    debits=money_of("debits"),
    credits=money_of("credits"),
)
@described_type(
    "What a ledger or wallet had, got and gave in a time. Begin one statement at the `to` of another, and together "
    "they have each entry once: for ever by the time of posting (`POSTED`), and by value date (`EFFECTIVE`) as far "
    "as the books are closed (`booksClosedThrough`)."
)
class Statement:
    """A statement, without its entries."""

    from_: dt.datetime = described("The first instant: `2026-10-01T00:00:00Z`.", name="from")
    to: dt.datetime = described(
        "The instant that ends it, excluded: the one asked for, but never later than what can still change "
        "(`settledUntil`): `2026-11-01T00:00:00Z`."
    )
    by: BalanceDate = described("Which date counts: `POSTED`.")
    is_final: bool = described(
        "Whether nothing can change it any more: `true`. Always, by the time of posting. By value date only where "
        "the books are closed through the whole of it: else a backdated transfer may still belong to it."
    )
    opening: Money = described('The balance just before `from`: `{ value: "100.00" }`.')
    closing: Money = described('The balance just before `to`: `{ value: "76.49" }`.')
    debits: Money = described('All that was debited: `{ value: "30.51" }`.')
    credits: Money = described('All that was credited: `{ value: "7.00" }`.')
    entry_count: int = described("How many entries: `3`.")
    shown: strawberry.Private[records.StatementSpan]

    @described("Whose it is: a ledger or a wallet.", name="of")
    async def of_(self, info: Info) -> PostingParty:
        return await party_of(self.shown.side, info.context)

    @paged(
        "Its entries in the order of posting, newest first unless ordered otherwise. A cursor belongs to one time: "
        "with `to` left out, pass the `to` of the first answer for the next page."
    )
    async def entries(self, info: Info, page: Page) -> Connection[Entry]:
        return await page_of_entries(info.context, _wanted(self.shown), page)


def _wanted(statement: records.StatementSpan) -> EntryFilter:
    """The entries of a statement."""
    account_id = statement.side.account_id
    ledger_id, wallet_id = (None, account_id) if statement.is_of_wallet else (account_id, None)
    if statement.by is BalanceDate.POSTED:
        return EntryFilter(
            ledger_id=ledger_id, wallet_id=wallet_id, posted_at_gte=statement.start, posted_at_lt=statement.end
        )
    return EntryFilter(
        ledger_id=ledger_id, wallet_id=wallet_id, effective_at_gte=statement.start, effective_at_lt=statement.end
    )


@strawberry.type
class StatementQueries:
    """The query of statements."""

    @described(
        "The statement of a ledger or a wallet. Without `to` it ends now: at an instant before which nothing can "
        "still be posted. REST and `quaestor statement` give it as JSON, CSV, PDF, camt.053 and MT940.",
        reads_several_times=True,
    )
    async def statement(
        self, info: Info, id: Id, from_: From, to: To = None, by: By = BalanceDate.POSTED
    ) -> Statement | None:
        span = Span(
            parse_instant(from_, ("from",)),
            None if to is None else parse_instant(to, ("to",)),
            BalanceDate.POSTED if by is None else by,
        )
        draw = draw_span if selected_below(info, "").isdisjoint(SUMS) else draw_statement
        found = await draw(info.context.actor, parse_id(id, ("id",)), span)
        return None if found is None else show(Statement, shown=found, context=info.context)
