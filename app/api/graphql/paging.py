"""What all Relay connections share: how a page is asked for, read and shown."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from inspect import Signature, signature
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from app.api.graphql.context import Context, Info
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.order_direction import OrderDirection
from app.api.graphql.views import makes, show, view
from app.db.pages import Page
from app.kernel.checks import check_page_size, refuse

Item = TypeVar("Item")

First = Annotated[int | None, argument("How many at most, 1 to 1,000: `50`.")]
After = Annotated[str | None, argument("Begin after this cursor: an earlier `endCursor`.")]
Last = Annotated[int | None, argument("The last so many, 1 to 1,000: `50`. Goes with `before`.")]
Before = Annotated[str | None, argument("End before this cursor: an earlier `startCursor`.")]

Direction = Annotated[OrderDirection | None, argument("Which way: newest first, `DESC`, or oldest first, `ASC`.")]

Filter = TypeVar("Filter")
Which = Annotated[Filter | None, argument("Which ones.")]
"""The filter of a list: `filter: Which[HoldFilter] = None`."""

Resolver = Callable[..., Awaitable[Any]]

PAGE_SIZE_DEFAULT = 50

Cursors = Callable[[Sequence[Any]], list[str]]
"""From records of a list to their cursors."""


@described_type("Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = described("Whether there is more after this page: `true`.")
    has_previous_page: bool = described("Whether there is something before this page: `false`.")
    start_cursor: str | None = described("Cursor of the first item; null on an empty page.")
    end_cursor: str | None = described(
        "Cursor of the last item: the next `after`. Of a feed, the place that was searched: never null."
    )


@described_type("An item of a list.")
class Edge(Generic[Item]):
    cursor: str = described(
        "Its place in the list, for `after`, and `before` where it is taken. Also known as `last_seen_id`."
    )
    node: Item = described("The item.")


def _edges(page: Any) -> list[Edge[Any]]:
    cursors = page.cursors(page.found)
    return [Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, page.nodes, strict=True)]


def _page_info(page: Any) -> PageInfo:
    cursors = page.cursors([*page.found[:1], *page.found[-1:]]) or [None]
    return PageInfo(
        has_next_page=page.resumed if page.backward else page.has_more,
        has_previous_page=page.has_more if page.backward else page.resumed,
        start_cursor=cursors[0],
        end_cursor=page.end_cursor or cursors[-1],
    )


@makes(edges=_edges, page_info=_page_info)
@described_type("A page of a list.")
class Connection(Generic[Item]):
    """Relay's connection. Cursors are made only where they are selected."""

    edges: list[Edge[Item]] = described("The items with their cursors.")
    nodes: list[Item] = described("The items.")
    page_info: PageInfo = described("Where this page stands.")


@strawberry.type
class CountedConnection(Connection[Item], Generic[Item]):
    """A connection that can tell how many there are in all: `show_page` gets `count`."""

    count: strawberry.Private[Callable[[], Awaitable[int | None]]]

    @described("Counted only when asked, exact up to 10,000, null beyond: `42`.")
    async def total_count(self) -> int | None:
        return await self.count()


def page_size(first: int | None, name: str = "first", default: int = PAGE_SIZE_DEFAULT) -> int:
    """The page size asked for, or the default.

    :raises Invalid: out of range.
    """
    return default if first is None else check_page_size(first, (name,))


def asked_page(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    direction: Direction = OrderDirection.DESC,
) -> Page:
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
    return Page(size, after, before, backward, direction is not OrderDirection.ASC)


def paged(description: str, *, needs: str | None = None, is_ordered: bool = True) -> Callable[[Resolver], Any]:
    """A field with a list, whose resolver is given the page that is asked for.

        @paged("Holds, newest first unless ordered otherwise.")
        async def holds(self, info: Info, page: Page, filter: Which[HoldFilter] = None) -> Connection[Hold]:

    The field takes `first`, `after`, `last` and `before`, then what else its resolver takes, then `direction`, unless
    the list has only one order or one of its own.
    """

    def make(resolver: Resolver) -> Any:
        @wraps(resolver)
        async def answer(
            source: Any,
            info: Info,
            first: First = None,
            after: After = None,
            last: Last = None,
            before: Before = None,
            direction: Direction = OrderDirection.DESC,
            **others: Any,
        ) -> Any:
            return await resolver(source, info, asked_page(first, after, last, before, direction), **others)

        answer.__signature__ = _with_page_arguments(signature(resolver), is_ordered=is_ordered)  # type: ignore[attr-defined]
        return described(description, needs=needs)(answer)

    return make


def _with_page_arguments(resolver: Signature, *, is_ordered: bool) -> Signature:
    """A resolver's signature, with the arguments of `asked_page` in place of its page."""
    source, info, _page, *others = resolver.parameters.values()
    *places, direction = signature(asked_page).parameters.values()
    ordered = [direction] if is_ordered else []
    return resolver.replace(parameters=[source, info, *places, *others, *ordered])


def show_page(
    nodes: Sequence[Any],
    found: Sequence[Any],
    cursors: Cursors,
    *,
    has_more: bool,
    resumed: bool,
    backward: bool = False,
    end_cursor: str | None = None,
    **attributes: Any,
) -> Connection[Any]:
    """The page of these nodes, which show the records `found`. `attributes` are what further fields are made of."""
    return show(
        Connection,
        nodes=nodes,
        found=found,
        cursors=cursors,
        has_more=has_more,
        resumed=resumed,
        backward=backward,
        end_cursor=end_cursor,
        **attributes,
    )


def cut_page(context: Context, read: Sequence[Any], page: Page, cursors: Cursors, **attributes: Any) -> Connection[Any]:
    """The page from up to `page.limit + 1` records read: the extra one shows that there are more."""
    found = read[-page.limit :] if page.backward else read[: page.limit]
    nodes: list[Any] = [view(one, context) for one in found]
    has_more = len(read) > page.limit
    return show_page(
        nodes, found, cursors, has_more=has_more, resumed=page.is_resumed, backward=page.backward, **attributes
    )


async def read_page_of(
    context: Context,
    wanted: Any,
    page: Page,
    *,
    read: Callable[..., Awaitable[Sequence[Any]]],
    cursors: Callable[..., list[str]],
    **attributes: Any,
) -> Connection[Any]:
    """The page of what is wanted, read by `read(actor, wanted, page)`."""
    found = await read(context.actor, wanted, page.with_one_more)
    return cut_page(
        context, found, page, lambda records: cursors(wanted, records, descending=page.descending), **attributes
    )
