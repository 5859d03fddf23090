"""The page at `/`, its files below `/explorer/`, and the settings it reads from the server."""

import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.api.explorer.guide import list_pages, show_page
from app.api.explorer.session import open_session
from app.settings import Settings

STATIC = Path(__file__).parent / "static"
NONCE_BYTES = 16
NONCE_PLACEHOLDER = "__NONCE__"

# The build's file names have no slash or backslash, so that a caller's path cannot lead elsewhere.
FILE_NAME = re.compile(r"[A-Za-z0-9_.-]+\.(css|js|svg|ttf)")

# Written out, because the standard library's table depends on the machine's registry.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}

# A file's name carries the hash of its content, so what was fetched once never changes.
FOREVER = "public, max-age=31536000, immutable"

COMMON_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# The editor puts `style="…"` into the lines it draws and makes <style> elements while it runs: the latter carry the
# nonce. Its icons in style sheets are `data:` images. Everything else may come only from this server.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# A worker's policy comes with its own script, not with the page. Workers here compute, and fetch nothing.
WORKER_CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'"


def explorer_routes(settings: Settings) -> list[BaseRoute]:
    """Return the routes of the page, or one that says it is off.

    :param settings: `serves_graphiql` switches the page; browsers sign in through `data_dir`.
    """
    if not settings.serves_graphiql:
        return [Route("/", _say_it_is_off)]

    def show_settings(_: Request) -> Response:
        # The same for everybody: an address does not prove who asks.
        content = {"environment": settings.environment.value, "console": settings.serves_console}
        return with_headers(COMMON_HEADERS, JSONResponse(content, headers={"Cache-Control": "no-store"}))

    async def sign_in(request: Request) -> Response:
        return with_headers(COMMON_HEADERS, await open_session(settings, request))

    return [
        Route("/", _show_page),
        Route("/explorer/settings.json", show_settings),
        Route("/explorer/session", sign_in, methods=["POST"]),
        Route("/explorer/docs/", _with_common_headers(list_pages)),
        Route("/explorer/docs/{page:path}", _with_common_headers(show_page)),
        Route("/explorer/{name}", _send_file),
    ]


async def _say_it_is_off(_: Request) -> Response:
    message = "GraphiQL is off here (QUAESTOR_GRAPHIQL). The API answers POST at /graphql."
    return with_headers(COMMON_HEADERS, JSONResponse({"error": "not-found", "message": message}, status_code=404))


def _show_page(_: Request) -> Response:
    """Answer with the page and a nonce of its own. Runs in a thread, as all that reads files here."""
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    headers = {
        "Cache-Control": "no-store",  # The nonce is for this answer only.
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.format(nonce=nonce),
    }
    page = (STATIC / "index.html").read_text(encoding="utf-8").replace(NONCE_PLACEHOLDER, nonce)
    return with_headers(COMMON_HEADERS, HTMLResponse(page, headers=headers))


def _send_file(request: Request) -> Response:
    name = request.path_params["name"]
    path = STATIC / "explorer" / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        return with_headers(COMMON_HEADERS, JSONResponse({"error": "not-found"}, status_code=404))
    headers = {"Cache-Control": FOREVER, "Content-Security-Policy": WORKER_CONTENT_SECURITY_POLICY}
    return with_headers(COMMON_HEADERS, FileResponse(path, media_type=CONTENT_TYPES[path.suffix], headers=headers))


def _with_common_headers(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    def answer_with_them(request: Request) -> Response:
        return with_headers(COMMON_HEADERS, answer(request))

    return answer_with_them


def with_headers(headers: Mapping[str, str], response: Response) -> Response:
    """The same response, with these headers too."""
    MutableHeaders(raw=response.raw_headers).update(headers)
    return response
