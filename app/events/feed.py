"""Read a customer's feed: `events` in feed order, loss-free, for queries and subscriptions alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import fetch, fetchrow
from app.events.event import Event, FeedEntry, event_of
from app.events.event_types import WILDCARD
from app.events.number_events import number_events
from app.events.visibility import readable_resource_types
from app.kernel.actor import Actor
from app.kernel.cursor import decode_cursor, encode_cursor

_MADE_FOR = "feed"
"""A position means the same in every list of the feed, whatever its filter: cursors also serve the subscriptions."""


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which events: of these types (`ledger.*` for all of a noun), about this object, of these nouns, in this time."""

    types: tuple[str, ...] | None = None
    resource_id: UUID | None = None
    resource_types: tuple[str, ...] | None = None
    occurred_at_gte: datetime | None = None
    occurred_at_lt: datetime | None = None


def feed_cursor(position: int) -> str:
    """The cursor of a position in the feed."""
    return encode_cursor(_MADE_FOR, [position])


def feed_position(cursor: str | None, path: Sequence[str]) -> int:
    """The position that a cursor stands for; 0, before all events, for none.

    :raises Invalid: not a cursor of the feed.
    """
    if cursor is None:
        return 0
    position: int = decode_cursor(_MADE_FOR, cursor, [int], path=path)[0]
    return min(max(position, 0), 2**63 - 1)


async def read_feed(actor: Actor, *, after: int, limit: int, wanted: FeedFilter | None = None) -> list[FeedEntry]:
    """Up to `limit` events after a position, oldest first, that this actor may read.

    Numbers what is committed but not yet numbered first, so that one reads one's own writes.
    """
    await number_events(actor.customer_id, wait=True)
    conditions, arguments = _conditions(actor, wanted or FeedFilter())
    arguments += [after, limit]
    rows = await fetch(
        f"""
        SELECT entry.position, event.*
        FROM feed_entries AS entry
        JOIN events AS event ON event.customer_id = entry.customer_id AND event.id = entry.event_id
        WHERE {" AND ".join(conditions)} AND entry.position > ${len(arguments) - 1}
        ORDER BY entry.position LIMIT ${len(arguments)}
        """,
        *arguments,
    )
    return [FeedEntry(row["position"], event_of(row)) for row in rows]


async def last_position(actor: Actor) -> int:
    """The position of the customer's newest event: where a subscription without cursor begins."""
    await number_events(actor.customer_id, wait=True)
    row = await fetchrow("SELECT last_position FROM feeds WHERE customer_id = $1", actor.customer_id)
    return 0 if row is None else int(row["last_position"])


async def find_events(actor: Actor, event_ids: Sequence[UUID]) -> dict[UUID, Event]:
    """Those of these events that this actor may read, by id."""
    conditions, arguments = _conditions(actor, FeedFilter(), table="event")
    conditions.append(f"event.id = ANY(${len(arguments) + 1})")
    rows = await fetch(
        f"SELECT event.* FROM events AS event WHERE {' AND '.join(conditions)}",
        *arguments,
        list(event_ids),
    )
    return {row["id"]: event_of(row) for row in rows}


def _conditions(actor: Actor, wanted: FeedFilter, table: str = "entry") -> tuple[list[str], list[Any]]:
    arguments: list[Any] = [actor.customer_id, readable_resource_types(actor)]
    conditions = [f"{table}.customer_id = $1", f"{table}.resource_type = ANY($2)"]

    def add(condition: str, value: Any) -> None:
        arguments.append(value)
        conditions.append(condition.format(f"${len(arguments)}"))

    if actor.holder_id is not None:
        add(f"{table}.holder_id = {{}}", actor.holder_id)
    if wanted.types:
        exact = [name for name in wanted.types if not name.endswith(WILDCARD)]
        beginnings = [name.removesuffix("*") for name in wanted.types if name.endswith(WILDCARD)]
        arguments += [exact, beginnings]
        conditions.append(
            f"({table}.type = ANY(${len(arguments) - 1}::text[]) OR EXISTS ("
            f"SELECT FROM unnest(${len(arguments)}::text[]) AS beginning WHERE starts_with({table}.type, beginning)))"
        )
    if wanted.resource_id is not None:
        add(f"{table}.resource_id = {{}}", wanted.resource_id)
    if wanted.resource_types is not None:
        add(f"{table}.resource_type = ANY({{}}::text[])", list(wanted.resource_types))
    if wanted.occurred_at_gte is not None:
        add(f"{table}.occurred_at >= {{}}", wanted.occurred_at_gte)
    if wanted.occurred_at_lt is not None:
        add(f"{table}.occurred_at < {{}}", wanted.occurred_at_lt)
    return conditions, arguments
