"""The changes of ledgers, or of wallets, read from the customer's feed.

A ledger or wallet changes with its own events, and with each transfer that debits or credits it. A transfer's credited
side has the position of its feed entry, the debited side the one before (see number_events.py), so a page may end
between the two.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import fetch
from app.db.where import seen_by, seen_sql
from app.events.event_types import LEDGER_BALANCE_CHANGED, WALLET_BALANCE_CHANGED
from app.events.feed import HOLDER_COLUMNS, feed_end, position_before
from app.events.feed_place import POSITION_MAX, FeedPlace
from app.events.number_events import DEBIT_STEPS_BACK
from app.kernel.actor import Actor
from app.kernel.errors import Path

LOOKS_MAX = 50
"""How often one page reads further in the feed for entries that the actor may read. After that it is returned short."""
ENTRIES_PER_LOOK_MIN = 50
ENTRIES_PER_LOOK_OF_ONE = 2_000


@dataclass(frozen=True, slots=True)
class ChangedNoun:
    """Whose changes: the resource type of their events, their table, and the event type for a credit or debit."""

    type: str
    table: str
    balance_changed: str


LEDGERS = ChangedNoun("ledger", "ledgers", LEDGER_BALANCE_CHANGED)
WALLETS = ChangedNoun("wallet", "wallets", WALLET_BALANCE_CHANGED)


@dataclass(frozen=True, slots=True)
class Moment:
    """A change and its place in the feed."""

    position: int
    epoch: str
    type: str
    resource_id: UUID
    occurred_at: datetime
    holder_ids: frozenset[UUID | None]


async def read_newest_moments(
    noun: ChangedNoun, actor: Actor, after: FeedPlace | None, limit: int, since: datetime | None, path: Path
) -> tuple[list[Moment], FeedPlace, bool]:
    """Up to `limit` changes after a place, or from the first on, of each ledger or wallet only the newest; where the
    next page begins; and whether there may be more.

    :raises CursorExpired: the feed does not have this place.
    """
    horizon = await feed_end(actor.customer_id)
    if after is not None:
        await after.check_within(horizon, path)
    start = 0 if after is None else after.position
    moments, position, has_more = await read_moments(noun, actor, start, limit, horizon.position, since=since)
    newest = {moment.resource_id: moment for moment in moments}
    kept = sorted(newest.values(), key=lambda moment: moment.position)
    return kept, FeedPlace(position, horizon.epoch), has_more


async def read_moments(
    noun: ChangedNoun,
    actor: Actor,
    after: int,
    limit: int,
    horizon: int,
    *,
    since: datetime | None = None,
    resource_id: UUID | None = None,
) -> tuple[list[Moment], int, bool]:
    """Up to `limit` changes, the position to go on from, and whether there may be more up to the horizon."""
    position = after if since is None else max(after, await position_before(actor, since))
    entries = ENTRIES_PER_LOOK_OF_ONE if resource_id is not None else max(limit + 1, ENTRIES_PER_LOOK_MIN)
    moments: list[Moment] = []
    for _ in range(LOOKS_MAX):
        if position >= horizon or len(moments) > limit:
            break
        found, looked_until, is_all = await look(noun, actor, position, entries, since=since, resource_id=resource_id)
        moments += [moment for moment in found if moment.position > after]
        position = max(horizon, looked_until) if is_all else looked_until
    if len(moments) > limit:
        return moments[:limit], moments[limit - 1].position, True
    return moments, position, position < horizon


async def look(
    noun: ChangedNoun,
    actor: Actor,
    after: int,
    limit: int,
    *,
    since: datetime | None,
    resource_id: UUID | None,
    until: int = POSITION_MAX,
) -> tuple[list[Moment], int, bool]:
    """The changes in the next entries after a position that this actor may read, the position of the last entry, and
    whether there are no more.
    """
    chosen = f"""
        SELECT position, type, resource_type, resource_id, holder_id, other_holder_id, debit_id, credit_id, occurred_at
        FROM feed_entries
        WHERE customer_id = $1 AND resource_type IN ('{noun.type}', 'transfer') AND position > $3 AND position <= $7
          AND ($5::timestamptz IS NULL OR occurred_at >= $5)
    """
    ending = "ORDER BY position LIMIT $4"
    ways = [chosen] if actor.holder_id is None else [f"{chosen} AND {name} = $2" for name in HOLDER_COLUMNS]
    rows = await fetch(
        f"""
        WITH entries AS MATERIALIZED (
            SELECT * FROM ({" UNION ALL ".join(f"({way} {ending})" for way in ways)}) AS entry {ending}
        )
        SELECT looked.count, looked.until, (SELECT epoch FROM feeds WHERE customer_id = $1) AS epoch, moment.*
        FROM (SELECT count(*) AS count, max(position) AS until FROM entries) AS looked
        LEFT JOIN LATERAL (
            SELECT entry.position - side.steps_back AS position, changed.id AS changed_id, entry.type,
                   entry.resource_type, entry.holder_id, entry.other_holder_id, entry.occurred_at
            FROM entries AS entry
            CROSS JOIN LATERAL (
                VALUES ({DEBIT_STEPS_BACK}, entry.debit_id),
                       (0, CASE entry.resource_type WHEN '{noun.type}' THEN entry.resource_id ELSE entry.credit_id END)
            ) AS side (steps_back, account_id)
            CROSS JOIN LATERAL (
                SELECT id FROM {noun.table}
                WHERE {seen_sql()} AND id = side.account_id LIMIT 1
            ) AS changed
            WHERE $6::uuid IS NULL OR side.account_id = $6
        ) AS moment ON true
        ORDER BY moment.position
        """,
        *seen_by(actor),
        after,
        limit,
        since,
        resource_id,
        until,
    )
    moments = [
        Moment(
            row["position"],
            row["epoch"],
            row["type"] if row["resource_type"] == noun.type else noun.balance_changed,
            row["changed_id"],
            row["occurred_at"],
            frozenset((row["holder_id"], row["other_holder_id"])),
        )
        for row in rows
        if row["position"] is not None
    ]
    return moments, rows[0]["until"] or after, rows[0]["count"] < limit
