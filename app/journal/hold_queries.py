"""Read holds: always one customer's, and for one holder's actor only those in which that holder has a side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import fetch
from app.db.pages import Page, cursors_of, made_for_either, page_sql
from app.db.where import Where
from app.journal.amount_range import AmountRange, add_amounts
from app.journal.newest_first import Sides, accounts_sql, add_horizon, page_of_sides_sql
from app.journal.records import HOLD_COLUMNS_SQL, HOLD_JOINS_SQL, Hold, hold_of
from app.journal.status import HoldStatus
from app.kernel.actor import Actor
from app.kernel.checks import Metadata

READ = "transfers:read"
# As `hold_of` reads it, and as the index `holds_amount` has it.
HOLD_AMOUNT_SQL = """CASE WHEN t.status = 'PLACED' OR t.parts_version IS DISTINCT FROM t.version
    THEN t.amount_minor_units + coalesce(t.captured_minor_units, 0) + coalesce(t.released_minor_units, 0)
    ELSE t.amount_minor_units END"""


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """Which holds; None means any."""

    ledger_id: UUID | None = None
    wallet_id: UUID | None = None
    status: tuple[HoldStatus, ...] | None = None
    reference: str | None = None
    reference_in_any_case: str | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None
    metadata: Metadata | None = None
    amount: AmountRange | None = None


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
    """So many holds, newest first, after a cursor: see `read_holds`."""
    return await read_holds(actor, wanted, Page(limit, after))


async def read_holds(actor: Actor, wanted: HoldFilter, page: Page) -> list[Hold]:
    """A part of the list, by the instants of placing, in its order, whichever way it is paged. A time span over several
    accounts leaves out the newest holds while older ones may still appear.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    where = Where(actor.customer_id)
    accounts = accounts_sql(where, actor, Sides(wanted.ledger_id, wanted.wallet_id))
    where.add_one_of("t.status", wanted.status)
    where.add_text("t.reference", wanted.reference, wanted.reference_in_any_case)
    where.add("t.created_at >= {}", wanted.created_at_gte)
    where.add("t.created_at < {}", wanted.created_at_lt)
    where.add_metadata(wanted.metadata, table="t", is_rare=True)
    await add_amounts(where, actor, wanted.amount, wanted.ledger_id or wanted.wallet_id, "t", HOLD_AMOUNT_SQL)
    is_one_account = wanted.ledger_id is not None or wanted.wallet_id is not None
    await add_horizon(where, "t.created_at", wanted.created_at_gte, wanted.created_at_lt, is_one_account=is_one_account)
    made_for = made_for_either("holds", wanted, descending=page.descending)
    ending = page_sql(where, page, made_for, instant="t.created_at", row_id="t.id")
    found = page_of_sides_sql("holds", where.more_sql, ending, accounts)
    rows = await fetch(
        f"SELECT {HOLD_COLUMNS_SQL} FROM ({found}) AS h {HOLD_JOINS_SQL}"
        f" ORDER BY h.created_at {page.way}, h.id {page.way}",
        *where.arguments,
    )
    return page.in_order([hold_of(row) for row in rows])


def hold_cursors(wanted: HoldFilter, holds: Iterable[Hold], *, descending: bool = True) -> list[str]:
    """The cursors of these holds in the list of this filter and order."""
    return cursors_of(made_for_either("holds", wanted, descending=descending), holds)
