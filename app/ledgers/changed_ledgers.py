"""Which ledgers changed since a time, for who goes on by dates: nothing is missed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.events.feed_place import FeedPlace
from app.journal.balances_at import SETTLED_AFTER
from app.journal.horizon import settled_until
from app.kernel.actor import Actor
from app.kernel.checks import INSTANT_MIN
from app.kernel.errors import Path
from app.ledgers.ledger_changes import read_ledger_changes


@dataclass(frozen=True, slots=True)
class ChangedLedgers:
    """A page: each ledger once. Who goes on from `next_request_at`, that very instant included, misses nothing and may
    be told something again; who goes on from `end` is told everything once.
    """

    ledger_ids: list[UUID]
    next_request_at: datetime
    end: FeedPlace
    has_more: bool


async def read_changed_ledgers(
    actor: Actor, *, since: datetime | None, after: FeedPlace | None, limit: int, path: Path
) -> ChangedLedgers:
    """Ledgers that changed at an instant or later, or behind a place of the feed, oldest change first.

    :raises CursorExpired: the feed does not have this place.
    :raises Forbidden: a scope is missing.
    """
    # Looked up before the feed is read: whatever is stamped before it is in what is read.
    horizon = await settled_until()
    page = await read_ledger_changes(actor, after=after, limit=limit, since=since, path=path)
    if page.has_more:
        # What comes later in the feed was committed later, and is stamped at most so much earlier.
        told_until = page.changes[-1].occurred_at - SETTLED_AFTER if page.changes else INSTANT_MIN
        horizon = min(horizon, told_until)
    return ChangedLedgers(
        [change.ledger.id for change in page.changes],
        horizon if since is None else max(horizon, since),
        page.end,
        page.has_more,
    )
