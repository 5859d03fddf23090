"""The loss-free feed of changed ledgers, read from the customer's events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.events.event import FeedEntry
from app.events.feed import FeedFilter, feed_cursor, read_feed
from app.kernel.actor import Actor
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """That a ledger changed, with the ledger as it now is and the cursor to go on from."""

    cursor: str
    type: str
    ledger: Ledger
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerChanges:
    """One page of the feed. `position` is where the next one begins, whatever this one left out."""

    changes: list[LedgerChange]
    position: int
    has_more: bool


async def read_ledger_changes(actor: Actor, *, after: int, limit: int, since: datetime | None = None) -> LedgerChanges:
    """Changed ledgers after a position, in feed order, each at most once in the page: its newest change stands for all.

    At least once over all pages; no committed change is ever skipped.
    """
    actor.require("ledgers:read")
    wanted = FeedFilter(resource_types=("ledger",), occurred_at_gte=since)
    entries = await read_feed(actor, after=after, limit=limit + 1, wanted=wanted)
    page, has_more = entries[:limit], len(entries) > limit
    return LedgerChanges(await changes_of(actor, page), page[-1].position if page else after, has_more)


async def changes_of(actor: Actor, entries: Sequence[FeedEntry]) -> list[LedgerChange]:
    """The changes that these feed entries tell of, the newest of each ledger, with the ledgers as they now are."""
    newest = {entry.event.resource_id: entry for entry in entries}
    ledgers = await find_ledgers(actor, list(newest))
    return [
        LedgerChange(feed_cursor(entry.position), entry.event.type, ledger, entry.event.occurred_at)
        for entry in sorted(newest.values(), key=lambda entry: entry.position)
        if (ledger := ledgers.get(entry.event.resource_id)) is not None
    ]
