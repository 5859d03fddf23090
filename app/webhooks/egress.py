"""Where a webhook may go: public addresses and allowed networks, whatever a name resolves to and however it is written.

A URL is checked when an endpoint is made, for a clear error. What makes it safe is `VettedResolver`, asked at every
connection, and `vetted_socket`, which sees the very address that is about to be connected to.
"""

import asyncio
import re
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from app.settings import Settings

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

URL_CHARACTERS_MAX = 2_048
RESOLVE_TIMEOUT_SECONDS = 5.0
RESOLVER_TRUSTED_SECONDS = 60.0
DEFAULT_PORTS = {"http": 80, "https": 443}
GLOBAL_UNICAST = IPv6Network("2000::/3")

# `is_global` depends on the Python version and lets multicast and several transition and test networks pass, so
# everything that is not the public internet is listed here as well.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

_UNWRITTEN = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\]")
_AUTHORITY = re.compile(r"[A-Za-z]+://([^/?#]*)")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_TEMPORARY = {socket.EAI_AGAIN, socket.EAI_MEMORY, getattr(socket, "EAI_SYSTEM", socket.EAI_AGAIN)}


class Blocked(Exception):
    """A webhook may not go there. The message says why and what is allowed."""


class Unresolvable(Exception):
    """The name has no address."""


class ResolverUnavailable(Exception):
    """We could not ask: the name server did not answer, and has answered nothing else lately. A fault of ours."""


@dataclass(frozen=True, slots=True)
class EgressRules:
    """What the settings allow: plain http, networks that are not public, ports of public addresses."""

    allows_http: bool
    allowed_networks: Sequence[Network]
    allowed_ports: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, settings: Settings) -> "EgressRules":
        """The rules of these settings."""
        return cls(settings.allows_http, settings.allowed_networks, settings.webhook_allowed_ports)


def is_public(address: Address) -> bool:
    """Whether this address is on the public internet, by every Python's lights and ours."""
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    if any(address.version == network.version and address in network for network in NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def check_address(address: Address, port: int, rules: EgressRules) -> None:
    """Refuse an address, or a port of it.

    :raises Blocked: it is neither public nor in an allowed network, or the port is not allowed there.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in rules.allowed_networks):
        return
    if not is_public(address):
        raise Blocked(f"{address} is not a public address: webhooks go to the public internet or to allowed networks.")
    if not any(first <= port <= last for first, last in rules.allowed_ports):
        allowed = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in rules.allowed_ports)
        raise Blocked(f"Port {port} is not allowed for webhooks: use one of {allowed}.")


def check_url(text: str, rules: EgressRules) -> URL:
    """The URL as it will be connected to; literal addresses are checked here, since they are never resolved.

    :raises Blocked: no http(s) URL, user-info, a fragment, plain http where it is not allowed, a refused address.
    """
    if len(text) > URL_CHARACTERS_MAX:
        raise Blocked(f"A URL has at most {URL_CHARACTERS_MAX:,} characters; this one has {len(text):,}.")
    if _UNWRITTEN.search(text):
        raise Blocked("A URL is plain ASCII without spaces or backslashes: encode other characters (%20, xn--…).")
    try:
        url = URL(text)
        host, port = url.raw_host, url.port
    except ValueError:
        raise Blocked("This is not a URL: write it like https://example.com/webhooks.") from None
    if url.scheme not in DEFAULT_PORTS or not host or not _HOST.fullmatch(host) or port is None:
        raise Blocked("A webhook goes to an http(s) URL with a host, like https://example.com/webhooks.")
    if url.scheme == "http" and not rules.allows_http:
        raise Blocked("Plain http is not allowed here: use https.")
    authority = _AUTHORITY.match(text)
    if authority is None or "@" in authority[1]:
        raise Blocked("A URL with a user name or password is not allowed: verify the signature instead.")
    if url.raw_fragment:
        raise Blocked("A URL with a fragment (#…) is not allowed: it would never be sent.")
    literal = _literal(host)
    if literal is not None:
        check_address(literal, port, rules)
    return url


async def check_destination(text: str, rules: EgressRules) -> URL:
    """Check a URL and all addresses that its name has now.

    A name server that cannot be asked is no reason to refuse: every connection asks again.

    :raises Blocked: the URL, or any of its addresses, is refused, or the name has no address.
    """
    url = check_url(text, rules)
    host, port = url.raw_host, url.port
    assert host is not None
    assert port is not None
    try:
        await VettedResolver(rules).resolve(host, port)
    except Unresolvable:
        raise Blocked(f"The name {host} has no address: check how it is spelled.") from None
    except ResolverUnavailable:
        pass
    return url


LookUp: TypeAlias = Callable[[str, int], Any]


class VettedResolver(AbstractResolver):
    """Resolves a name once and answers addresses only if every one of them may be reached; they are then connected to.

    :param look_up: asks the name server; as `loop.getaddrinfo` answers.
    """

    _answered_at = -RESOLVER_TRUSTED_SECONDS
    """When the name server last answered anything, over all resolvers of the process."""

    def __init__(self, rules: EgressRules, look_up: LookUp | None = None) -> None:
        self._rules = rules
        self._look_up = look_up or _ask_name_server

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`, all of them vetted.

        :raises Blocked, Unresolvable, ResolverUnavailable: and nothing is connected to.
        """
        found = await self._addresses(host, port)
        addresses = sorted({(answer_family, sockaddr[0]) for answer_family, _, _, _, sockaddr in found}, key=str)
        if not addresses:
            raise Unresolvable(f"the name {host} has no address")
        for _, address in addresses:
            check_address(ip_address(address), port, self._rules)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=answer_family,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for answer_family, address in addresses
            if family in {socket.AF_UNSPEC, answer_family}
        ]

    async def close(self) -> None:
        """Nothing is held."""

    async def _addresses(self, host: str, port: int) -> Any:
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT_SECONDS):
                found = await self._look_up(host, port)
        except TimeoutError:
            raise self._no_answer(host) from None
        except socket.gaierror as error:
            if error.errno in _TEMPORARY:
                raise self._no_answer(host) from None
            VettedResolver._answered_at = time.monotonic()
            raise Unresolvable(f"the name {host} has no address") from None
        except (UnicodeError, ValueError):
            raise Unresolvable(f"{host} is not a name") from None
        VettedResolver._answered_at = time.monotonic()
        return found

    def _no_answer(self, host: str) -> Exception:
        # A receiver's broken zone looks the same as our broken name server. The latter answers nothing at all.
        if time.monotonic() - VettedResolver._answered_at < RESOLVER_TRUSTED_SECONDS:
            return Unresolvable(f"the name server of {host} does not answer")
        return ResolverUnavailable(f"no name server answered for {host}")


def vetted_socket(rules: EgressRules) -> Callable[[aiohttp.AddrInfoType], socket.socket]:
    """A factory of sockets that refuses an address in the moment before it is connected to, literal or resolved."""

    def make(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, sockaddr = info
        check_address(ip_address(str(sockaddr[0])), int(sockaddr[1]), rules)
        return socket.socket(family, kind, protocol)

    return make


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


async def _ask_name_server(host: str, port: int) -> Any:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
