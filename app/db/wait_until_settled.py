"""Wait until an object settles, woken by the commits that change it. No connection is held meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any, Protocol, TypeVar

from app.db.notifications import notifications


class Settling(Protocol):
    """An object that settles."""

    @property
    def is_settled(self) -> bool:
        """False while anything in it will still change by itself."""


Found = TypeVar("Found", bound=Settling)


async def wait_until_settled(
    find: Callable[[], Awaitable[Found | None]],
    topics_of: Callable[[Any], Sequence[str]],
    *,
    timeout_seconds: float,
    backup_poll_seconds: float,
) -> Found | None:
    """What `find` finds, in its state once it is settled or the time is up, whichever is first.

    Slowness is never an error. Announcements of `topics_of` the object wake this. In case one is lost, it also looks
    every `backup_poll_seconds`.
    """
    deadline = monotonic() + timeout_seconds
    found = await find()
    while found is not None and not found.is_settled and monotonic() < deadline:
        topics = topics_of(found)
        with notifications().listen(topics) as wake_up:
            # Look again now that we listen: a commit may have come in between.
            found = await find()
            while found is not None and not found.is_settled:
                remaining = deadline - monotonic()
                if remaining <= 0:
                    return found
                await wake_up.wait(min(remaining, backup_poll_seconds))
                await asyncio.sleep(0)
                found = await find()
                if found is not None and topics_of(found) != topics:
                    break  # Its topics have changed: listen to the new ones too.
    return found
