"""Move a row's status, or change its attributes: one version and one event each time."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor
from app.kernel.machine import Machine


@dataclass(frozen=True, slots=True)
class Noun:
    """How a kind of object is stored, and described in events.

    `describe` gives an event's `data` from a row, without personal data; `holder_of` gives the row's holder.
    """

    type: str
    table: str
    describe: Callable[[Record], dict[str, Any]]
    holder_of: Callable[[Record], UUID | None]
    has_changes: bool = False
    """Whether a narrow table such as `ledger_changes` tells when each last changed, for lists with `changedSince`."""


class MovedMeanwhile(Exception):
    """The row no longer has the status that was read. Read it again and decide anew."""


async def advance(
    tx: Transaction,
    actor: Actor,
    noun: Noun,
    row: Record,
    machine: Machine,
    target: StrEnum,
    **changes: Any,
) -> Record:
    """Move `row` to `target` in its machine's column, with other changes; answers the new row.

    Updates only if the row still has the status we read, increases its version, and writes `<noun>.<column>.<status>`.

    :raises MovedMeanwhile: the row has another status; nothing changed.
    """
    source = type(target)(row[machine.column])
    assert machine.allows(source, target), f"{machine.name}: {source} -> {target} is not in the table"
    values = {machine.column: target.value, **changes}
    moved = await _update(tx, noun, row, values, unless_moved=machine.column)
    await tell(tx, actor, noun, machine.event_type(target), moved, previous={machine.column: source.value})
    return moved


async def change(tx: Transaction, actor: Actor, noun: Noun, row: Record, event_type: str, **changes: Any) -> Record:
    """Change attributes other than a status; answers the new row. The event's `previous` holds what was replaced."""
    changed = await _update(tx, noun, row, changes)
    before, after = noun.describe(row), noun.describe(changed)
    housekeeping = ("version", "updated_at")
    previous = {key: value for key, value in before.items() if after[key] != value and key not in housekeeping}
    await tell(tx, actor, noun, event_type, changed, previous=previous)
    return changed


async def tell(
    tx: Transaction,
    actor: Actor,
    noun: Noun,
    event_type: str,
    row: Record,
    *,
    previous: dict[str, Any] | None = None,
) -> None:
    """Write the event of a row as it now is."""
    resource = Resource(noun.type, row["id"], row["version"], noun.holder_of(row))
    await record_event(tx, actor, event_type, resource, noun.describe(row), previous=previous)


async def mark_changed(tx: Transaction, noun: Noun, row: Record) -> None:
    """Note in the narrow table when this row changed. Of two changes at the same time, the later instant stays."""
    await tx.execute(
        f"""
        INSERT INTO {noun.type}_changes AS known (customer_id, {noun.type}_id, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (customer_id, {noun.type}_id)
        DO UPDATE SET changed_at = greatest(known.changed_at, excluded.changed_at)
        """,
        row["customer_id"],
        row["id"],
        row["updated_at"],
    )


async def _update(
    tx: Transaction, noun: Noun, row: Record, values: dict[str, Any], *, unless_moved: str | None = None
) -> Record:
    arguments: list[Any] = [row["customer_id"], row["id"], await tx.now()]
    assignments = ["version = version + 1", "updated_at = greatest(updated_at, $3)"]
    for column, value in values.items():
        arguments.append(value)
        assignments.append(f"{column} = ${len(arguments)}")
    condition = ""
    if unless_moved is not None:
        arguments.append(row[unless_moved])
        condition = f" AND {unless_moved} = ${len(arguments)}"
    updated = await tx.fetchrow(
        f"UPDATE {noun.table} SET {', '.join(assignments)} WHERE customer_id = $1 AND id = $2{condition} RETURNING *",
        *arguments,
    )
    if updated is None:
        raise MovedMeanwhile(f"{noun.type} {row['id']}")
    if noun.has_changes:
        await mark_changed(tx, noun, updated)
    return updated
