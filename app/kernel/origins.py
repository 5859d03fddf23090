"""Origins of browser pages, written as browsers send them in the header `Origin`."""

import re

OPAQUE = "null"
"""The origin that sandboxed pages, local files and redirected requests send."""

WEB_SCHEMES = ("http", "https")
DEFAULT_PORTS = {"http": "80", "https": "443"}
HOW_TO_WRITE = "An origin is `https://app.example.com`, `electron://app`, `chrome-extension://…`, `file://` or `null`"

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._~-]*)(:(?P<port>[0-9]{1,5}))?/?", re.IGNORECASE
)


def read_origin(text: str) -> str:
    """The origin as browsers send it: without a default port, and without a slash at the end.

    :raises ValueError: no browser sends this.
    """
    parts = _ORIGIN.fullmatch(text)
    if text == OPAQUE:
        return OPAQUE
    scheme = parts["scheme"].lower() if parts else ""
    if parts is None or (scheme in WEB_SCHEMES and not parts["host"]) or (parts["port"] and not parts["host"]):
        raise ValueError(HOW_TO_WRITE)
    # In other schemes the application defines the host, and case matters.
    host = parts["host"].lower() if scheme in WEB_SCHEMES else parts["host"]
    port = "" if parts["port"] in (None, DEFAULT_PORTS.get(scheme)) else f":{parts['port']}"
    return f"{scheme}://{host}{port}"


def is_own_page(origin: str, host: str | None) -> bool:
    """Whether a page of this origin came from this `Host`. A proxy may swap http and https, so schemes are ignored."""
    scheme, _, authority = origin.partition("://")
    return scheme in WEB_SCHEMES and authority == host
