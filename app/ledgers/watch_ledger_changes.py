"""Watch one ledger or all of a customer's: first the changes since a position, then each change as it happens."""

from collections.abc import AsyncGenerator
from typing import cast
from uuid import UUID

from app.events.feed_place import FeedPlace, feed_went_back
from app.events.feed_watch import following
from app.events.shared_feed import PAGE_MAX, Item, Keys, Page
from app.kernel.actor import Actor
from app.ledgers.ledger_changes import LedgerChange, SharedChange, follow_ledger_changes, look_for_changes

OWN_PAGE_MAX = 100
LEDGER_CHARACTERS = 4_000
"""Roughly the size of a ledger with some metadata."""


async def watch_ledger_changes(
    actor: Actor, *, after: FeedPlace | None, ledger_id: UUID | None, backup_poll_seconds: float
) -> AsyncGenerator[LedgerChange, None]:
    """Each change of one ledger, or of any, that this actor may read: after a place, or from now on if None.

    :raises CursorExpired: the feed does not have this place, or no longer has it.
    """
    customer_id = actor.customer_id
    keys = None if ledger_id is None else frozenset((ledger_id,))

    async def read(start: int, until: int, keys: Keys | None) -> Page[SharedChange]:
        ledger_ids = cast("frozenset[UUID] | None", keys)
        found, position = await look_for_changes(
            customer_id, after=start, until=until, limit=PAGE_MAX, ledger_ids=ledger_ids
        )
        items = [Item(place, shared.change.ledger.id, shared, LEDGER_CHARACTERS) for place, shared in found]
        return Page(items, position)

    watching = following(customer_id, "ledgers", read, keys=keys, after=after, backup_poll_seconds=backup_poll_seconds)
    async with watching as (follower, epoch):
        while True:
            if not follower.has_caught_up:
                page = await follow_ledger_changes(
                    actor, after=follower.position, limit=OWN_PAGE_MAX, ledger_id=ledger_id
                )
                if page.end.epoch != epoch:
                    raise feed_went_back()
                follower.position = page.position
                for change in page.changes:
                    yield change
                continue
            for item in await follower.take():
                if ledger_id in (None, item.key) and item.thing.is_for(actor):
                    yield item.thing.change
