"""Watch a customer's events: what happened from a position on, then each event as it is committed."""

from collections.abc import AsyncGenerator
from uuid import UUID

from app.db.connection import fetch
from app.events.event import EVENT_SQL, Event, FeedEntry, event_of
from app.events.event_types import EVENT_TYPES, matches
from app.events.feed import FeedFilter, follow_feed
from app.events.feed_place import FeedPlace
from app.events.feed_watch import following
from app.events.shared_feed import PAGE_MAX, Item, Keys, Page
from app.events.visibility import readable_resource_types
from app.kernel.actor import Actor

OWN_PAGE_MAX = 100


async def watch_events(
    actor: Actor, *, after: FeedPlace | None, types: tuple[str, ...] | None, backup_poll_seconds: float
) -> AsyncGenerator[FeedEntry, None]:
    """Each event of these types (`ledger.*` for all of a noun) that this actor may read, after a place; for None, from
    now on.

    :raises CursorExpired: the feed does not have this place, or does not have it any more.
    """
    customer_id, wanted = actor.customer_id, FeedFilter(types=types)
    nouns = frozenset(readable_resource_types(actor))
    keys: Keys = frozenset(one for one in EVENT_TYPES if types is None or matches(types, one))

    async def read(start: int, until: int, keys: Keys | None) -> Page[Event]:
        return await _read(customer_id, start, until, keys)

    watching = following(customer_id, "events", read, keys=keys, after=after, backup_poll_seconds=backup_poll_seconds)
    async with watching as (follower, epoch):
        while True:
            if not follower.has_caught_up:
                entries, follower.position = await follow_feed(
                    actor, after=follower.position, limit=OWN_PAGE_MAX, wanted=wanted, epoch=epoch
                )
                for entry in entries:
                    yield entry
                continue
            for position, key, event, _ in await follower.take():
                if key in keys and event.resource_type in nouns and event.is_for(actor.holder_id):
                    yield FeedEntry(position, event.as_read_by(actor.holder_id), epoch)


async def _read(customer_id: UUID, after: int, until: int, keys: Keys | None) -> Page[Event]:
    types = list(EVENT_TYPES) if keys is None else list(keys)
    rows = await fetch(
        f"""
        SELECT place.position, event.*
        FROM (
            SELECT position, event_id FROM feed_entries
            WHERE customer_id = $1 AND position > $2 AND position <= $3 AND type = ANY($4)
            ORDER BY position LIMIT $5
        ) AS place
        CROSS JOIN LATERAL (
            SELECT {EVENT_SQL} FROM events AS event WHERE customer_id = $1 AND id = place.event_id LIMIT 1
        ) AS event
        ORDER BY place.position
        """,
        customer_id,
        after,
        until,
        types,
        PAGE_MAX,
    )
    events = [event_of(row, read_by=None) for row in rows]
    items = [Item(row["position"], event.type, event, len(event.body)) for row, event in zip(rows, events, strict=True)]
    return Page(items, items[-1].position if len(items) == PAGE_MAX else until)
