"""Read entries: always one customer's, never a system account's, and for one holder's actor only that holder's.

An entry has no row: it is a side of a transfer. The entries of one account come from two index ranges, debits and
credits, merged by sequence; those of several accounts are ordered by time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import fetch
from app.db.pages import Page, made_for_either, place_of
from app.db.where import Where
from app.journal.amount_range import AmountRange, add_amounts
from app.journal.newest_first import (
    Sides,
    accounts_sql,
    add_effective_span,
    add_horizon,
)
from app.journal.records import (
    DIRECTION_BITS,
    TRANSFER_COLUMNS_SQL,
    TRANSFER_JOINS_SQL,
    Entry,
    Transfer,
    transfer_id_of,
    transfer_of,
)
from app.journal.status import EntryDirection
from app.journal.transfer_queries import READ, find_transfers
from app.kernel.actor import Actor
from app.kernel.checks import Metadata, parse_instant, refuse
from app.kernel.cursor import decode_cursor, encode_cursors

SEQUENCE_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries; None means any."""

    ledger_id: UUID | None = None
    wallet_id: UUID | None = None
    holder_id: UUID | None = None
    transfer_id: UUID | None = None
    direction: EntryDirection | None = None
    posted_at_gte: datetime | None = None
    posted_at_lt: datetime | None = None
    effective_at_gte: datetime | None = None
    effective_at_lt: datetime | None = None
    metadata: Metadata | None = None
    amount: AmountRange | None = None
    """Contained in that of the transfer."""
    of_ledgers: bool | None = None
    """Only those of ledgers, not of wallets."""

    @property
    def is_one_account(self) -> bool:
        """Whether the entries belong to one posting account, and so are ordered by its sequence."""
        return self.transfer_id is None and (self.ledger_id is not None or self.wallet_id is not None)


def entries_of(actor: Actor, transfer: Transfer) -> list[Entry]:
    """Those of a transfer's two entries that this actor may read, the debit first."""
    if not actor.may(READ):
        return []
    both = [Entry(transfer, direction) for direction in EntryDirection]
    return [
        entry
        for entry in both
        if not entry.side.is_system and (actor.holder_id is None or entry.side.holder_id == actor.holder_id)
    ]


async def find_entries(actor: Actor, entry_ids: Sequence[UUID]) -> dict[UUID, Entry]:
    """Those of these entries that this actor may read, by id."""
    actor.require(READ)
    wanted = {found[0] for entry_id in entry_ids if (found := transfer_id_of(entry_id)) is not None}
    transfers = await find_transfers(actor, list(wanted)) if wanted else {}
    readable = {entry.id: entry for transfer in transfers.values() for entry in entries_of(actor, transfer)}
    return {entry_id: readable[entry_id] for entry_id in entry_ids if entry_id in readable}


async def list_entries(actor: Actor, wanted: EntryFilter, *, limit: int, after: str | None = None) -> list[Entry]:
    """So many entries, newest first, after a cursor: see `read_entries`."""
    return await read_entries(actor, wanted, Page(limit, after))


