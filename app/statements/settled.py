"""Until when a statement may reach: not beyond the instant before which nothing can still be posted."""

import asyncio
from datetime import datetime, timedelta

from app.db.snapshot import before_snapshot, current_snapshot
from app.journal.horizon import settled_until
from app.kernel.checks import refuse
from app.kernel.errors import LimitExceeded

PATIENCE_SECONDS = 10.0
"""How long a statement that begins where the last one has just ended waits until its end can be later than its start.
"""
PAUSE_SECONDS = 0.05
SOON = timedelta(minutes=5)
RETRY_AFTER_SECONDS = 1.0
NO_TIME = "A statement begins before it ends, and not in the future: choose another `from` or `to`."


async def settled_after(start: datetime) -> datetime:
    """The instant before which nothing can still be posted, once it is later than `start`.

    :raises Invalid: `start` is in the future.
    :raises LimitExceeded: something that is being posted takes long.
    """
    snapshot = current_snapshot()
    if snapshot is None:
        return await _wait(start)
    name = ("settled after", start)

    async def note() -> None:
        snapshot.noted[name] = await _wait(start)

    await before_snapshot([name], note)
    # If the snapshot had already begun, this answer is thrown away and made again.
    found: datetime = snapshot.noted.get(name, start + timedelta(microseconds=1))
    return found


async def _wait(start: datetime) -> datetime:
    clock = asyncio.get_running_loop().time
    deadline = clock() + PATIENCE_SECONDS
    while True:
        settled = await settled_until()
        if settled > start:
            return settled
        if start - settled > SOON:
            refuse(NO_TIME, ("from",))
        if clock() > deadline:
            message = "What was posted at the beginning of this statement is not settled yet: ask again."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS, path=("from",))
        await asyncio.sleep(PAUSE_SECONDS)
