"""A place in a customer's feed, and the cursor that stands for it.

Positions go on from where the feed is. So a database that was restored from a copy gives positions again that were told
before, to other events. That is why a place has an epoch, too: each restore begins a new one (see `begin_epoch.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.db.connection import fetchval
from app.kernel.cursor import decode_cursor, encode_cursor
from app.kernel.errors import CursorExpired, Path

_MADE_FOR = "feed"
"""A place means the same in every list of the feed, whatever its filter: cursors also serve the subscriptions."""

POSITION_MAX = 2**63 - 1
FIRST_EPOCH = ""
"""Of a database that was never restored. Cursors of it do not name it, as those did that knew no epochs."""

_WHAT_TO_DO = (
    "Read the feed again, from its beginning or from a time (`occurredAt` of `events`, `since` of `ledgerChanges`), "
    "and go on from the cursors that you get."
)


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """Behind the event that has this position; 0 is before all."""

    position: int
    epoch: str = FIRST_EPOCH

    @property
    def cursor(self) -> str:
        """What callers are given of it."""
        epoch = () if self.epoch == FIRST_EPOCH else (self.epoch,)
        return encode_cursor(_MADE_FOR, [self.position, *epoch])

    async def check_within(self, end: "FeedPlace", path: Path) -> None:
        """See that this place is one of a feed that ends there.

        :raises CursorExpired: it is of another epoch, or beyond the end.
        """
        if self.epoch != end.epoch:
            raise feed_went_back(path)
        # What follows another server may lag behind it: there the place only is not reached yet.
        if self.position > end.position and not await fetchval("SELECT pg_is_in_recovery()"):
            raise feed_went_back(path)


def feed_place(cursor: str | None, path: Sequence[str]) -> FeedPlace | None:
    """The place that a cursor stands for; None for none.

    :raises Invalid: not a cursor of the feed.
    """
    if cursor is None:
        return None
    position, *epoch = decode_cursor(_MADE_FOR, cursor, [int], optional=[str], path=path)
    return FeedPlace(min(max(position, 0), POSITION_MAX), *epoch)


def feed_went_back(path: Path = ()) -> CursorExpired:
    """What is told to who is at a place that the feed does not have (any more)."""
    message = "The database was restored from a copy: since then this place in the feed is another one, or none. "
    return CursorExpired(message + _WHAT_TO_DO, path=path)
