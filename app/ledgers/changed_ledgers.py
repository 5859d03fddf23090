"""Ledgers that changed since a time, for clients that continue by date. They miss nothing."""

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
    """A page, with each ledger once. Continuing from `next_request_at`, inclusive, misses nothing but may repeat
    changes. Continuing from `end` gives each change once.
    """

    ledger_ids: list[UUID]
    next_request_at: datetime
    end: FeedPlace
    has_more: bool


async def read_changed_ledgers(
    actor: Actor, *, since: datetime | None, after: FeedPlace | None, limit: int, path: Path
) -> ChangedLedgers:
    """Ledgers that changed at an instant or later, or after a place in the feed, oldest change first.

    :raises CursorExpired: the feed does not have this place.
    :raises Forbidden: a scope is missing.
    """
    # Looked up before the feed is read: the feed then holds every change stamped before it.
    horizon = await settled_until()
    page = await read_ledger_changes(actor, after=after, limit=limit, since=since, path=path)
    if page.has_more:
        # Changes later in the feed were committed later, and their stamps are at most this much earlier.
        told_until = page.changes[-1].occurred_at - SETTLED_AFTER if page.changes else INSTANT_MIN
        horizon = min(horizon, told_until)
    return ChangedLedgers(
        [change.ledger.id for change in page.changes],
        horizon if since is None else max(horizon, since),
        page.end,
        page.has_more,
    )
