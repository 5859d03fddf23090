"""Who may come in: origins of browsers, and keys."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

from app.api.graphql.execution.operations import ReadyOperation
from app.kernel.actor import Actor
from app.settings import Environment, Settings

STILL_ALLOWED_EVERY_SECONDS = 5.0

Authenticate = Callable[[str | None], Awaitable[Actor]]
"""From the value of the Authorization header to who is asking; raises `Unauthenticated`."""

StillAllowed = Callable[[Actor], Awaitable[bool]]
"""Whether an actor's key still holds: asked again and again while a subscription is open."""


class Headers(Protocol):
    """The little of starlette's headers that is needed."""

    def get(self, key: str, /) -> str | None:
        """The value of a header, or None."""


class Doorkeeper:
    """Judges origins and keys for every transport."""

    def __init__(self, settings: Settings, authenticate: Authenticate, still_allowed: StillAllowed) -> None:
        self._origins = frozenset(settings.allowed_origins)
        self.introspection_is_open = settings.environment is not Environment.LIVE
        self._authenticate = authenticate
        self.still_allowed = still_allowed

    def admits_origin(self, headers: Headers) -> bool:
        """Whether a browser page of this origin may ask. Programs send no origin and may."""
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        return urlsplit(origin).netloc == headers.get("host")

    async def identify(self, authorization: str | None, ready: ReadyOperation | None) -> Actor | None:
        """Who is asking. Nobody need say so for an introspection outside LIVE: then None.

        :raises Unauthenticated: when the key is missing, unknown, expired or revoked.
        """
        if authorization is None and ready and ready.operation.introspects_only and self.introspection_is_open:
            return None
        return await self._authenticate(authorization)

    async def holds(self, actor: Actor | None) -> bool:
        """Whether this actor may go on."""
        return actor is None or await self.still_allowed(actor)
