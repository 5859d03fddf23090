"""One guard before every route: a browser is answered only under one of this server's names.

Otherwise another site could point its own name at this server (DNS rebinding), and the browser would take the answers
for that site's own. Programs send neither `Origin` nor `Sec-Fetch-Site`, and may use any name, such as a proxy's.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kernel.origins import WEB_SCHEMES
from app.settings import Settings

# Only browsers send it. (`Sec-Fetch-Mode` comes from Node's `fetch` too.)
BROWSERS_HEADER = b"sec-fetch-site"
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on
HOSTS_KEPT_MAX = 256
SHOWN_CHARACTERS_MAX = 100

RawHeaders = Iterable[tuple[bytes, bytes]]


class HostGuard:
    """An ASGI application that refuses browsers under a foreign `Host`, and hands everything else to `app`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._origins = frozenset(origin.encode("latin-1") for origin in settings.allowed_origins)
        self._names = {"localhost", settings.host.lower(), *_hosts_of(settings.allowed_origins)}
        # Nobody can point an address elsewhere, and only the network knows which addresses lead to this machine.
        self._takes_addresses = settings.host in EVERY_ADDRESS
        self._is_ours = lru_cache(HOSTS_KEPT_MAX)(self._judge)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the scope, or refuse it."""
        if scope["type"] == "lifespan" or self.admits(scope["headers"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # Before it was accepted: the browser sees a 403.
        else:
            await _refusal(scope["headers"])(scope, receive, send)

    def admits(self, headers: RawHeaders) -> bool:
        """True for programs, and for browsers that use a name of ours or show a page of an origin that the settings
        allow.
        """
        origin, hosts, from_browser = None, [], False
        for name, value in headers:
            if name == b"host":
                hosts.append(value)
            elif name == b"origin":
                origin, from_browser = value, True
            elif name == BROWSERS_HEADER:
                from_browser = True
        if not from_browser or origin in self._origins:
            return True
        return len(hosts) == 1 and self._is_ours(hosts[0])

    def _judge(self, header: bytes) -> bool:
        host = host_of(header.decode("latin-1"))
        if host is None:
            return False
        if host in self._names:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._takes_addresses


def host_of(header: str) -> str | None:
    """The host in lower case, without port and brackets; None if it is no host."""
    parts = HOST.fullmatch(header.lower())
    return parts[1].strip("[]") if parts else None


def _hosts_of(origins: Iterable[str]) -> Iterator[str]:
    for origin in origins:
        scheme, _, authority = origin.partition("://")
        host = host_of(authority)
        if scheme in WEB_SCHEMES and host is not None:
            yield host


def _refusal(headers: RawHeaders) -> JSONResponse:
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
    message = (
        f"This server does not know the host {host[:SHOWN_CHARACTERS_MAX]!r}. If browsers are to come by this name, "
        "add its origin to QUAESTOR_ALLOWED_ORIGINS, as `https://ledger.example.com`."
    )
    # In the form of both doors' errors: clients of GraphQL read the extensions, clients of REST the rest.
    fault = {"code": "FORBIDDEN", "message": message, "path": [], "extensions": {"code": "FORBIDDEN"}}
    body = {"error": "forbidden", "errors": [fault]}
    return JSONResponse(body, status_code=403, headers={"Cache-Control": "no-store", "Vary": "Host, Origin"})
