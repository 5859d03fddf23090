"""Who gets the key filled in: a page opened in a browser on the server's own machine, and nobody else.

The key opens everything of its customer, so each of these must hold, and each closes another way in:

- the server listens on loopback only: what is reachable from outside is not somebody's own machine;
- the peer is on loopback, and no proxy says that it speaks for somebody else;
- the `Host` is a name of loopback: else another site could point its own name at 127.0.0.1 and read the answer
  as its own (DNS rebinding);
- the browser says that the page itself asks, not another site.
"""

import re
from ipaddress import ip_address
from pathlib import Path

from starlette.requests import Request

from app.settings import Settings

KEY_FILE = "api-key"
LOOPBACK_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def was_asked_by_this_page(request: Request) -> bool:
    """Whether neither `Origin` nor `Sec-Fetch-Site` says that another site asks. Programs send neither."""
    own_origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return (
        request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        and request.headers.get("origin", own_origin).lower() == own_origin.lower()
    )


def may_see_the_key(settings: Settings, request: Request) -> bool:
    """Whether server, peer and `Host` are all on loopback, with no proxy between."""
    hosts = request.headers.getlist("host")
    return (
        _is_loopback(settings.host)
        and request.client is not None
        and _is_loopback(request.client.host)
        and len(hosts) == 1
        and LOOPBACK_HOST.fullmatch(hosts[0]) is not None
        and not any(name in request.headers for name in PROXY_HEADERS)
    )


def read_the_key(data_dir: Path) -> str | None:
    """Read the first customer's key, or None if this data folder has none."""
    try:
        return (data_dir / KEY_FILE).read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, PermissionError):
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
