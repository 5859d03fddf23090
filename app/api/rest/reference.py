"""`/openapi.json`, `/events.json`, and the page at `/docs` that shows it and sends requests: bundled, without a CDN."""

import asyncio
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.api.doorkeeper import Authenticate, Doorkeeper, KeysOutOfReach
from app.api.encoding import encode_json
from app.api.http_request import JSON
from app.api.masking import UNAUTHENTICATED, UNAVAILABLE
from app.api.rest.openapi import openapi_document
from app.api.rest.refusals import request_refusal
from app.kernel.errors import ErrorCode, Unauthenticated
from app.settings import Environment, Settings

Make: TypeAlias = Callable[[], dict[str, Any]]
"""Makes a document."""

STATIC = Path(__file__).parent / "static"
FILE_NAME = re.compile(r"[A-Za-z0-9_.-]+\.(css|js)")
CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

# A file's name carries the hash of its content, so what was fetched once never changes.
FOREVER = "public, max-age=31536000, immutable"

# Swagger UI writes `style="…"` into what it draws, and its style sheet has images of its own (`data:`). Requests are
# sent to this server alone, and everything comes from it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src-elem 'self'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
IS_OFF = "The page is off here (QUAESTOR_GRAPHIQL). The document itself is at /openapi.json."


def reference_routes(settings: Settings, authenticate: Authenticate, *, events: Make) -> list[BaseRoute]:
    """The routes of the documents (of REST, and of the `events` that are sent), and of the page, or of one that says it
    is off.
    """
    doorkeeper = Doorkeeper(settings, authenticate)
    routes: list[BaseRoute] = [
        _document_route("/openapi.json", openapi_document, settings, doorkeeper),
        _document_route("/events.json", events, settings, doorkeeper),
    ]
    if not settings.serves_graphiql:
        return [*routes, Route("/docs", _say_it_is_off)]
    return [
        *routes,
        Route("/docs", _show_page),
        Route("/docs/", _show_page_without_slash),
        Route("/docs/{name}", _send_file),
    ]


def _document_route(path: str, make: Make, settings: Settings, doorkeeper: Doorkeeper) -> Route:
    @cache
    def document() -> bytes:
        return encode_json(make())

    async def show_document(request: Request) -> Response:
        # Like GraphQL's introspection, open to everybody outside LIVE.
        if settings.environment is Environment.LIVE and (refused := await _refused(request, doorkeeper)):
            return refused
        # Made for whoever asks first, in a thread: it takes so long that neither the start nor other requests may wait.
        made = await asyncio.to_thread(document)
        return Response(made, media_type=JSON, headers={**HEADERS, "Cache-Control": "no-cache"})

    return Route(path, show_document)


async def _refused(request: Request, doorkeeper: Doorkeeper) -> Response | None:
    try:
        await doorkeeper.identify(request.headers.get("authorization"))
    except Unauthenticated as fault:
        return _refusal(401, fault.message, UNAUTHENTICATED, {"WWW-Authenticate": "API-Key"})
    except KeysOutOfReach as fault:
        return _refusal(503, str(fault), UNAVAILABLE, {"Retry-After": "1"})
    return None


def _refusal(status: int, message: str, code: str, headers: dict[str, str]) -> Response:
    body = encode_json(request_refusal(status, message, code).body)
    return Response(body, status, {**HEADERS, "Cache-Control": "no-store", **headers}, JSON)


async def _say_it_is_off(_: Request) -> Response:
    return _refusal(404, IS_OFF, ErrorCode.NOT_FOUND.value, {})


async def _show_page_without_slash(_: Request) -> Response:
    return RedirectResponse("/docs", headers=HEADERS)  # A path only: behind a proxy the scheme is unknown.


def _show_page(_: Request) -> Response:
    """Answer with the page. Runs in a thread, as all that reads files here."""
    headers = {**HEADERS, "Cache-Control": "no-cache", "Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8", headers=headers)


def _send_file(request: Request) -> Response:
    name = request.path_params["name"]
    path = STATIC / "docs" / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        return _refusal(404, "There is no such file.", ErrorCode.NOT_FOUND.value, {})
    headers = {**HEADERS, "Cache-Control": FOREVER}
    return FileResponse(path, media_type=CONTENT_TYPES[path.suffix], headers=headers)
