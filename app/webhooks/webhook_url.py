"""Parse a webhook's URL strictly: where to connect, and the bytes to send, exactly as they were given."""

import functools
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from app.webhook_settings import PORT_MAX

Address: TypeAlias = IPv4Address | IPv6Address

URL_CHARACTERS_MAX = 2_048
HOST_CHARACTERS_MAX = 253
LABEL_CHARACTERS_MAX = 63
DEFAULT_PORTS = {"http": 80, "https": 443}

_UNWRITTEN = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\]")
_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)
_PARTS = re.compile(r"([^/?#]*)(.*)")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
_LABEL = re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


class MalformedUrl(Exception):
    """A webhook cannot be sent there. The message says what to change."""


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """A parsed URL. `host` is without brackets; `address` is set where the host is a literal address.

    `target` is path and query, byte for byte as given.
    """

    scheme: str
    host: str
    port: int
    address: Address | None
    target: str

    @property
    def host_header(self) -> str:
        """The host, and the port unless it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@functools.lru_cache(maxsize=4_096)
def parse_webhook_url(text: str) -> WebhookUrl:
    """Read a URL.

    :raises MalformedUrl: it is no http(s) URL with a host, its host or port cannot be connected to, or it has a user
        name or a fragment.
    """
    if len(text) > URL_CHARACTERS_MAX:
        raise MalformedUrl(f"A URL has at most {URL_CHARACTERS_MAX:,} characters; this one has {len(text):,}.")
    if _UNWRITTEN.search(text):
        raise MalformedUrl("A URL is plain ASCII without spaces or backslashes: encode other characters (%20, xn--…).")
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise MalformedUrl("A webhook goes to an http(s) URL with a host, like https://example.com/webhooks.")
    parts = _PARTS.fullmatch(text, scheme.end())
    assert parts is not None, "it matches any text of one line"
    authority, target = parts.groups()
    if "@" in authority:
        raise MalformedUrl("A URL with a user name or password is not allowed: verify the signature instead.")
    if "#" in target:
        raise MalformedUrl("A URL with a fragment (#…) is not allowed: it would never be sent.")
    host, port_text = _host_and_port(authority)
    name = scheme[1].lower()
    return WebhookUrl(
        scheme=name,
        host=host.strip("[]"),
        port=_port(port_text) if port_text else DEFAULT_PORTS[name],
        address=_address(host),
        target=target if target.startswith("/") else f"/{target}",
    )


def _host_and_port(authority: str) -> tuple[str, str | None]:
    found = _HOST_AND_PORT.fullmatch(authority)
    if found is None:
        raise MalformedUrl(
            "The host of this URL cannot be read: write it like example.com, example.com:8443 or [2001:db8::1]."
        )
    host, port = found.groups()
    if not host:
        raise MalformedUrl("A webhook goes to an http(s) URL with a host, like https://example.com/webhooks.")
    return host, port


def _port(text: str) -> int:
    port = int(text) if len(text) <= len(str(PORT_MAX)) else PORT_MAX + 1
    if not 1 <= port <= PORT_MAX:
        raise MalformedUrl(f"A port is a number from 1 to {PORT_MAX}; this URL has {text[:20]}.")
    return port


def _address(host: str) -> Address | None:
    """The literal address, or None for a name to look up."""
    if host.startswith("["):
        return _ipv6(host[1:-1])
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # Programs read such a host in different ways: some as an address, some as a name.
        return _ipv4(host)
    if len(host) > HOST_CHARACTERS_MAX:
        raise MalformedUrl(f"A host has at most {HOST_CHARACTERS_MAX} characters; this one has {len(host)}.")
    for label in labels:
        if not label:
            raise MalformedUrl("A host has no empty parts: two dots in a row, or one at its beginning, are too many.")
        if len(label) > LABEL_CHARACTERS_MAX:
            raise MalformedUrl(
                f"Each part of a host has at most {LABEL_CHARACTERS_MAX} characters; one here has {len(label)}."
            )
        if not _LABEL.fullmatch(label):
            raise MalformedUrl("A host is made of letters, digits, hyphens and dots: write other letters as xn--….")
    return None


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise MalformedUrl(
            "An IPv4 address is written as four decimal numbers without leading zeros, like 192.0.2.1."
        ) from None


def _ipv6(text: str) -> IPv6Address:
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if not isinstance(address, IPv6Address) or address.scope_id is not None:
        raise MalformedUrl("In brackets stands an IPv6 address without a zone, like [2001:db8::1].")
    return address
