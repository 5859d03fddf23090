"""Read a customer's feed: `events` in feed order, loss-free, for queries and subscriptions alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.db.connection import fetch, fetchrow, fetchval
from app.db.where import Where, seen_by, seen_sql
from app.events.event import EVENT_SQL, Event, FeedEntry, event_of
from app.events.event_types import EVENT_TYPES, TRANSFER_POSTED, matches
from app.events.feed_place import POSITION_MAX, FeedPlace, feed_went_back
from app.events.number_events import number_before_reading
from app.events.visibility import readable_resource_types
from app.kernel.actor import Actor
from app.kernel.errors import Path

HOLDER_COLUMNS = ("holder_id", "other_holder_id")
"""The holders of an entry. An entry with only one holder has it in the first."""
SEEN_SQL = seen_sql("customer_id", *HOLDER_COLUMNS)
DISORDER_MAX = timedelta(hours=1)
"""How far events can stand out of the order of their instants: no transaction is open for nearly so long."""
_NO_END = FeedPlace(POSITION_MAX)


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which events: of these types (`ledger.*` for all of a noun), about this object, of these nouns, in this time.

    None means any. An empty list of types matches nothing.
    """

    types: tuple[str, ...] | None = None
    resource_id: UUID | None = None
    resource_types: tuple[str, ...] | None = None
    occurred_at_gte: datetime | None = None
    occurred_at_lt: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of the feed. `end` is the place after all entries that were read, wanted or not; `has_more` says whether
    more wanted ones follow.
    """

    entries: list[FeedEntry]
    end: FeedPlace
    has_more: bool


async def read_page(
    actor: Actor, *, after: FeedPlace | None, limit: int, wanted: FeedFilter | None = None, path: Path = ("after",)
) -> FeedPage:
    """Up to `limit` events that this actor may read, oldest first, after a place, or from the first one on.

    Committed events are numbered first, so that callers read their own writes.

    :raises CursorExpired: the feed does not have this place.
    """
    start = after or FeedPlace(0)
    await number_before_reading(actor.customer_id)
    entries, end = await _read(actor, start.position, limit + 1, wanted or FeedFilter())
    if after is not None:
        await after.check_within(end, path)
    if len(entries) > limit:
        return FeedPage(entries[:limit], FeedPlace(entries[limit - 1].position, end.epoch), has_more=True)
    return FeedPage(entries, FeedPlace(max(start.position, end.position), end.epoch), has_more=False)


async def read_newest(
    actor: Actor, *, before: FeedPlace | None, limit: int, wanted: FeedFilter | None = None, path: Path = ("before",)
) -> FeedPage:
    """The last `limit` events that this actor may read, oldest first, before the event with the cursor `before`, or the
    newest. `has_more` says whether earlier ones are wanted too, and `end` is where the page begins.

    Committed events are numbered first, so that callers read their own writes.

    :raises CursorExpired: the feed does not have this place.
    """
    await number_before_reading(actor.customer_id)
    entries, end = await _read(actor, 0, limit + 1, wanted or FeedFilter(), before=before or _NO_END)
    if before is not None:
        await before.check_within(end, path)
    kept = entries[-limit:]
    start = kept[0].position if kept else (before.position if before else end.position)
    return FeedPage(kept, FeedPlace(start, end.epoch), has_more=len(entries) > limit)


async def read_feed(actor: Actor, *, after: int, limit: int, wanted: FeedFilter | None = None) -> list[FeedEntry]:
    """Like `read_page`, in the present epoch: only the entries."""
    await number_before_reading(actor.customer_id)
    entries, _ = await _read(actor, after, limit, wanted or FeedFilter())
    return entries


async def follow_feed(
    actor: Actor, *, after: int, limit: int, wanted: FeedFilter | None = None, epoch: str | None = None
) -> tuple[list[FeedEntry], int]:
    """The entries, and the position to go on from: after all entries that were read, wanted or not.

    :raises CursorExpired: the feed has a newer epoch.
    """
    await number_before_reading(actor.customer_id)
    entries, end = await _read(actor, after, limit, wanted or FeedFilter())
    if epoch is not None and epoch != end.epoch:
        raise feed_went_back()
    return entries, entries[-1].position if len(entries) == limit else max(after, end.position)


async def _read(
    actor: Actor, after: int, limit: int, wanted: FeedFilter, before: FeedPlace | None = None
) -> tuple[list[FeedEntry], FeedPlace]:
    """Up to `limit` entries and the end of the feed, as of one moment: events numbered later come after that end. With
    `before`, the last ones before that place.
    """
    if wanted.occurred_at_gte is not None:
        after = max(after, await position_before(actor, wanted.occurred_at_gte))
    until = None if before is None else before.position
    if until is not None and wanted.occurred_at_lt is not None:
        until = min(until, await position_before(actor, wanted.occurred_at_lt + DISORDER_MAX) + 1)
    places, arguments = _places_sql(actor, wanted, after, limit, until)
    rows = await fetch(
        f"""
        SELECT feed.last_position, feed.epoch, found.*
        FROM feeds AS feed LEFT JOIN LATERAL (
            SELECT place.position, event.*
            FROM ({places}) AS place
            CROSS JOIN LATERAL (
                SELECT {EVENT_SQL} FROM events AS event WHERE customer_id = $1 AND id = place.event_id LIMIT 1
            ) AS event
        ) AS found ON true
        WHERE feed.customer_id = $1 ORDER BY found.position
        """,
        *arguments,
    )
    entries = [
        FeedEntry(row["position"], event_of(row, read_by=actor.holder_id), row["epoch"])
        for row in rows
        if row["position"] is not None
    ]
    return entries, FeedPlace(rows[0]["last_position"], rows[0]["epoch"]) if rows else FeedPlace(0)


async def last_position(actor: Actor) -> int:
    """The position of the customer's newest event: where a subscription without cursor begins."""
    return (await feed_end(actor.customer_id)).position


