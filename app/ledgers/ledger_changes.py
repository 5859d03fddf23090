"""The loss-free feed of changed ledgers, read from the customer's events.

A ledger changes by its own events, and by each transfer that credits or debits it. A transfer's debited side has the
position before its entry's, the credited side the entry's own (see events/number_events.py), so that a page may end
between the two.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import fetch
from app.events.event_types import LEDGER_BALANCE_CHANGED
from app.events.feed import HOLDER_COLUMNS, feed_end, position_before
from app.events.feed_place import POSITION_MAX, FeedPlace
from app.events.number_events import DEBIT_STEPS_BACK
from app.kernel.actor import Actor, worker_actor
from app.kernel.errors import Path
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers

READ = "ledgers:read"
LOOKS_MAX = 50
"""How often one page looks further in the feed for ledgers that the actor may read, before it is answered short."""
ENTRIES_PER_LOOK_MIN = 50
ENTRIES_PER_LOOK_OF_ONE_LEDGER = 2_000


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """That a ledger changed, with the ledger as it now is and the cursor to go on from."""

    cursor: str
    type: str
    ledger: Ledger
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerChanges:
    """One page of the feed. `end` is where the next one begins, past all that this one told or left out."""

    changes: list[LedgerChange]
    end: FeedPlace
    has_more: bool

    @property
    def position(self) -> int:
        """The position of its end."""
        return self.end.position


@dataclass(frozen=True, slots=True)
class _Moment:
    """A ledger's change and its place in the feed."""

    position: int
    epoch: str
    type: str
    ledger_id: UUID
    occurred_at: datetime
    holder_ids: frozenset[UUID | None]


@dataclass(frozen=True, slots=True)
class SharedChange:
    """A change as the customer itself sees it, and the holders who are told of it if the ledger is still theirs."""

    change: LedgerChange
    holder_ids: frozenset[UUID | None]

    def is_for(self, actor: Actor) -> bool:
        """Whether this actor may see it."""
        holder_id = actor.holder_id
        return holder_id is None or (holder_id in self.holder_ids and holder_id == self.change.ledger.holder_id)


async def read_ledger_changes(
    actor: Actor, *, after: FeedPlace | None, limit: int, since: datetime | None = None, path: Path = ("after",)
) -> LedgerChanges:
    """Changed ledgers after a place, or from the first on, in feed order, each at most once in the page: its newest
    change stands for all.

    At least once over all pages; no committed change is ever skipped. Credits and debits are told whether or not the
    actor may read transfers; of the transfer nothing is.

    :raises CursorExpired: the feed does not have this place.
    """
    actor.require(READ)
    horizon = await feed_end(actor.customer_id)
    if after is not None:
        await after.check_within(horizon, path)
    start = 0 if after is None else after.position
    moments, position, has_more = await _read_moments(actor, start, limit, horizon.position, since=since)
    newest = {moment.ledger_id: moment for moment in moments}
    kept = sorted(newest.values(), key=lambda moment: moment.position)
    return LedgerChanges(await _with_ledgers(actor, kept), FeedPlace(position, horizon.epoch), has_more)


async def follow_ledger_changes(
    actor: Actor, *, after: int, limit: int, ledger_id: UUID | None = None
) -> LedgerChanges:
    """Each change of a ledger after a position, or of any, in feed order. `end` is past all that was looked at."""
    actor.require(READ)
    horizon = await feed_end(actor.customer_id)
    moments, position, has_more = await _read_moments(actor, after, limit, horizon.position, ledger_id=ledger_id)
    return LedgerChanges(await _with_ledgers(actor, moments), FeedPlace(position, horizon.epoch), has_more)


