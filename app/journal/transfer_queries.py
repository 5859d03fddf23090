"""Read transfers: always one customer's, and for one holder's actor only those in which that holder has a side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import fetch
from app.db.pages import Page, cursors_of, made_for_either, page_sql
from app.db.where import Where
from app.journal.amount_range import AmountRange, add_amounts
from app.journal.newest_first import (
    Sides,
    accounts_sql,
    add_effective_span,
    add_horizon,
    page_of_sides_sql,
)
from app.journal.records import TRANSFER_COLUMNS_SQL, TRANSFER_JOINS_SQL, Transfer, transfer_of
from app.journal.status import TransferKind, TransferStatus
from app.kernel.actor import Actor
from app.kernel.checks import Metadata

MOST = frozenset({TransferKind.INTER_LEDGER, TransferKind.WALLET})
"""The most common kinds of transfers. The index on the kind leaves them out."""

READ = "transfers:read"

NAMING_MAX = 1_000
"""How many transfers capture one hold, or reverse one transfer, at most."""


@dataclass(frozen=True, slots=True)
class TransferFilter:
    """Which transfers; None means any."""

    ledger_id: UUID | None = None
    wallet_id: UUID | None = None
    kind: tuple[TransferKind, ...] | None = None
    status: tuple[TransferStatus, ...] | None = None
    reference: str | None = None
    reference_in_any_case: str | None = None
    posted_at_gte: datetime | None = None
    posted_at_lt: datetime | None = None
    effective_at_gte: datetime | None = None
    effective_at_lt: datetime | None = None
    metadata: Metadata | None = None
    amount: AmountRange | None = None
    group_id: UUID | None = None

    @property
    def is_one_account(self) -> bool:
        """Whether all share one account, whose lock keeps them in time order."""
        return self.ledger_id is not None or self.wallet_id is not None


async def find_transfer(actor: Actor, transfer_id: UUID) -> Transfer | None:
    """The transfer, or None if this actor may read none with that id."""
    return (await find_transfers(actor, [transfer_id])).get(transfer_id)


async def find_transfers(actor: Actor, transfer_ids: Sequence[UUID]) -> dict[UUID, Transfer]:
    """Those of these transfers that this actor may read, by id."""
    actor.require(READ)
    rows = await fetch(
        f"""
        SELECT {TRANSFER_COLUMNS_SQL} FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT * FROM transfers WHERE customer_id = $1 AND id = wanted.id LIMIT 1
        ) AS t {TRANSFER_JOINS_SQL}
        WHERE $3::uuid IS NULL OR $3 IN (debited.holder_id, credited.holder_id)
        """,
        actor.customer_id,
        list(transfer_ids),
        actor.holder_id,
    )
    return {row["id"]: transfer_of(row) for row in rows}


async def find_captures(actor: Actor, hold_ids: Sequence[UUID]) -> dict[UUID, list[Transfer]]:
    """The transfers that captured these holds, as far as this actor may read them, by hold, oldest first."""
    return await _naming(actor, "hold_id", hold_ids)


async def find_reversals(actor: Actor, transfer_ids: Sequence[UUID]) -> dict[UUID, list[Transfer]]:
    """The reversals of these transfers, as far as this actor may read them, by transfer, oldest first."""
    return await _naming(actor, "reverses_id", transfer_ids)


async def _naming(actor: Actor, column: str, ids: Sequence[UUID]) -> dict[UUID, list[Transfer]]:
    """The transfers that name one of these in a column, by it, oldest first."""
    actor.require(READ)
    rows = await fetch(
        f"""
        SELECT {TRANSFER_COLUMNS_SQL} FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT * FROM transfers WHERE customer_id = $1 AND {column} = wanted.id ORDER BY posted_at, id LIMIT $4
        ) AS t {TRANSFER_JOINS_SQL}
        WHERE $3::uuid IS NULL OR $3 IN (debited.holder_id, credited.holder_id)
        ORDER BY t.posted_at, t.id
        """,
        actor.customer_id,
        list(ids),
        actor.holder_id,
        NAMING_MAX,
    )
    found: dict[UUID, list[Transfer]] = {wanted: [] for wanted in ids}
    for row in rows:
        found[row[column]].append(transfer_of(row))
    return found


async def list_transfers(
    actor: Actor, wanted: TransferFilter, *, limit: int, after: str | None = None
) -> list[Transfer]:
    """So many transfers, newest first, after a cursor: see `read_transfers`."""
    return await read_transfers(actor, wanted, Page(limit, after))


async def read_transfers(actor: Actor, wanted: TransferFilter, page: Page) -> list[Transfer]:
    """A part of the list, by the instants of posting, in its order, whichever way it is paged. A time span over several
    accounts leaves out the newest transfers while older ones may still appear.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    where = Where(actor.customer_id)
    accounts = accounts_sql(where, actor, Sides(wanted.ledger_id, wanted.wallet_id))
    _add_conditions(where, wanted)
    await add_amounts(where, actor, wanted.amount, wanted.ledger_id or wanted.wallet_id, "t", "t.amount_minor_units")
    await add_horizon(
        where, "t.posted_at", wanted.posted_at_gte, wanted.posted_at_lt, is_one_account=wanted.is_one_account
    )
    made_for = made_for_either("transfers", wanted, descending=page.descending)
    ending = page_sql(where, page, made_for, instant="t.posted_at", row_id="t.id")
    found = page_of_sides_sql("transfers", where.more_sql, ending, accounts)
    rows = await fetch(
        f"SELECT {TRANSFER_COLUMNS_SQL} FROM ({found}) AS t {TRANSFER_JOINS_SQL}"
        f" ORDER BY t.posted_at {page.way}, t.id {page.way}",
        *where.arguments,
    )
    return page.in_order([transfer_of(row) for row in rows])


