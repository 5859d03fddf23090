"""Close the books: nothing may take effect at or before an instant any more."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.db.connection import fetchval
from app.db.transaction import transaction, whole_use_case
from app.idempotency.reserve_key import reserve_key
from app.journal.closed_books import CLOSED, BooksChange, change_books, lock_closed_books
from app.journal.horizon import wait_until_settled
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text, parse_instant, refuse
from app.kernel.clock import rfc3339
from app.kernel.errors import Forbidden, InvalidState, LimitExceeded

OPERATION = "closeBooks"
SCOPE = "books:write"
PATH = ("through",)
RETRY_AFTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CloseBooks:
    """Through which instant, and why, as sent."""

    through: str
    reason: str | None = None
    idempotency_key: str | None = None


@whole_use_case
async def close_books(actor: Actor, command: CloseBooks) -> tuple[datetime, bool]:
    """Through which instant the books are now closed, and whether they were closed through it before: closing them
    twice changes nothing. What is being posted with an earlier date is finished first.

    :raises Invalid: an argument is malformed, or the instant has not passed.
    :raises InvalidState: the books are closed through a later instant, or were reopened since the key was used.
    :raises IdempotencyMismatch, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require(SCOPE)
    if actor.holder_id is not None:
        raise Forbidden("The books are those of all holders: close them with an API key, not with one holder's token.")
    through = parse_instant(command.through, PATH)
    reason = check_optional_text(command.reason, ("reason",))
    await _settled(through)
    content = CloseBooks(rfc3339(through), reason, command.idempotency_key)
    try:
        return await _close(actor, through, content)
    except asyncpg.LockNotAvailableError as busy:
        message = "Backdated transfers are being posted for long: ask again after the delay."
        raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS) from busy


async def _close(actor: Actor, through: datetime, content: CloseBooks) -> tuple[datetime, bool]:
    async with transaction() as tx:
        key = content.idempotency_key
        is_replay = await reserve_key(tx, actor, OPERATION, key, content, actor.customer_id) is not None
        row = await lock_closed_books(tx, actor.customer_id)
        before, version = (None, 0) if row is None else (row["closed_through"], row["version"])
        if before is not None and (is_replay or before == through):
            return before, True
        if is_replay:
            raise InvalidState("These books were reopened since: close them again, with another key.", path=PATH)
        if before is not None and before > through:
            message = f"The books are closed through {rfc3339(before)} already: only an operator reopens them."
            raise InvalidState(message, path=PATH, status=CLOSED)
        change = BooksChange(closed_through=through, previous=before, reason=content.reason, version=version + 1)
        await change_books(tx, actor, "books.closed", change)
        return through, False


async def _settled(through: datetime) -> None:
    """Wait until nothing that is being posted can get a time at or before this instant.

    :raises Invalid: it has not passed.
    :raises LimitExceeded: a posting takes long.
    """
    if await fetchval("SELECT $1 >= clock_timestamp()", through):
        refuse("Books are closed through an instant that has passed: give an earlier one.", PATH)
    if not await wait_until_settled(through):
        message = "Something that began before this instant is still being written: ask again after the delay."
        raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
