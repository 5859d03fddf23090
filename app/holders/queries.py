"""Read holders: always one customer's, and for one holder's actor only that holder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetch, fetchrow
from app.db.identifiers import parse_id
from app.db.transaction import Transaction
from app.holders.models import Holder, holder_of
from app.holders.status import HolderKind, HolderStatus
from app.kernel.actor import Actor
from app.kernel.checks import Metadata, parse_instant
from app.kernel.cursor import decode_cursor, encode_cursor

COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class HolderFilter:
    """Which holders; None means any."""

    kind: tuple[HolderKind, ...] | None = None
    status: tuple[HolderStatus, ...] | None = None
    changed_since: datetime | None = None
    metadata: Metadata | None = None


async def find_holder(actor: Actor, holder_id: UUID) -> Holder | None:
    """The holder, or None where this actor has none by that id."""
    actor.require("holders:read")
    row = await fetchrow(
        "SELECT * FROM holders WHERE customer_id = $1 AND id = $2 AND ($3::uuid IS NULL OR id = $3)",
        actor.customer_id,
        holder_id,
        actor.holder_id,
    )
    return None if row is None else holder_of(row)


async def find_holders(actor: Actor, holder_ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """Those of these holders that this actor may read, by id."""
    actor.require("holders:read")
    rows = await fetch(
        "SELECT * FROM holders WHERE customer_id = $1 AND id = ANY($2) AND ($3::uuid IS NULL OR id = $3)",
        actor.customer_id,
        list(holder_ids),
        actor.holder_id,
    )
    return {row["id"]: holder_of(row) for row in rows}


async def lock_holder(tx: Transaction, actor: Actor, holder_id: UUID, *, share: bool = False) -> Record | None:
    """The holder's row, locked until the transaction ends: against all changes, or, with `share`, against changes."""
    return await tx.fetchrow(
        "SELECT * FROM holders WHERE customer_id = $1 AND id = $2 AND ($3::uuid IS NULL OR id = $3)"
        f" FOR {'SHARE' if share else 'UPDATE'}",
        actor.customer_id,
        holder_id,
        actor.holder_id,
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
    conditions, arguments = _conditions(actor, wanted)
    if after is not None:
        arguments += _decode(wanted, after, path)
        conditions.append(f"(created_at, id) < (${len(arguments) - 1}, ${len(arguments)})")
    arguments.append(limit)
    rows = await fetch(
        f"SELECT * FROM holders WHERE {' AND '.join(conditions)} ORDER BY created_at DESC, id DESC"
        f" LIMIT ${len(arguments)}",
        *arguments,
    )
    return [holder_of(row) for row in rows]


async def count_holders(actor: Actor, wanted: HolderFilter) -> int | None:
    """How many, exact up to 10,000; None beyond."""
    actor.require("holders:read")
    conditions, arguments = _conditions(actor, wanted)
    rows = await fetch(
        f"""
        SELECT count(*) AS n FROM (
            SELECT 1 FROM holders WHERE {" AND ".join(conditions)} LIMIT {COUNT_MAX + 1}
        ) AS counted
        """,
        *arguments,
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


def _conditions(actor: Actor, wanted: HolderFilter) -> tuple[list[str], list[Any]]:
    arguments: list[Any] = [actor.customer_id]
    conditions = ["customer_id = $1"]

    def add(condition: str, value: Any) -> None:
        arguments.append(value)
        conditions.append(condition.format(f"${len(arguments)}"))

    if actor.holder_id is not None:
        add("id = {}", actor.holder_id)
    if wanted.kind is not None:
        add("kind = ANY({})", [kind.value for kind in wanted.kind])
    if wanted.status is not None:
        add("status = ANY({})", [status.value for status in wanted.status])
    if wanted.changed_since is not None:
        add("updated_at >= {}", wanted.changed_since)
    if wanted.metadata:
        add("tenant_metadata(customer_id, metadata) @> tenant_metadata($1, {}::jsonb)", wanted.metadata)
    return conditions, arguments
