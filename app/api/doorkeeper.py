"""Who may come in: origins of browsers, and keys."""

from collections.abc import Awaitable, Callable

from app.db.away import DATABASE_AWAY
from app.db.outage import database_outage
from app.kernel.actor import Actor
from app.kernel.origins import is_own_page
from app.settings import Settings

ORIGIN_SHOWN_MAX = 200

Authenticate = Callable[[str | None], Awaitable[Actor]]
"""From the value of the Authorization header to who is asking; raises `Unauthenticated`."""


class KeysOutOfReach(Exception):
    """The key cannot be looked up now. Nothing was done: ask again."""

    def __init__(self) -> None:
        super().__init__("The database cannot be reached now, so nothing was done: ask again.")


class Doorkeeper:
    """Judges origins and keys for one door."""

    def __init__(self, settings: Settings, authenticate: Authenticate) -> None:
        self._origins = frozenset(settings.allowed_origins)
        self._authenticate = authenticate

    def admits_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a browser page of this origin may ask this host. Programs send no origin and may."""
        if origin is None or origin in self._origins:
            return True
        return is_own_page(origin, host)

    async def identify(self, authorization: str | None) -> Actor:
        """Who is asking.

        :raises Unauthenticated: when the key is missing, unknown, expired or revoked.
        :raises KeysOutOfReach: when the key cannot be looked up now.
        """
        try:
            return await self._authenticate(authorization)
        except DATABASE_AWAY as error:
            database_outage.notice("an API key could not be looked up: %s: %s", type(error).__name__, error)
            raise KeysOutOfReach from None


def foreign_origin_message(origin: str) -> str:
    """The message to a page of an origin that is not admitted."""
    return f"The origin {origin[:ORIGIN_SHOWN_MAX]} is not allowed: add it to QUAESTOR_ALLOWED_ORIGINS."
