"""Pages of the feeds of changed ledgers and of changed wallets."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from app.api.graphql.context import Context
from app.api.graphql.described import argument
from app.api.graphql.paging import Connection, page_size, show_page
from app.api.graphql.scalars import DateTimeText
from app.events.feed_place import feed_place
from app.kernel.checks import parse_instant

Since = Annotated[DateTimeText | None, argument("Only from this instant on: `2026-11-20T12:00:00Z`.")]


async def page_of_changes(
    context: Context,
    first: int | None,
    after: str | None,
    since: str | None,
    *,
    read: Callable[..., Awaitable[Any]],
    show: Callable[[Any, Context], Any],
) -> Connection[Any]:
    """A page of a feed, read by `read(actor, after=…, limit=…, since=…)`."""
    size, start = page_size(first, default=100), feed_place(after, ("after",))
    instant = None if since is None else parse_instant(since, ("since",))
    page = await read(context.actor, after=start, limit=size, since=instant)
    return show_page(
        [show(change, context) for change in page.changes],
        page.changes,
        lambda changes: [change.cursor for change in changes],
        has_more=page.has_more,
        resumed=after is not None,
        end_cursor=page.end.cursor,
    )