def transfer_cursors(wanted: TransferFilter, transfers: Iterable[Transfer], *, descending: bool = True) -> list[str]:
    """The cursors of these transfers in the list of this filter and order."""
    return cursors_of(made_for_either("transfers", wanted, descending=descending), transfers, instant="posted_at")


def _add_conditions(where: Where, wanted: TransferFilter) -> None:
    where.add_one_of("t.kind", wanted.kind)
    if wanted.kind is not None and MOST.isdisjoint(wanted.kind):
        # Implied already, but PostgreSQL uses the index only if its exact condition is repeated.
        where.add("t.kind NOT IN ('INTER_LEDGER', 'WALLET')")
    if wanted.status is not None:
        _add_status(where, set(wanted.status))
    where.add_text("t.reference", wanted.reference, wanted.reference_in_any_case)
    where.add("t.group_id = {}", wanted.group_id)
    where.add("t.posted_at >= {}", wanted.posted_at_gte)
    where.add("t.posted_at < {}", wanted.posted_at_lt)
    add_effective_span(where, wanted.effective_at_gte, wanted.effective_at_lt)
    where.add_metadata(wanted.metadata, table="t", is_rare=True)


_REVERSALS_SQL = "FROM transfers AS r WHERE r.customer_id = $1 AND r.reverses_id = t.id"
_REVERSED_SQL = f"(SELECT coalesce(sum(r.amount_minor_units), 0) {_REVERSALS_SQL})"


def _add_status(where: Where, statuses: set[TransferStatus]) -> None:
    """A transfer is reversed, in part or whole, by those that name it."""
    if not statuses:
        where.add("false")
        return
    if TransferStatus.POSTED not in statuses:
        where.add(f"EXISTS (SELECT {_REVERSALS_SQL})")
    elif len(statuses) == 1:
        where.add(f"NOT EXISTS (SELECT {_REVERSALS_SQL})")
    if TransferStatus.PARTLY_REVERSED not in statuses and TransferStatus.REVERSED in statuses:
        posted = f" OR NOT EXISTS (SELECT {_REVERSALS_SQL})" if TransferStatus.POSTED in statuses else ""
        where.add(f"({_REVERSED_SQL} = t.amount_minor_units{posted})")
    elif TransferStatus.REVERSED not in statuses and TransferStatus.PARTLY_REVERSED in statuses:
        where.add(f"{_REVERSED_SQL} < t.amount_minor_units")
