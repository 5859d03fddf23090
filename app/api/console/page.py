"""The pages below `/console/`, their files, and the sign-in that they share with GraphiQL."""

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.api.explorer.page import COMMON_HEADERS, CONTENT_TYPES, FOREVER, with_headers
from app.api.explorer.session import open_session
from app.settings import Settings

STATIC = Path(__file__).parent / "static"

# The build's file names have no slash or backslash, so that a caller's path cannot lead elsewhere.
FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(css|js|svg)")

# The build writes addresses below its own page. A page further down is served the same text, and they lead up first.
FILES = '"./files/'
LEVELS_MAX = 8
"""No page of the console is further down than that."""

# All scripts and styles are files of this server; nothing is inline, and nothing comes from elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Never stored: a browser must not show it again, with what it shows and its key, after somebody signed out.
PAGE_HEADERS = {**COMMON_HEADERS, "Cache-Control": "no-store", "Content-Security-Policy": CONTENT_SECURITY_POLICY}
FILE_HEADERS = {**COMMON_HEADERS, "Cache-Control": FOREVER, "Content-Security-Policy": "default-src 'none'"}


def console_routes(settings: Settings) -> list[BaseRoute]:
    """Return the routes of the console, or one that says it is off.

    :param settings: `serves_console` switches it; browsers sign in through `data_dir`.
    """
    if not settings.serves_console:
        return [Route("/console", _say_it_is_off), Route("/console/{page:path}", _say_it_is_off)]

    async def sign_in(request: Request) -> Response:
        return with_headers(COMMON_HEADERS, await open_session(settings, request))

    return [
        Route("/console", _go_below),
        Route("/console/session", sign_in, methods=["POST"]),
        Route("/console/files/{name}", _send_file),
        Route("/console/{page:path}", _show_page),
    ]


async def _say_it_is_off(_: Request) -> Response:
    message = "The console is off here (QUAESTOR_CONSOLE). The API answers POST at /graphql."
    return with_headers(COMMON_HEADERS, JSONResponse({"error": "not-found", "message": message}, status_code=404))


async def _go_below(_: Request) -> Response:
    """Relative, so that it is right behind a proxy's path prefix too. Browsers take along what is behind the `#`."""
    return with_headers(COMMON_HEADERS, RedirectResponse("console/"))


def _show_page(request: Request) -> Response:
    """Answer each address with the same page; its script shows what the address names."""
    levels = min(request.path_params["page"].count("/"), LEVELS_MAX)
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    return HTMLResponse(text.replace(FILES, f'"{"../" * levels or "./"}files/'), headers=PAGE_HEADERS)


def _send_file(request: Request) -> Response:
    name = request.path_params["name"]
    path = STATIC / "files" / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        return with_headers(COMMON_HEADERS, JSONResponse({"error": "not-found"}, status_code=404))
    return FileResponse(path, media_type=CONTENT_TYPES[path.suffix], headers=FILE_HEADERS)