async def read_entries(actor: Actor, wanted: EntryFilter, page: Page) -> list[Entry]:
    """A part of the list, in its order, whichever way it is paged: one account's by sequence, others by time, transfer
    and direction. A time span over several accounts leaves out the newest entries while older ones may still appear.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require(READ)
    where = Where(actor.customer_id)
    named = accounts_sql(where, actor, Sides(wanted.ledger_id, wanted.wallet_id, wanted.holder_id))
    accounts = named or ""
    where.add("t.id = {}", wanted.transfer_id)
    where.add("t.posted_at >= {}", wanted.posted_at_gte)
    where.add("t.posted_at < {}", wanted.posted_at_lt)
    add_effective_span(where, wanted.effective_at_gte, wanted.effective_at_lt)
    where.add_metadata(wanted.metadata, table="t", is_rare=True)
    await add_amounts(where, actor, wanted.amount, wanted.ledger_id or wanted.wallet_id, "t", "t.amount_minor_units")
    is_complete = wanted.is_one_account or wanted.transfer_id is not None
    await add_horizon(where, "t.posted_at", wanted.posted_at_gte, wanted.posted_at_lt, is_one_account=is_complete)
    if wanted.of_ledgers:
        accounts += " AND a.book <> 'WALLET'"
    if wanted.is_one_account:
        read = _of_one_account
    else:
        read = _of_accounts if named and wanted.transfer_id is None else _of_customer
    found, order = read(where, accounts, wanted, page, where.place(page.limit))
    rows = await fetch(
        f"SELECT {TRANSFER_COLUMNS_SQL} FROM ({found}) AS t {TRANSFER_JOINS_SQL} ORDER BY {order}", *where.arguments
    )
    return page.in_order([Entry(transfer_of(row), EntryDirection(row["direction"])) for row in rows])


def entry_cursors(wanted: EntryFilter, entries: Iterable[Entry], *, descending: bool = True) -> list[str]:
    """The cursors of these entries in the list of this filter and order."""
    places: Iterable[list[str | int]] = (
        [entry.transfer.posted_at.isoformat(), entry.sequence if wanted.is_one_account else str(entry.id)]
        for entry in entries
    )
    return encode_cursors(_made_for(wanted, descending=descending), places)


def _made_for(wanted: EntryFilter, *, descending: bool) -> list[Any]:
    return made_for_either("entries", wanted, descending=descending)


def _time_place(where: Where, wanted: EntryFilter, page: Page) -> tuple[str, str, str] | None:
    """The parameters for the instant, transfer and direction that a page goes on from; None without a cursor."""
    text, path = page.cursor
    if text is None:
        return None
    instant, entry_id = place_of(_made_for(wanted, descending=page.descending), text, path)
    bits = entry_id.int & 0b11
    return where.place(instant), where.place(UUID(int=entry_id.int - bits)), where.place(bits)


def _directions(wanted: EntryFilter) -> list[EntryDirection]:
    return list(EntryDirection) if wanted.direction is None else [wanted.direction]


def _sequence_place(where: Where, wanted: EntryFilter, page: Page) -> str | None:
    """The parameters for the instant and the sequence that a page goes on from; None without a cursor."""
    text, path = page.cursor
    if text is None:
        return None
    instant, sequence = decode_cursor(_made_for(wanted, descending=page.descending), text, [str, int], path=path)
    if not 0 < sequence <= SEQUENCE_MAX:
        refuse("This is not a cursor of ours. Pass a cursor exactly as it was answered.", path)
    return f"({where.place(parse_instant(instant, path))}, {where.place(sequence)})"


BEYOND = {"DESC": "<", "ASC": ">"}


def _of_one_account(where: Where, accounts: str, wanted: EntryFilter, page: Page, limit: str) -> tuple[str, str]:
    """The entries of the one account that `accounts` names, and their order."""
    place, way = _sequence_place(where, wanted, page), page.way
    sides = []
    for direction in _directions(wanted):
        name = direction.value.lower()
        beyond = f" AND (t.posted_at, t.{name}_sequence) {BEYOND[way]} {place}" if place else ""
        sides.append(
            f"(SELECT t.*, '{direction}' AS direction, t.{name}_sequence AS sequence FROM transfers AS t"
            f" WHERE t.customer_id = $1 AND t.{name}_id = a.id{where.more_sql}{beyond}"
            f" ORDER BY t.posted_at {way}, t.{name}_sequence {way} LIMIT {limit})"
        )
    return _merged(sides, accounts, f"s.sequence {way}", limit), f"t.sequence {way}"


def _by_time(table: str, way: str, bits: str = "") -> str:
    return f"{table}.posted_at {way}, {table}.id {way}, {bits or table}.direction_bits {way}"


def _of_accounts(where: Where, accounts: str, wanted: EntryFilter, page: Page, limit: str) -> tuple[str, str]:
    """The first entries of each account, merged, by time."""
    place, way = _time_place(where, wanted, page), page.way
    sides = []
    for direction in _directions(wanted):
        name, bits = direction.value.lower(), DIRECTION_BITS[direction]
        beyond = f" AND (t.posted_at, t.id, {bits}) {BEYOND[way]} ({', '.join(place)})" if place else ""
        sides.append(
            f"(SELECT t.*, '{direction}' AS direction, {bits} AS direction_bits FROM transfers AS t"
            f" WHERE t.customer_id = $1 AND t.{name}_id = a.id{where.more_sql}{beyond}"
            f" ORDER BY t.posted_at {way}, t.id {way} LIMIT {limit})"
        )
    return _merged(sides, accounts, _by_time("s", way), limit), _by_time("t", way)


def _merged(sides: list[str], accounts: str, order: str, limit: str) -> str:
    return f"""
        SELECT s.* FROM posting_accounts AS a CROSS JOIN LATERAL ({" UNION ALL ".join(sides)}) AS s
        WHERE a.customer_id = $1 AND NOT a.is_system{accounts} ORDER BY {order} LIMIT {limit}
    """


def _of_customer(where: Where, accounts: str, wanted: EntryFilter, page: Page, limit: str) -> tuple[str, str]:
    """The entries of all transfers that meet the conditions, read in their order."""
    sides = ", ".join(
        f"('{direction}', {DIRECTION_BITS[direction]}, t.{direction.value.lower()}_id)"
        for direction in _directions(wanted)
    )
    place, way, beyond = _time_place(where, wanted, page), page.way, ""
    if place is not None:
        instant, transfer_id, bits = place
        # Repeated for the transfer, so that its index is used.
        beyond = (
            f" AND (t.posted_at, t.id) {BEYOND[way]}= ({instant}, {transfer_id})"
            f" AND (t.posted_at, t.id, e.direction_bits) {BEYOND[way]} ({instant}, {transfer_id}, {bits})"
        )
    found = f"""
        SELECT t.*, e.direction, e.direction_bits FROM transfers AS t
        CROSS JOIN LATERAL (VALUES {sides}) AS e (direction, direction_bits, account_id)
        CROSS JOIN LATERAL (
            SELECT FROM posting_accounts AS a
            WHERE a.customer_id = $1 AND a.id = e.account_id AND NOT a.is_system{accounts} LIMIT 1
        ) AS readable
        WHERE t.customer_id = $1{where.more_sql}{beyond}
        ORDER BY {_by_time("t", way, "e")} LIMIT {limit}
    """
    return found, _by_time("t", way)
