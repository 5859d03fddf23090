"""What a resolver knows of its request."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

from app.kernel.actor import Actor
from app.kernel.errors import Unauthenticated
from app.settings import Settings

Made = TypeVar("Made")


class Context:
    """One per operation: who asks, the settings, the request id, and whatever lives as long as the operation."""

    __slots__ = ("_actor", "_made", "outcomes", "request_id", "settings", "was_refused")

    def __init__(self, actor: Actor | None, settings: Settings, request_id: str) -> None:
        self._actor = actor
        self.settings = settings
        self.request_id = request_id
        self._made: dict[Callable[[Context], Any], Any] = {}
        self.outcomes: dict[str | int, Any] = {}
        """The outcome of each mutation of this request whose answer may have to be built again."""
        self.was_refused = False
        """Whether a mutation of this request was refused."""

    @property
    def actor(self) -> Actor:
        """Who is asking.

        :raises Unauthenticated: the request has no key. Only introspection outside LIVE needs none.
        """
        if self._actor is None:
            message = "An API key is needed: send `Authorization: API-Key <key>`."
            raise Unauthenticated(message)
        return self._actor

    def once(self, make: "Callable[[Context], Made]") -> Made:
        """What `make` returns for this context, made once per operation, or per event of a subscription. DataLoaders
        live here.
        """
        if make not in self._made:
            self._made[make] = make(self)
        return cast("Made", self._made[make])

    def forget(self) -> None:
        """Drop all of that: after a mutation or an event of a subscription, what was looked up is outdated."""
        self._made.clear()


Info = strawberry.Info[Context, None]
"""What a resolver is given."""
