"""The loss-free feed of changed ledgers, read from the customer's events."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.events.changes import LEDGERS, Moment, look, read_moments, read_newest_moments
from app.events.feed import feed_end
from app.events.feed_place import FeedPlace
from app.kernel.actor import Actor, worker_actor
from app.kernel.errors import Path
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers

READ = "ledgers:read"


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """A change of a ledger, with the ledger as it is now and the cursor to continue from."""

    cursor: str
    type: str
    ledger: Ledger
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerChanges:
    """One page of the feed. `end` is where the next page begins, after all that this one returned or left out."""

    changes: list[LedgerChange]
    end: FeedPlace
    has_more: bool

    @property
    def position(self) -> int:
        """The position of `end`."""
        return self.end.position


@dataclass(frozen=True, slots=True)
class SharedChange:
    """A change as the customer sees it, and the holders who may see it too if the ledger is still theirs."""

    change: LedgerChange
    holder_ids: frozenset[UUID | None]

    def is_for(self, actor: Actor) -> bool:
        """Whether this actor may see it."""
        holder_id = actor.holder_id
        return holder_id is None or (holder_id in self.holder_ids and holder_id == self.change.ledger.holder_id)


async def read_ledger_changes(
    actor: Actor, *, after: FeedPlace | None, limit: int, since: datetime | None = None, path: Path = ("after",)
) -> LedgerChanges:
    """Ledgers that changed after a place, or since the beginning, in feed order. A page has each ledger once, with its
    newest change.

    Over all pages a ledger may come again, and no committed change is skipped. Credits and debits count even if the
    actor may not read transfers; nothing of the transfer is shown.

    :raises CursorExpired: the feed does not have this place.
    """
    actor.require(READ)
    moments, end, has_more = await read_newest_moments(LEDGERS, actor, after, limit, since, path)
    return LedgerChanges(await _with_ledgers(actor, moments), end, has_more)


async def follow_ledger_changes(
    actor: Actor, *, after: int, limit: int, ledger_id: UUID | None = None
) -> LedgerChanges:
    """Each change of one ledger, or of any, after a position, in feed order. `end` is after all that was read."""
    actor.require(READ)
    horizon = await feed_end(actor.customer_id)
    moments, position, has_more = await read_moments(
        LEDGERS, actor, after, limit, horizon.position, resource_id=ledger_id
    )
    return LedgerChanges(await _with_ledgers(actor, moments), FeedPlace(position, horizon.epoch), has_more)


async def look_for_changes(
    customer_id: UUID, *, after: int, until: int, limit: int, ledger_ids: Collection[UUID] | None
) -> tuple[list[tuple[int, SharedChange]], int]:
    """The changes of these ledgers, or of all (None), in the feed after a position, with their places, for all actors
    of a customer. Also returns the position up to which they are complete, at most `until`.
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
