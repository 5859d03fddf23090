"""The subscriptions that are open in this process: how many there may be, and whether their keys are still allowed."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager

from app.db.notifications import notifications, resource_topic
from app.kernel.actor import Actor
from app.kernel.clock import utc_now
from app.settings import Settings

logger = logging.getLogger(__name__)

KEY_ENDED = "This key was revoked, or has expired."
ASK_EVERY_SECONDS = 5.0
"""How often each key is checked, in case the notice of its revocation is lost. An expiry sends no notice."""
ASK_AGAIN_SECONDS = 0.05
"""How soon one is checked again whose time should be up."""


class TooManyStreams(Exception):
    """No more streams may be opened; the message names the limit and its setting."""


class OpenStreams:
    """Counts subscriptions, over all transports."""

    def __init__(self, settings: Settings) -> None:
        self._max = settings.streams_max
        self._per_key_max = settings.streams_per_key_max
        self._of_key: Counter[Hashable] = Counter()
        self._count = 0

    @contextmanager
    def one_more(self, actor: Actor | None) -> Iterator[None]:
        """Count a subscription that is open while the block runs.

        :raises TooManyStreams: there is no room for it.
        """
        name = _name(actor)
        if self._of_key[name] >= self._per_key_max:
            raise TooManyStreams(
                f"This key has {self._per_key_max:,} subscriptions open here, which is the limit for one key "
                "(QUAESTOR_STREAMS_PER_KEY_MAX): end some of them, or watch more with each."
            )
        if self._count >= self._max:
            raise TooManyStreams(
                f"{self._max:,} subscriptions are open here, which is the limit of this process "
                "(QUAESTOR_STREAMS_MAX): try again later."
            )
        self._of_key[name] += 1
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            self._of_key[name] -= 1
            if not self._of_key[name]:
                del self._of_key[name]


class KeyWatches:
    """Checks each key that has open streams, once for all of them."""

    def __init__(self, is_still_allowed: Callable[[Actor | None], Awaitable[bool]]) -> None:
        self._is_still_allowed = is_still_allowed
        self._watches: dict[Hashable, _KeyWatch] = {}

    @contextmanager
    def watch(self, actor: Actor | None) -> Iterator[asyncio.Event]:
        """An event that is set as soon as this actor may not go on."""
        name = _name(actor)
        watch = self._watches.get(name)
        if watch is None or watch.is_over:
            watch = self._watches[name] = _KeyWatch(actor, self._is_still_allowed)
        watch.streams += 1
        try:
            yield watch.ended
        finally:
            watch.streams -= 1
            if not watch.streams:
                watch.close()
                if self._watches.get(name) is watch:
                    del self._watches[name]


class _KeyWatch:
    """One key, and how many streams it has."""

    def __init__(self, actor: Actor | None, is_still_allowed: Callable[[Actor | None], Awaitable[bool]]) -> None:
        self.streams = 0
        self.ended = asyncio.Event()
        self._actor = actor
        self._is_still_allowed = is_still_allowed
        topics = [] if actor is None else list(map(resource_topic, actor.credential_ids))
        self._listening = ExitStack()
        self._wake_up = self._listening.enter_context(notifications().listen(topics))
        self._task = asyncio.create_task(self._run(), name="watch an API key")

    @property
    def is_over(self) -> bool:
        """Whether the key has ended, or the event loop has."""
        return self._task.done() or self._task.get_loop() is not asyncio.get_running_loop()

    def _pause(self) -> float:
        """Until the key expires, if that is soon. The database's clock decides, so the answer may still be yes."""
        expires_at = None if self._actor is None else self._actor.expires_at
        if expires_at is None:
            return ASK_EVERY_SECONDS
        return min(ASK_EVERY_SECONDS, max(ASK_AGAIN_SECONDS, (expires_at - utc_now()).total_seconds()))

    def close(self) -> None:
        """Stop checking."""
        self._listening.close()
        self._task.cancel()

    async def _run(self) -> None:
        try:
            while await self._is_still_allowed(self._actor):
                await self._wake_up.wait(self._pause())
        except Exception:
            # A fault of ours: no stream goes on with an unchecked key.
            logger.exception("a key could not be checked, so its streams end")
        self.ended.set()


def _name(actor: Actor | None) -> Hashable:
    if actor is None:
        return None
    return actor.credential_ids[0] if actor.credential_ids else (actor.customer_id, actor.name)
