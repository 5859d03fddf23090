"""Wait until a ledger is settled: on the commit that settles it, holding no connection meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from app.db.notifications import notifications, resource_topic
from app.ledgers.models import Ledger

TIMEOUT_MS_MAX = 50_000


async def wait_for_ledger(
    find: Callable[[], Awaitable[Ledger | None]], *, timeout_seconds: float, backup_poll_seconds: float
) -> Ledger | None:
    """The ledger that `find` finds, once it is settled or the time is up, whichever is first, as it then is.

    Never an error for slowness. Commits to the ledger and to its holder wake it; should a wake-up be lost, it looks by
    itself every `backup_poll_seconds`.
    """
    deadline = monotonic() + timeout_seconds
    ledger = await find()
    while ledger is not None and not ledger.is_settled and monotonic() < deadline:
        topics = [resource_topic(ledger.id)]
        if ledger.holder_id is not None:
            topics.append(resource_topic(ledger.holder_id))
        with notifications().listen(topics) as wake_up:
            # Look once more after listening: the commit may have fallen in between.
            ledger = await find()
            while ledger is not None and not ledger.is_settled:
                remaining = deadline - monotonic()
                if remaining <= 0:
                    return ledger
                await wake_up.wait(min(remaining, backup_poll_seconds))
                await asyncio.sleep(0)
                ledger = await find()
                if ledger is not None and ledger.holder_id is not None and len(topics) == 1:
                    break  # It was given a holder: listen to that one too.
    return ledger
