"""Read holds: always one customer's, and for one holder's actor only those in which that holder has a side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import fetch
from app.db.pages import cursors_of, made_for, place_of
from app.db.where import Where
from app.journal.newest_first import Sides, accounts_sql, add_horizon, newest_sql
from app.journal.records import HOLD_COLUMNS_SQL, HOLD_JOINS_SQL, Hold, hold_of
from app.journal.status import HoldStatus
from app.kernel.actor import Actor

READ = "transfers:read"


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """Which holds; None means any."""

    ledger_id: UUID | None = None
    wallet_id: UUID | None = None
    status: tuple[HoldStatus, ...] | None = None
    reference: str | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None


async def find_hold(actor: Actor, hold_id: UUID) -> Hold | None:
    """The hold, or None if this actor may read none with that id."""
    return (await find_holds(actor, [hold_id])).get(hold_id)


async def find_holds(actor: Actor, hold_ids: Sequence[UUID]) -> dict[UUID, Hold]:
    """Those of these holds that this actor may read, by id."""
    actor.require(READ)
    rows = await fetch(
        f"""
        SELECT {HOLD_COLUMNS_SQL} FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT * FROM holds WHERE customer_id = $1 AND id = wanted.id LIMIT 1
        ) AS h {HOLD_JOINS_SQL}
        WHERE $3::uuid IS NULL OR $3 IN (debited.holder_id, credited.holder_id)
        """,
        actor.customer_id,
        list(hold_ids),
        actor.holder_id,
    )
    return {row["id"]: hold_of(row) for row in rows}


async def list_holds(actor: Actor, wanted: HoldFilter, *, limit: int, after: str | None = None) -> list[Hold]:
    """Holds, newest first, after a cursor. A time span over several accounts leaves out the newest holds while older
    ones may still appear.

    :raises Invalid: the cursor belongs to another list or filter.
    """
    actor.require(READ)
    where = Where(actor.customer_id)
    accounts = accounts_sql(where, actor, Sides(wanted.ledger_id, wanted.wallet_id))
    where.add_one_of("t.status", wanted.status)
    where.add("t.reference = {}", wanted.reference)
    where.add("t.created_at >= {}", wanted.created_at_gte)
    where.add("t.created_at < {}", wanted.created_at_lt)
    is_one_account = wanted.ledger_id is not None or wanted.wallet_id is not None
    await add_horizon(where, "t.created_at", wanted.created_at_gte, wanted.created_at_lt, is_one_account=is_one_account)
    if after is not None:
        where.add("(t.created_at, t.id) < ({}, {})", *place_of(made_for("holds", wanted), after))
    page = newest_sql("holds", "created_at", where.more_sql, where.place(limit), accounts)
    rows = await fetch(
        f"SELECT {HOLD_COLUMNS_SQL} FROM ({page}) AS h {HOLD_JOINS_SQL} ORDER BY h.created_at DESC, h.id DESC",
        *where.arguments,
    )
    return [hold_of(row) for row in rows]


def hold_cursors(wanted: HoldFilter, holds: Iterable[Hold]) -> list[str]:
    """The cursors of these holds in the list of this filter."""
    return cursors_of(made_for("holds", wanted), holds)
