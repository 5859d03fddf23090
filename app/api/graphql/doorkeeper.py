"""Who may come in: origins of browsers, and keys."""

import logging
from collections.abc import Awaitable, Callable

from app.api.graphql.open_streams import KeyWatches, OpenStreams
from app.api.graphql.operations import ReadyOperation
from app.db.connection import DATABASE_AWAY
from app.kernel.actor import Actor
from app.kernel.origins import is_own_page
from app.settings import Environment, Settings

logger = logging.getLogger(__name__)

Authenticate = Callable[[str | None], Awaitable[Actor]]
"""From the value of the Authorization header to who is asking; raises `Unauthenticated`."""

StillAllowed = Callable[[Actor], Awaitable[bool]]
"""Whether an actor's key still holds: asked again and again while a subscription is open."""


class KeysOutOfReach(Exception):
    """Nobody can say now whose key this is. Nothing was done: ask again."""

    def __init__(self) -> None:
        super().__init__("The database cannot be reached now, so nothing was done: ask again.")


class Doorkeeper:
    """Judges origins and keys for every transport."""

    def __init__(self, settings: Settings, authenticate: Authenticate, still_allowed: StillAllowed) -> None:
        self._origins = frozenset(settings.allowed_origins)
        self.introspection_is_open = settings.environment is not Environment.LIVE
        self._authenticate = authenticate
        self._still_allowed = still_allowed
        self.key_watches = KeyWatches(self.holds)
        self.open_streams = OpenStreams(settings)

    def admits_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a browser page of this origin may ask this host. Programs send no origin and may."""
        if origin is None or origin in self._origins:
            return True
        return is_own_page(origin, host)

    async def identify(self, authorization: str | None, ready: ReadyOperation | None) -> Actor | None:
        """Who is asking. Nobody need say so for an introspection outside LIVE: then None.

        :raises Unauthenticated: when the key is missing, unknown, expired or revoked.
        :raises KeysOutOfReach: when the key cannot be looked up now.
        """
        if authorization is None and ready and ready.operation.introspects_only and self.introspection_is_open:
            return None
        try:
            return await self._authenticate(authorization)
        except DATABASE_AWAY as error:
            logger.warning("an API key could not be looked up: %s: %s", type(error).__name__, error)
            raise KeysOutOfReach from None

    async def holds(self, actor: Actor | None) -> bool:
        """Whether this actor may go on, as far as can be told now: without the database nothing is told to it either,
        and it is asked again.
        """
        try:
            return actor is None or await self._still_allowed(actor)
        except DATABASE_AWAY as error:
            logger.warning("a key could not be checked: %s: %s", type(error).__name__, error)
            return True
