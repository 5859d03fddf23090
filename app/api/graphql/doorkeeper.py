"""Who may use GraphQL: callers with a key, anybody for introspection, and a stream while its key is still allowed."""

from collections.abc import Awaitable, Callable

from app.api import doorkeeper
from app.api.doorkeeper import Authenticate
from app.api.graphql.open_streams import KeyWatches, OpenStreams
from app.api.graphql.operations import ReadyOperation
from app.db.away import DATABASE_AWAY
from app.db.outage import database_outage
from app.kernel.actor import Actor
from app.settings import Environment, Settings

StillAllowed = Callable[[Actor], Awaitable[bool]]
"""Whether an actor's key is still allowed: asked repeatedly while a subscription is open."""


class Doorkeeper(doorkeeper.Doorkeeper):
    """Judges origins and keys for every transport."""

    def __init__(self, settings: Settings, authenticate: Authenticate, still_allowed: StillAllowed) -> None:
        super().__init__(settings, authenticate)
        self.introspection_is_open = settings.environment is not Environment.LIVE
        self._still_allowed = still_allowed
        self.key_watches = KeyWatches(self.is_still_allowed)
        self.open_streams = OpenStreams(settings)

    async def identify_unless_open(self, authorization: str | None, ready: ReadyOperation | None) -> Actor | None:
        """Who is asking. None for an introspection without a key, outside LIVE.

        :raises Unauthenticated: when the key is missing, unknown, expired or revoked.
        :raises KeysOutOfReach: when the key cannot be looked up now.
        """
        if authorization is None and ready and ready.operation.introspects_only and self.introspection_is_open:
            return None
        return await self.identify(authorization)

    async def is_still_allowed(self, actor: Actor | None) -> bool:
        """Whether this actor may go on. True while the database is away: no event is sent then, and the key is checked
        again later.
        """
        try:
            return actor is None or await self._still_allowed(actor)
        except DATABASE_AWAY as error:
            database_outage.notice("a key could not be checked: %s: %s", type(error).__name__, error)
            return True
