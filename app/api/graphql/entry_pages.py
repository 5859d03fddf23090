"""Pages of entries, for types that list entries without importing their type."""

from dataclasses import replace
from typing import Any

from app.api.graphql.context import Context
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


async def entries_of_ledger(context: Context, ledger_id: str, page: Page, given: EntryFilter | None) -> Connection[Any]:
    """A page of one ledger's entries, either way."""
    wanted, only = wanted_entries(given), parse_id(ledger_id, ("id",))
    if wanted.ledger_id not in {None, only}:
        refuse("These are one ledger's entries already: leave `ledgerId` out.", ("filter", "ledgerId"))
    return await page_of_entries(context, replace(wanted, ledger_id=only), page)


async def entries_of_wallet(context: Context, wallet_id: str, page: Page, given: EntryFilter | None) -> Connection[Any]:
    """A page of one wallet's entries, either way."""
    wanted, only = wanted_entries(given), parse_id(wallet_id, ("id",))
    if wanted.wallet_id not in {None, only}:
        refuse("These are one wallet's entries already: leave `walletId` out.", ("filter", "walletId"))
    return await page_of_entries(context, replace(wanted, wallet_id=only), page)
