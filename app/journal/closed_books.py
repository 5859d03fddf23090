"""Through which instant a customer's books are closed: nothing takes effect at or before it any more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record, fetchval
from app.db.transaction import Transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.clock import rfc3339
from app.kernel.errors import InvalidState, Path

READ = "transfers:read"
CLOSED = "BOOKS_CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksChange:
    """Through which instant the books are closed from now on, and through which they were. None: they are open."""

    closed_through: datetime | None
    previous: datetime | None
    reason: str | None
    version: int


class BooksClosed(InvalidState):
    """The books are closed through this instant, and a transfer was to take effect at or before it."""

    def __init__(self, closed_through: datetime, path: Path) -> None:
        message = (
            f"The books are closed through {rfc3339(closed_through)}: give a later value date, or have an operator "
            "reopen them."
        )
        super().__init__(message, path=path, status=CLOSED)


def backdated_to(given: datetime | None, now: datetime, closed_through: datetime | None, path: Path) -> datetime | None:
    """The value date of what is posted now, if one is given that is before.

    :raises Invalid: it is in the future.
    :raises BooksClosed: the books are closed through that instant.
    """
    if given is None:
        return None
    if given > now:
        refuse("A transfer takes effect by now: give an earlier value date, or leave it out.", path)
    if closed_through is not None and given <= closed_through:
        raise BooksClosed(closed_through, path)
    return given if given < now else None


async def books_closed_through(actor: Actor) -> datetime | None:
    """Through which instant the actor's books are closed; None: they are open.

    :raises Forbidden: a scope is missing.
    """
    actor.require(READ)
    closed_through: datetime | None = await fetchval(
        "SELECT closed_through FROM closed_books WHERE customer_id = $1", actor.customer_id
    )
    return closed_through


# An advisory lock, since it is fair: shared locks of a row would let one batch after another overtake whoever closes.
# Two customers whose ids have one hash only wait for each other.
_LOCK_CLASS = 0x426F_6F6B  # "Book"
_KEEP_SQL = f"SELECT pg_advisory_xact_lock_shared({_LOCK_CLASS}, hashtext($1::text))"
_LOCK_SQL = f"SELECT pg_advisory_xact_lock({_LOCK_CLASS}, hashtext($1::text))"
_READ_SQL = "SELECT closed_through, version FROM closed_books WHERE customer_id = $1"


async def keep_open(tx: Transaction, customer_id: UUID) -> datetime | None:
    """Through which instant the books are closed. Until this transaction ends, nobody closes more of them."""
    await tx.execute(_KEEP_SQL, str(customer_id))
    closed_through: datetime | None = await tx.fetchval(_READ_SQL, customer_id)
    return closed_through


async def lock_closed_books(tx: Transaction, customer_id: UUID) -> Record | None:
    """Lock the books, once all backdated postings that are under way have ended: `closed_through` and `version`. None:
    they were never closed.
    """
    await tx.execute(_LOCK_SQL, str(customer_id))
    return await tx.fetchrow(_READ_SQL, customer_id)


async def change_books(tx: Transaction, actor: Actor, event_type: str, change: BooksChange) -> None:
    """Write a change of locked books, and its event."""
    await tx.execute(
        """
        INSERT INTO closed_books (customer_id, closed_through, version) VALUES ($1, $2, $3)
        ON CONFLICT (customer_id) DO UPDATE SET closed_through = $2, version = $3
        """,
        actor.customer_id,
        change.closed_through,
        change.version,
    )
    about = Resource("books", actor.customer_id, change.version)
    previous = {"closed_through": _told(change.previous)}
    await record_event(tx, actor, event_type, about, describe_books(actor.customer_id, change), previous=previous)


def describe_books(customer_id: UUID, change: BooksChange) -> dict[str, Any]:
    """The `data` of a change's event."""
    return {
        "customer_id": str(customer_id),
        "closed_through": _told(change.closed_through),
        "reason": change.reason,
        "version": change.version,
    }


def _told(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
