"""Pages of entries, for types that list entries without importing their type."""

from dataclasses import replace
from typing import Any

from app.api.graphql.context import Context
from app.api.graphql.filter_values import FILTER
from app.api.graphql.journal_filters import EntryFilter, wanted_entries
from app.api.graphql.known_assets import check_amount_asset
from app.api.graphql.paging import Connection, read_page_of
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.journal import entry_queries
from app.journal.transfer_queries import READ
from app.kernel.checks import refuse


async def page_of_entries(context: Context, wanted: entry_queries.EntryFilter, page: Page) -> Connection[Any]:
    """A page of entries."""
    await check_amount_asset(context, wanted.amount, READ)
    read, cursors = entry_queries.read_entries, entry_queries.entry_cursors
    return await read_page_of(context, wanted, page, read=read, cursors=cursors)


async def entries_of(
    noun: str, account_id: str, context: Context, page: Page, given: EntryFilter | None
) -> Connection[Any]:
    """A page of the entries of one ledger or wallet, whichever the noun says, either way."""
    wanted, only = wanted_entries(given), parse_id(account_id, ("id",))
    if getattr(wanted, f"{noun}_id") not in {None, only}:
        refuse(f"These are one {noun}'s entries already: leave `{noun}Id` out.", (FILTER, f"{noun}Id"))
    of_one: dict[str, Any] = {f"{noun}_id": only}
    return await page_of_entries(context, replace(wanted, **of_one), page)
