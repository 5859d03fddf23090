"""Reopen the books. Only the operator does: no door of the API leads here."""

from datetime import datetime

from app.db.transaction import transaction, whole_use_case
from app.journal.close_books import SCOPE
from app.journal.closed_books import BooksChange, change_books, lock_closed_books
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text, parse_instant
from app.kernel.clock import rfc3339
from app.kernel.errors import InvalidState

PATH = ("through",)


@whole_use_case
async def reopen_books(actor: Actor, *, through: str | None = None, reason: str | None = None) -> datetime | None:
    """Through which instant the books are now closed: through an earlier one, or None, not at all.

    :raises Invalid: an argument is malformed.
    :raises InvalidState: the books are not closed, or not through a later instant.
    """
    actor.require(SCOPE)
    wanted = None if through is None else parse_instant(through, PATH)
    why = check_optional_text(reason, ("reason",))
    async with transaction() as tx:
        row = await lock_closed_books(tx, actor.customer_id)
        if row is None or row["closed_through"] is None:
            raise InvalidState("These books are not closed.", path=PATH)
        before: datetime = row["closed_through"]
        if wanted is not None and wanted >= before:
            message = f"These books are closed through {rfc3339(before)}: give an earlier instant to reopen them."
            raise InvalidState(message, path=PATH)
        change = BooksChange(closed_through=wanted, previous=before, reason=why, version=row["version"] + 1)
        await change_books(tx, actor, "books.reopened", change)
    return wanted
