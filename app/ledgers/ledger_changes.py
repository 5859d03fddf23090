"""The loss-free feed of changed ledgers, read from the customer's events."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.events.changes import LEDGERS, Moment, look, read_moments
from app.events.feed import feed_end
from app.events.feed_place import FeedPlace
from app.kernel.actor import Actor, worker_actor
from app.kernel.errors import Path
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers

READ = "ledgers:read"


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
    moments, position, has_more = await read_moments(LEDGERS, actor, start, limit, horizon.position, since=since)
    newest = {moment.resource_id: moment for moment in moments}
    kept = sorted(newest.values(), key=lambda moment: moment.position)
    return LedgerChanges(await _with_ledgers(actor, kept), FeedPlace(position, horizon.epoch), has_more)


async def follow_ledger_changes(
    actor: Actor, *, after: int, limit: int, ledger_id: UUID | None = None
) -> LedgerChanges:
    """Each change of a ledger after a position, or of any, in feed order. `end` is past all that was looked at."""
    actor.require(READ)
    horizon = await feed_end(actor.customer_id)
    moments, position, has_more = await read_moments(
        LEDGERS, actor, after, limit, horizon.position, resource_id=ledger_id
    )
    return LedgerChanges(await _with_ledgers(actor, moments), FeedPlace(position, horizon.epoch), has_more)


async def look_for_changes(
    customer_id: UUID, *, after: int, until: int, limit: int, ledger_ids: Collection[UUID] | None
) -> tuple[list[tuple[int, SharedChange]], int]:
    """The changes of these ledgers, or of all (None), that the next entries after a position tell of, with their
    places, for all actors of a customer; and the position until which that is all, at most `until`.
    """
    actor = worker_actor(customer_id)
    moments, looked_until, is_all = await look(LEDGERS, actor, after, limit, since=None, resource_id=None, until=until)
    wanted = [
        moment
        for moment in moments
        if moment.position > after and (ledger_ids is None or moment.resource_id in ledger_ids)
    ]
    ledgers = await find_ledgers(actor, list({moment.resource_id for moment in wanted})) if wanted else {}
    found = [
        (moment.position, SharedChange(_change(moment, ledgers[moment.resource_id]), moment.holder_ids))
        for moment in wanted
    ]
    return found, until if is_all else looked_until


def _change(moment: Moment, ledger: Ledger) -> LedgerChange:
    return LedgerChange(FeedPlace(moment.position, moment.epoch).cursor, moment.type, ledger, moment.occurred_at)


async def _with_ledgers(actor: Actor, moments: list[Moment]) -> list[LedgerChange]:
    ledgers = await find_ledgers(actor, list({moment.resource_id for moment in moments}))
    return [_change(moment, ledger) for moment in moments if (ledger := ledgers.get(moment.resource_id)) is not None]