async def look_for_changes(
    customer_id: UUID, *, after: int, until: int, limit: int, ledger_ids: Collection[UUID] | None
) -> tuple[list[tuple[int, SharedChange]], int]:
    """The changes of these ledgers, or of all (None), that the next entries after a position tell of, with their
    places, for all actors of a customer; and the position until which that is all, at most `until`.
    """
    actor = worker_actor(customer_id)
    moments, looked_until, is_all = await _look(actor, after, limit, since=None, ledger_id=None, until=until)
    wanted = [
        moment
        for moment in moments
        if moment.position > after and (ledger_ids is None or moment.ledger_id in ledger_ids)
    ]
    ledgers = await find_ledgers(actor, list({moment.ledger_id for moment in wanted})) if wanted else {}
    found = [
        (moment.position, SharedChange(_change(moment, ledgers[moment.ledger_id]), moment.holder_ids))
        for moment in wanted
    ]
    return found, until if is_all else looked_until


def _change(moment: _Moment, ledger: Ledger) -> LedgerChange:
    return LedgerChange(FeedPlace(moment.position, moment.epoch).cursor, moment.type, ledger, moment.occurred_at)


async def _with_ledgers(actor: Actor, moments: list[_Moment]) -> list[LedgerChange]:
    ledgers = await find_ledgers(actor, list({moment.ledger_id for moment in moments}))
    return [_change(moment, ledger) for moment in moments if (ledger := ledgers.get(moment.ledger_id)) is not None]


async def _read_moments(
    actor: Actor, after: int, limit: int, horizon: int, *, since: datetime | None = None, ledger_id: UUID | None = None
) -> tuple[list[_Moment], int, bool]:
    """Up to `limit` changes, the position to go on from, and whether there may be more up to the horizon."""
    position = after if since is None else max(after, await position_before(actor, since))
    entries = ENTRIES_PER_LOOK_OF_ONE_LEDGER if ledger_id is not None else max(limit + 1, ENTRIES_PER_LOOK_MIN)
    moments: list[_Moment] = []
    for _ in range(LOOKS_MAX):
        if position >= horizon or len(moments) > limit:
            break
        found, looked_until, is_all = await _look(actor, position, entries, since=since, ledger_id=ledger_id)
        moments += [moment for moment in found if moment.position > after]
        position = max(horizon, looked_until) if is_all else looked_until
    if len(moments) > limit:
        return moments[:limit], moments[limit - 1].position, True
    return moments, position, position < horizon


async def _look(
    actor: Actor, after: int, limit: int, *, since: datetime | None, ledger_id: UUID | None, until: int = POSITION_MAX
) -> tuple[list[_Moment], int, bool]:
    """What the next entries after a position tell of ledgers that this actor may read, the position of the last of
    them, and whether there are no more.
    """
    chosen = """
        SELECT position, type, resource_type, resource_id, holder_id, other_holder_id, debit_id, credit_id, occurred_at
        FROM feed_entries
        WHERE customer_id = $1 AND resource_type IN ('ledger', 'transfer') AND position > $3 AND position <= $7
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
            SELECT entry.position - side.steps_back AS position, ledger.id AS ledger_id, entry.type,
                   entry.resource_type, entry.holder_id, entry.other_holder_id, entry.occurred_at
            FROM entries AS entry
            CROSS JOIN LATERAL (
                VALUES ({DEBIT_STEPS_BACK}, entry.debit_id),
                       (0, CASE entry.resource_type WHEN 'ledger' THEN entry.resource_id ELSE entry.credit_id END)
            ) AS side (steps_back, ledger_id)
            CROSS JOIN LATERAL (
                SELECT id FROM ledgers
                WHERE customer_id = $1 AND id = side.ledger_id AND ($2::uuid IS NULL OR holder_id = $2) LIMIT 1
            ) AS ledger
            WHERE $6::uuid IS NULL OR side.ledger_id = $6
        ) AS moment ON true
        ORDER BY moment.position
        """,
        actor.customer_id,
        actor.holder_id,
        after,
        limit,
        since,
        ledger_id,
        until,
    )
    moments = [
        _Moment(
            row["position"],
            row["epoch"],
            row["type"] if row["resource_type"] == "ledger" else LEDGER_BALANCE_CHANGED,
            row["ledger_id"],
            row["occurred_at"],
            frozenset((row["holder_id"], row["other_holder_id"])),
        )
        for row in rows
        if row["position"] is not None
    ]
    return moments, rows[0]["until"] or after, rows[0]["count"] < limit
