"""Pages of entries, and the field of types that have entries, without their type."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.api.graphql.context import Context, Info
from app.api.graphql.filter_values import FILTER
from app.api.graphql.journal_filters import EntryFilter, wanted_entries
from app.api.graphql.known_assets import check_amount_asset
from app.api.graphql.paging import Connection, Which, paged, read_page_of
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.journal import entry_queries
from app.journal.transfer_queries import READ
from app.kernel.checks import refuse

if TYPE_CHECKING:
    from app.api.graphql.entries import Entry


async def page_of_entries(context: Context, wanted: entry_queries.EntryFilter, page: Page) -> Connection[Any]:
    """A page of entries."""
    await check_amount_asset(context, wanted.amount, READ)
    read, cursors = entry_queries.read_entries, entry_queries.entry_cursors
    return await read_page_of(context, wanted, page, read=read, cursors=cursors)


def entries_of(noun: str) -> Any:
    """The field `entries` of a ledger or a wallet, whichever the noun says."""

    @paged("Its entries, newest first unless ordered otherwise.", needs="transfers:read")
    async def entries(
        self: Any, info: Info, page: Page, filter: Which[EntryFilter] = None
    ) -> Connection[Annotated["Entry", strawberry.lazy("app.api.graphql.entries")]]:
        wanted, only = wanted_entries(filter), parse_id(self.id, ("id",))
        if getattr(wanted, f"{noun}_id") not in {None, only}:
            refuse(f"These are one {noun}'s entries already: leave `{noun}Id` out.", (FILTER, f"{noun}Id"))
        of_one: dict[str, Any] = {f"{noun}_id": only}
        return await page_of_entries(info.context, replace(wanted, **of_one), page)

    return entries
