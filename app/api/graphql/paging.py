"""What all Relay connections share."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import strawberry

from app.kernel.checks import check_page_size

Item = TypeVar("Item")

First = Annotated[int | None, strawberry.argument(description="How many at most, 1 to 1,000: `50`.")]
After = Annotated[str | None, strawberry.argument(description="Begin after this cursor: an earlier `endCursor`.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many, 1 to 1,000: `50`. Goes with `before`.")]
Before = Annotated[str | None, strawberry.argument(description="End before this cursor: an earlier `startCursor`.")]

PAGE_SIZE_DEFAULT = 50


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page: `true`.")
    has_previous_page: bool = strawberry.field(description="Whether there is something before this page: `false`.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item: the next `after`. Of a feed, the place that was searched: never null."
    )


def page_size(first: int | None, name: str = "first", default: int = PAGE_SIZE_DEFAULT) -> int:
    """The page size asked for, or the default.

    :raises Invalid: out of range.
    """
    return default if first is None else check_page_size(first, (name,))


def cut(items: Sequence[Item], size: int, *, backward: bool = False) -> tuple[list[Item], bool]:
    """The page out of up to `size + 1` items read, and whether there was one more."""
    has_more = len(items) > size
    kept = items[-size:] if backward else items[:size]
    return list(kept), has_more


def page_info(cursors: Sequence[str], *, has_more: bool, resumed: bool, backward: bool = False) -> PageInfo:
    """The page information of a page with these cursors."""
    return PageInfo(
        has_next_page=resumed if backward else has_more,
        has_previous_page=has_more if backward else resumed,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
