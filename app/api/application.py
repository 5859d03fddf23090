"""The one ASGI application: its middleware, its doors, and the routes of everything else."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.request_counts import Door, request_ended
from app.kernel.request_log import CLIENT_WENT_AWAY, Request

ASKED_ALL_THE_TIME = ("/healthz", "/readyz", "/metrics")
"""Machines ask for these every few seconds, so they are not in the request log."""


class DoorRoute(Route):
    """The route of a door: one path, or all paths with a prefix (`/v1/{rest:path}`).

    A door answers every method, masks its own failures, and logs its own requests.
    """

    @property
    def beginning(self) -> str | None:
        """The prefix of its paths; None if it has only one path."""
        beginning, brace, _ = self.path.partition("{")
        return beginning if brace else None


class Application(Starlette):
    """Middleware first, then the doors, then the routes.

    Requests for a door skip the search for a route, and the layers that starlette puts around every route: both took as
    long as a small operation. Added middleware wraps the doors like any route.
    """

    def __init__(self, *, routes: Sequence[BaseRoute], **options: Any) -> None:
        super().__init__(routes=routes, **options)
        self._doors = [route for route in routes if isinstance(route, DoorRoute)]
        self.router.redirect_slashes = False  # A redirect would say plain http behind a proxy with TLS.

    def build_middleware_stack(self) -> ASGIApp:
        """starlette's, with the doors before its routes."""
        assert not self.exception_handlers, "the doors would not hear of them"
        stack: ASGIApp = _DoorsFirst(self._doors, ServerErrorMiddleware(ExceptionMiddleware(self.router)))
        for middleware in reversed(self.user_middleware):
            stack = middleware.cls(stack, *middleware.args, **middleware.kwargs)
        # What middleware raises is answered like what a route raises.
        return ServerErrorMiddleware(stack) if self.user_middleware else stack


class _DoorsFirst:
    """Hands a request to the door whose path it has, and everything else to the routes."""

    def __init__(self, doors: Sequence[DoorRoute], routes: ASGIApp) -> None:
        self._of_one_path = {door.path: door.app for door in doors if door.beginning is None}
        self._of_many = [(door.beginning, door.app) for door in doors if door.beginning is not None]
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve another kind of scope."""
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        door = self._door(scope["path"])
        if door is not None:
            await door(scope, receive, send)
        elif scope["path"] in ASKED_ALL_THE_TIME:
            await self._routes(scope, receive, send)
        else:
            await _told(self._routes, scope, receive, send)

    def _door(self, path: str) -> ASGIApp | None:
        door = self._of_one_path.get(path)
        if door is None:
            for beginning, app in self._of_many:
                if path.startswith(beginning):
                    return app
        return door


async def _told(routes: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and write the request's log line."""
    request = Request(scope["method"], scope["path"])
    status = CLIENT_WENT_AWAY

    async def note_status(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    try:
        await routes(scope, receive, note_status)
    finally:
        request_ended(Door.OTHER, request, status)
