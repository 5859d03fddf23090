"""Read holders: always of one customer. A holder's token sees only that holder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetch, fetchrow
from app.db.identifiers import parse_id
from app.db.transaction import Transaction
from app.db.where import Where, seen_by, seen_sql
from app.holders.models import Holder, holder_of
from app.holders.status import HolderKind, HolderStatus
from app.kernel.actor import Actor
from app.kernel.checks import Metadata, parse_instant
from app.kernel.cursor import decode_cursor, encode_cursor

COUNT_MAX = 10_000
SEEN_SQL = seen_sql("customer_id", "id")


@dataclass(frozen=True, slots=True)
class HolderFilter:
    """Which holders to list; None means any."""

    kind: tuple[HolderKind, ...] | None = None
    status: tuple[HolderStatus, ...] | None = None
    changed_since: datetime | None = None
    metadata: Metadata | None = None


async def find_holder(actor: Actor, holder_id: UUID) -> Holder | None:
    """The holder, or None where this actor has none by that id."""
    actor.require("holders:read")
    row = await fetchrow(f"SELECT * FROM holders WHERE {SEEN_SQL} AND id = $3", *seen_by(actor), holder_id)
    return None if row is None else holder_of(row)


async def find_holders(actor: Actor, holder_ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """These holders by id, without those that the actor may not read."""
    actor.require("holders:read")
    rows = await fetch(
        "SELECT * FROM holders WHERE customer_id = $1 AND id = ANY($2) AND ($3::uuid IS NULL OR id = $3)",
        actor.customer_id,
        list(holder_ids),
        actor.holder_id,
    )
    return {row["id"]: holder_of(row) for row in rows}


async def lock_holder(tx: Transaction, actor: Actor, holder_id: UUID, *, share: bool = False) -> Record | None:
    """The holder's row, locked until the transaction ends. With `share` others may lock it with `share` too."""
    return await tx.fetchrow(
        f"SELECT * FROM holders WHERE {SEEN_SQL} AND id = $3 FOR {'SHARE' if share else 'UPDATE'}",
        *seen_by(actor),
        holder_id,
    )


async def list_holders(
    actor: Actor,
    wanted: HolderFilter,
    *,
    limit: int,
    after: str | None,
    path: Sequence[str] = ("after",),
) -> list[Holder]:
    """Holders, newest first, after a cursor.

    :raises Invalid: the cursor belongs to another list or filter.
    """
    actor.require("holders:read")
    where = _where(actor, wanted)
    if after is not None:
        where.add("(created_at, id) < ({}, {})", *_decode(wanted, after, path))
    rows = await fetch(
        f"SELECT * FROM holders WHERE {where.sql} ORDER BY created_at DESC, id DESC LIMIT {where.place(limit)}",
        *where.arguments,
    )
    return [holder_of(row) for row in rows]


async def count_holders(actor: Actor, wanted: HolderFilter) -> int | None:
    """How many there are: exact up to 10,000; None beyond."""
    actor.require("holders:read")
    where = _where(actor, wanted)
    rows = await fetch(
        f"SELECT count(*) AS n FROM (SELECT 1 FROM holders WHERE {where.sql} LIMIT {COUNT_MAX + 1}) AS counted",
        *where.arguments,
    )
    counted = int(rows[0]["n"])
    return counted if counted <= COUNT_MAX else None


def holder_cursor(wanted: HolderFilter, holder: Holder) -> str:
    """The cursor of a holder in the list of this filter."""
    return encode_cursor(_made_for(wanted), [holder.created_at.isoformat(), str(holder.id)])


def _decode(wanted: HolderFilter, cursor: str, path: Sequence[str]) -> list[Any]:
    created_at, holder_id = decode_cursor(_made_for(wanted), cursor, [str, str], path=path)
    return [parse_instant(created_at, path), parse_id(holder_id, path)]


def _made_for(wanted: HolderFilter) -> list[Any]:
    return ["holders", wanted.kind, wanted.status, wanted.changed_since, wanted.metadata]


def _where(actor: Actor, wanted: HolderFilter) -> Where:
    where = Where(actor.customer_id)
    where.add("id = {}", actor.holder_id)
    where.add("kind = ANY({})", None if wanted.kind is None else [kind.value for kind in wanted.kind])
    where.add("status = ANY({})", None if wanted.status is None else [status.value for status in wanted.status])
    where.add("updated_at >= {}", wanted.changed_since)
    where.add("tenant_metadata(customer_id, metadata) @> tenant_metadata($1, {}::jsonb)", wanted.metadata or None)
    return where
