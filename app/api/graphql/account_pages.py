"""Pages of accounts and wallets, for types that list them without importing their types."""

from functools import partial
from typing import Any

from app.accounts import lists
from app.api.graphql.context import Context
from app.api.graphql.paging import Connection, cut_page
from app.db.identifiers import parse_id
from app.db.pages import Page


async def page_of_accounts(context: Context, wanted: lists.AccountFilter, page: Page) -> Connection[Any]:
    """A page of accounts."""
    read = await lists.list_accounts(context.actor, wanted, page.with_one_more)
    count = partial(lists.count_accounts, context.actor, wanted)
    return cut_page(context, read, page, lambda found: lists.account_cursors(wanted, page, found), count=count)


async def page_of_wallets(context: Context, wanted: lists.WalletFilter, page: Page) -> Connection[Any]:
    """A page of wallets."""
    read = await lists.list_wallets(context.actor, wanted, page.with_one_more)
    count = partial(lists.count_wallets, context.actor, wanted)
    return cut_page(context, read, page, lambda found: lists.wallet_cursors(wanted, page, found), count=count)


async def accounts_of_holder(context: Context, holder_id: str, page: Page) -> Connection[Any]:
    """A page of one holder's accounts."""
    wanted = lists.AccountFilter(holder_id=parse_id(holder_id, ("id",)))
    return await page_of_accounts(context, wanted, page)
