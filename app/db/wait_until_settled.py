"""Wait for what will change by itself, on the commits that change it, holding no connection meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any, Protocol, TypeVar

from app.db.notifications import notifications


class Settling(Protocol):
    """Something that settles."""

    @property
    def is_settled(self) -> bool:
        """False while anything will still change by itself."""


Found = TypeVar("Found", bound=Settling)


async def wait_until_settled(
    find: Callable[[], Awaitable[Found | None]],
    topics_of: Callable[[Any], Sequence[str]],
    *,
    timeout_seconds: float,
    backup_poll_seconds: float,
) -> Found | None:
    """What `find` finds, once it is settled or the time is up, whichever is first, as it then is.

    Never an error for slowness. Commits that wake `topics_of` it wake this; should a wake-up be lost, it looks by
    itself every `backup_poll_seconds`.
    """
    deadline = monotonic() + timeout_seconds
    found = await find()
    while found is not None and not found.is_settled and monotonic() < deadline:
        topics = topics_of(found)
        with notifications().listen(topics) as wake_up:
            # Look once more after listening: the commit may have fallen in between.
            found = await find()
            while found is not None and not found.is_settled:
                remaining = deadline - monotonic()
                if remaining <= 0:
                    return found
                await wake_up.wait(min(remaining, backup_poll_seconds))
                await asyncio.sleep(0)
                found = await find()
                if found is not None and topics_of(found) != topics:
                    break  # Something else moves it now: listen to that, too.
    return found
