"""`POST /explorer/session`: the page trades the one-time token of its address for a key of its own."""

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.access.sign_in import sign_in
from app.access.sign_in_tokens import TokenNotGood
from app.db.away import DATABASE_AWAY
from app.db.not_written import NotWritten
from app.db.outage import database_outage
from app.kernel.clock import rfc3339, utc_now
from app.kernel.errors import DomainError, Unauthenticated
from app.kernel.origins import is_own_page
from app.settings import Settings

BODY_BYTES_MAX = 1_000
NOT_GOOD = "This address was used before, or is too old. `quaestor login` prints a new one; or type a key."
AWAY = "The database cannot be reached now, so nobody was signed in. The address is still good: load it again."
NOT_ASKED_RIGHT = 'Send {"token": "…"} as `Content-Type: application/json`.'


async def open_session(settings: Settings, request: Request) -> Response:
    """Answer with a key and when it expires. The answer is never stored, and no page of another origin can ask."""
    if not _asks_itself(request):
        return _refused(403, "forbidden", "Only the page at / signs in here.")
    token = await _token_in(request)
    if token is None:
        return _refused(400, "bad-request", NOT_ASKED_RIGHT)
    try:
        session, key = await sign_in(settings.data_dir, token, utc_now())
    except TokenNotGood:
        return _refused(403, "forbidden", NOT_GOOD)
    except (Unauthenticated, DomainError) as fault:
        return _refused(403, "forbidden", fault.message)
    except DATABASE_AWAY as error:
        database_outage.notice("a browser could not be signed in: %s: %s", type(error).__name__, error)
        return _refused(503, "unavailable", str(error) if isinstance(error, NotWritten) else AWAY)
    assert session.expires_at is not None
    return _answer(200, {"apiKey": key, "expiresAt": rfc3339(session.expires_at)})


def _asks_itself(request: Request) -> bool:
    """Whether the request is from this page, and not from one of another origin. Browsers always say so."""
    origin = request.headers.get("origin")
    is_own = origin is None or is_own_page(origin, request.headers.get("host"))
    return is_own and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


async def _token_in(request: Request) -> str | None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_BYTES_MAX:
                return None
        content: Any = json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect):
        return None
    token = content.get("token") if isinstance(content, dict) else None
    return token if isinstance(token, str) else None


def _refused(status: int, error: str, message: str) -> Response:
    return _answer(status, {"error": error, "message": message})


def _answer(status: int, content: dict[str, Any]) -> Response:
    return JSONResponse(content, status_code=status, headers={"Cache-Control": "no-store"})
