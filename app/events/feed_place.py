"""A place in a customer's feed, and the cursor that stands for it.

Positions count on from the end of the feed. A database that was restored from a backup therefore gives the same
positions again, to other events. So a place also has an epoch: each restore begins a new one (see `begin_epoch.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.db.connection import fetchval
from app.kernel.cursor import decode_cursor, encode_cursor
from app.kernel.errors import CursorExpired, Path

_MADE_FOR = "feed"
"""A place means the same in every list of the feed, whatever its filter. Cursors also work for subscriptions."""

POSITION_MAX = 2**63 - 1
FIRST_EPOCH = ""
"""The epoch of a database that was never restored. Its cursors do not name it, like those from before epochs."""

_WHAT_TO_DO = "Read the feed again, from its beginning or from a time, and go on from the cursors that you get."


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """The place after the event with this position; 0 is before all events."""

    position: int
    epoch: str = FIRST_EPOCH

    @property
    def cursor(self) -> str:
        """The cursor that callers get."""
        epoch = () if self.epoch == FIRST_EPOCH else (self.epoch,)
        return encode_cursor(_MADE_FOR, [self.position, *epoch])

    async def check_within(self, end: "FeedPlace", path: Path) -> None:
        """Check that this place belongs to a feed with this end.

        :raises CursorExpired: it is of another epoch, or beyond the end.
        """
        if self.epoch != end.epoch:
            raise feed_went_back(path)
        # A standby may lag behind: there the place may only not be reached yet.
        if self.position > end.position and not await fetchval("SELECT pg_is_in_recovery()"):
            raise feed_went_back(path)


def feed_place(cursor: str | None, path: Sequence[str]) -> FeedPlace | None:
    """The place of a cursor; None for None.

    :raises Invalid: not a cursor of the feed.
    """
    if cursor is None:
        return None
    position, *epoch = decode_cursor(_MADE_FOR, cursor, [int], optional=[str], path=path)
    return FeedPlace(min(max(position, 0), POSITION_MAX), *epoch)


def feed_went_back(path: Path = ()) -> CursorExpired:
    """The refusal of a place that the feed does not have (any more)."""
    message = "The database was restored from a copy: since then this place in the feed is another one, or none. "
    return CursorExpired(message + _WHAT_TO_DO, path=path)
