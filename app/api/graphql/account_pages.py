"""Pages of accounts and wallets, for types that list them without importing their types."""

from typing import Any

from app.accounts import lists
from app.api.graphql.context import Context
from app.api.graphql.paging import Connection, cut_page, page_size
from app.db.identifiers import parse_id
from app.kernel.checks import refuse


def asked_page(
    first: int | None, after: str | None, last: int | None, before: str | None, *, descending: bool = True
) -> lists.Page:
    """The requested part of a list.

    :raises Invalid: the arguments cannot be combined, or a size is out of range.
    """
    backward = last is not None
    if backward and first is not None:
        refuse("Give `first` or `last`, not both.", ("last",))
    if backward and after is not None:
        refuse("`last` goes with `before`, not with `after`.", ("after",))
    if not backward and before is not None:
        refuse("`before` goes with `last`.", ("before",))
    size = page_size(last, "last") if backward else page_size(first)
    return lists.Page(size, after, before, backward, descending)


async def page_of_accounts(context: Context, wanted: lists.AccountFilter, page: lists.Page) -> Connection[Any]:
    """A page of accounts."""
    read = await lists.list_accounts(context.actor, wanted, page.with_one_more)
    return _page(context, wanted, page, read, lambda found: lists.account_cursors(wanted, page, found))


async def page_of_wallets(context: Context, wanted: lists.WalletFilter, page: lists.Page) -> Connection[Any]:
    """A page of wallets."""
    read = await lists.list_wallets(context.actor, wanted, page.with_one_more)
    return _page(context, wanted, page, read, lambda found: lists.wallet_cursors(wanted, page, found))


async def accounts_of_holder(
    context: Context, holder_id: str, first: int | None, after: str | None, last: int | None, before: str | None
) -> Connection[Any]:
    """A page of one holder's accounts."""
    wanted = lists.AccountFilter(holder_id=parse_id(holder_id, ("id",)))
    return await page_of_accounts(context, wanted, asked_page(first, after, last, before))


def _page(context: Context, wanted: Any, page: lists.Page, read: list[Any], cursors: Any) -> Connection[Any]:
    return cut_page(
        context,
        read,
        page.limit,
        cursors,
        resumed=(page.before if page.backward else page.after) is not None,
        backward=page.backward,
        actor=context.actor,
        wanted=wanted,
    )