async def feed_end(customer_id: UUID) -> FeedPlace:
    """The place of the customer's newest event, after numbering what is committed: one query if nothing is waiting."""
    row = await fetchrow(_END_SQL, customer_id)
    if row is None:
        await number_before_reading(customer_id)
        row = await fetchrow("SELECT last_position, epoch FROM feeds WHERE customer_id = $1", customer_id)
    return FeedPlace(0) if row is None else FeedPlace(row["last_position"], row["epoch"])


# Both are read in one snapshot: numbering moves events from one to the other in one commit.
_END_SQL = """
    SELECT last_position, epoch FROM feeds
    WHERE customer_id = $1 AND NOT EXISTS (SELECT FROM unnumbered_events WHERE customer_id = $1)
"""


async def position_before(actor: Actor, instant: datetime) -> int:
    """A position before all events of this instant or later, with few earlier events after it."""
    position = await fetchval(
        """
        WITH RECURSIVE search AS (
            SELECT 0::bigint AS low, last_position AS high FROM feeds WHERE customer_id = $1
            UNION ALL
            SELECT CASE WHEN probe.latest_at < $2 THEN probe.position ELSE search.low END,
                   CASE WHEN probe.latest_at < $2 THEN search.high ELSE (search.low + search.high) / 2 END
            FROM search CROSS JOIN LATERAL (
                SELECT position, latest_at FROM feed_entries
                WHERE customer_id = $1 AND position > (search.low + search.high) / 2 ORDER BY position LIMIT 1
            ) AS probe
            WHERE search.low < search.high
        )
        SELECT max(low) FROM search
        """,
        actor.customer_id,
        instant,
    )
    return int(position or 0)


async def find_events(actor: Actor, event_ids: Sequence[UUID]) -> dict[UUID, Event]:
    """Those of these events that this actor may read, by id."""
    rows = await fetch(
        f"SELECT {EVENT_SQL} FROM events AS event WHERE {SEEN_SQL} AND id = ANY($3) AND resource_type = ANY($4)",
        *seen_by(actor),
        list(event_ids),
        readable_resource_types(actor),
    )
    return {row["id"]: event_of(row, read_by=actor.holder_id) for row in rows}


def _places_sql(actor: Actor, wanted: FeedFilter, after: int, limit: int, before: int | None) -> tuple[str, list[Any]]:
    """SQL for positions and ids of up to `limit` events, read from indexes in feed order, however long the feed is.
    With `before`, of the last ones before that position.
    """
    nouns = _nouns(actor, wanted)
    types = _types(wanted, nouns)
    where = _where(actor, wanted, nouns)
    after_place, limit_place, types_place = (where.place(value) for value in (after, limit, types))
    chosen = f"SELECT position, event_id FROM feed_entries WHERE {where.sql}"
    way = "" if before is None else " DESC"
    span = f"position > {after_place}" + ("" if before is None else f" AND position < {where.place(before)}")
    ending = f"{span} ORDER BY position{way} LIMIT {limit_place}"
    of_types = f"type = ANY({types_place}::text[])"
    if actor.holder_id is not None:
        holder_place = where.place(actor.holder_id)
        # Each column has its index, and no entry is found by both.
        sides = (f"({chosen} AND {of_types} AND {name} = {holder_place} AND {ending})" for name in HOLDER_COLUMNS)
        source = f"({' UNION ALL '.join(sides)}) AS place"
    elif wanted.resource_id is not None or TRANSFER_POSTED in types:
        # In a large feed, nearly all entries are transfers.
        source = f"({chosen} AND {of_types} AND {ending}) AS place"
    else:
        of_type = f"{chosen} AND type = one.type AND resource_type <> 'transfer' AND {ending}"
        source = f"unnest({types_place}::text[]) AS one (type) CROSS JOIN LATERAL ({of_type}) AS place"
    return f"SELECT place.* FROM {source} ORDER BY place.position{way} LIMIT {limit_place}", where.arguments


def _nouns(actor: Actor, wanted: FeedFilter) -> list[str]:
    asked = wanted.resource_types
    return [noun for noun in readable_resource_types(actor) if asked is None or noun in asked]


def _types(wanted: FeedFilter, nouns: Sequence[str]) -> list[str]:
    """Every type that can be wanted. Extra types do no harm, since the nouns are checked too."""
    return [
        event_type
        for event_type in EVENT_TYPES
        if (wanted.types is None or matches(wanted.types, event_type))
        # A `webhook.ping` is about a `webhook_endpoint`.
        and any(noun.startswith(event_type.split(".")[0]) for noun in nouns)
    ]


def _where(actor: Actor, wanted: FeedFilter, nouns: Sequence[str]) -> Where:
    where = Where(actor.customer_id)
    where.add("resource_type = ANY({})", list(nouns))
    where.add("resource_id = {}", wanted.resource_id)
    where.add("occurred_at >= {}", wanted.occurred_at_gte)
    where.add("occurred_at < {}", wanted.occurred_at_lt)
    return where
