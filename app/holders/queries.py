"""Read holders: always of one customer. A holder's token sees only that holder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetch, fetchrow
from app.db.pages import OLDEST_FIRST, Page, count_rows, cursors_of, page_sql
from app.db.transaction import Transaction
from app.db.where import Where, seen_by, seen_sql
from app.holders.models import Holder, holder_of
from app.holders.search import page_by_words_sql, search_terms, wait_until_indexed
from app.holders.status import HolderKind, HolderStatus
from app.kernel.actor import Actor
from app.kernel.checks import Metadata
from app.kernel.errors import NotFound

SEEN_SQL = seen_sql("customer_id", "id")


@dataclass(frozen=True, slots=True)
class HolderFilter:
    """Which holders to list; None means any."""

    kind: tuple[HolderKind, ...] | None = None
    status: tuple[HolderStatus, ...] | None = None
    changed_since: datetime | None = None
    metadata: Metadata | None = None
    search: tuple[str, ...] | None = None
    """Words, folded: each begins a word of the name or of the e-mail address."""
    email: str | None = None


async def find_holder(actor: Actor, holder_id: UUID) -> Holder | None:
    """The holder, or None where this actor has none by that id."""
    actor.require("holders:read")
    row = await fetchrow(f"SELECT * FROM holders WHERE {SEEN_SQL} AND id = $3", *seen_by(actor), holder_id)
    return None if row is None else holder_of(row)


async def find_holders(actor: Actor, holder_ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """These holders by id, without those that the actor may not read."""
    actor.require("holders:read")
    rows = await fetch(f"SELECT * FROM holders WHERE {SEEN_SQL} AND id = ANY($3)", *seen_by(actor), list(holder_ids))
    return {row["id"]: holder_of(row) for row in rows}


async def lock_holder(tx: Transaction, actor: Actor, holder_id: UUID, *, share: bool = False) -> Record:
    """The holder's row, locked until the transaction ends. With `share` others may lock it with `share` too.

    :raises NotFound: this actor has none by that id.
    """
    row = await tx.fetchrow(
        f"SELECT * FROM holders WHERE {SEEN_SQL} AND id = $3 FOR {'SHARE' if share else 'UPDATE'}",
        *seen_by(actor),
        holder_id,
    )
    if row is None:
        raise NotFound(f"There is no holder {holder_id}.", path=("holder_id",))
    return row


async def read_holders(actor: Actor, wanted: HolderFilter, page: Page) -> list[Holder]:
    """A part of the list, by the instants of creation, in its order, whichever way it is paged.

    :raises Invalid: a cursor belongs to another list, order or filter.
    """
    actor.require("holders:read")
    where, made_for = _where(actor, wanted), _made_for(wanted, descending=page.descending)
    if wanted.search is None:
        order = page_sql(where, page, made_for)
        sql = f"SELECT * FROM holders WHERE {where.sql} {order}"
    else:
        await wait_until_indexed(actor.customer_id)
        cursor = Where(actor.customer_id)
        cursor.arguments = where.arguments
        sql = page_by_words_sql(where, cursor, page_sql(cursor, page, made_for), wanted.search)
    rows = await fetch(sql, *where.arguments)
    return page.in_order([holder_of(row) for row in rows])


async def count_holders(actor: Actor, wanted: HolderFilter) -> int | None:
    """How many there are: exact up to 10,000; None beyond."""
    actor.require("holders:read")
    where = _where(actor, wanted)
    if wanted.search is not None:
        await wait_until_indexed(actor.customer_id)
        where.add(_words_sql(where, search_terms(actor.customer_id, wanted.search)))
    return await count_rows("holders", where)


def holder_cursors(wanted: HolderFilter, holders: Iterable[Holder], *, descending: bool = True) -> list[str]:
    """The cursors of these holders in the list of this filter and order."""
    return cursors_of(_made_for(wanted, descending=descending), holders)


def _made_for(wanted: HolderFilter, *, descending: bool) -> list[Any]:
    more: list[Any] = [] if descending else [OLDEST_FIRST]
    if wanted.search is not None or wanted.email is not None:
        more += [wanted.search, wanted.email]
    return ["holders", wanted.kind, wanted.status, wanted.changed_since, wanted.metadata, *more]


def _words_sql(where: Where, terms: str) -> str:
    return f"tenant_words(customer_id, words) @@ {where.place(terms)}::text::tsquery"


def _where(actor: Actor, wanted: HolderFilter) -> Where:
    """All conditions but that of the search."""
    where = Where(actor.customer_id)
    where.add("id = {}", actor.holder_id)
    where.add("kind = ANY({})", None if wanted.kind is None else [kind.value for kind in wanted.kind])
    where.add_one_of("status", wanted.status)
    where.add("updated_at >= {}", wanted.changed_since)
    where.add_metadata(wanted.metadata)
    where.add("lower(email) = lower({})", wanted.email)
    return where
