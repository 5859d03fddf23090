"""One watcher of a customer's feed, shared by all who wait for it in this process."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from app.db.away import BUSY, DATABASE_UNUSABLE
from app.db.notifications import feed_topic, notifications
from app.db.outage import database_outage
from app.events.feed import feed_end
from app.events.feed_place import FeedPlace
from app.events.shared_feed import Follower, Keys, Read, SharedFeed, Thing

logger = logging.getLogger(__name__)

AWAY_PAUSE_SECONDS = 1.0
AFTER_PATH = ("after",)
BUSY_PAUSE_SECONDS = 0.05


class FeedWatch:
    """Reads the feed when it is announced to have grown, and now and then in case an announcement was lost."""

    def __init__(self, customer_id: UUID, backup_poll_seconds: float) -> None:
        self._customer_id = customer_id
        self._backup_poll_seconds = backup_poll_seconds
        self._feeds: dict[str, SharedFeed[Any]] = {}
        self._listening = contextlib.ExitStack()
        # Listen now, not only from the task's first step: a caller that reads the feed next misses nothing.
        self._wake_up = self._listening.enter_context(notifications().listen([feed_topic(customer_id)]))
        self._task = asyncio.create_task(self._run(), name=f"feed of {customer_id}")

    @property
    def is_over(self) -> bool:
        """Whether it has failed, or belongs to an event loop that has ended."""
        return self._task.done() or self._task.get_loop() is not asyncio.get_running_loop()

    def feed(self, kind: str, read: "Read[Thing]") -> "SharedFeed[Thing]":
        """The shared feed of one kind."""
        return self._feeds.setdefault(kind, SharedFeed(read))

    def end_if_nobody_is_left(self) -> bool:
        """Stop if it has no followers; answers whether it stopped."""
        for kind, feed in tuple(self._feeds.items()):
            if not feed.is_followed:
                del self._feeds[kind]
        if not self._feeds:
            self.end()
        return not self._feeds

    def end(self) -> None:
        """Stop watching."""
        self._listening.close()
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            pause = self._backup_poll_seconds
            try:
                await self._look()
            except BUSY as error:
                logger.info("the feed is read again: %s: %s", type(error).__name__, error)
                pause = min(pause, BUSY_PAUSE_SECONDS)
            except DATABASE_UNUSABLE as error:
                database_outage.notice("the feed cannot be read: %s: %s; trying again", type(error).__name__, error)
                pause = min(pause, AWAY_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001  # the edge: each follower's stream logs and masks it
                for feed in self._feeds.values():
                    feed.fail(error)
                return
            await self._wake_up.wait(pause)

    async def _look(self) -> None:
        end = await feed_end(self._customer_id)
        for feed in tuple(self._feeds.values()):
            await feed.advance(end.position, end.epoch)


_watches: dict[UUID, FeedWatch] = {}


@contextlib.asynccontextmanager
async def following(
    customer_id: UUID,
    kind: str,
    read: "Read[Thing]",
    *,
    keys: Keys | None,
    after: FeedPlace | None,
    backup_poll_seconds: float,
) -> "AsyncIterator[tuple[Follower[Thing], str]]":
    """Follow what happens to a customer after a place (None: from now on), of one kind and of these keys or all,
    sharing the reads of this process. Also gives the feed's epoch.

    `read` is used if nobody follows that kind yet.

    :raises CursorExpired: the feed does not have this place.
    """
    watch = _watches.get(customer_id)
    if watch is None or watch.is_over:
        watch = _watches[customer_id] = FeedWatch(customer_id, backup_poll_seconds)
    try:
        with watch.feed(kind, read).follow(keys) as follower:
            end = await feed_end(customer_id)  # Read after joining, so that nothing between the two is missed.
            if after is not None:
                await after.check_within(end, AFTER_PATH)
            follower.start((after or end).position, end.position, end.epoch)
            yield follower, end.epoch
    finally:
        if watch.end_if_nobody_is_left() and _watches.get(customer_id) is watch:
            del _watches[customer_id]
