"""Where a webhook may go: public addresses and allowed networks, however the address is written or resolved.

A URL is checked when an endpoint is made, for a clear error. The safety comes from `VettedResolver`, asked at every
connection, and `vetted_socket`, which checks the address right before it is connected to.
"""

import asyncio
import logging
import random
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from aiohappyeyeballs import AddrInfoType

from app.settings import Settings
from app.webhook_settings import Proxy, read_proxy
from app.webhooks.webhook_url import Address, MalformedUrl, WebhookUrl, parse_webhook_url

logger = logging.getLogger(__name__)

Network: TypeAlias = IPv4Network | IPv6Network

RESOLVE_TIMEOUT_SECONDS = 5.0
RESOLVER_TRUSTED_SECONDS = 60.0
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

_TEMPORARY = {socket.EAI_AGAIN, socket.EAI_MEMORY, getattr(socket, "EAI_SYSTEM", socket.EAI_AGAIN)}


class Blocked(Exception):
    """A webhook may not go there. The message says why and what is allowed."""


class NotAllowedHere(Blocked):
    """This process's settings do not allow it, whatever the receiver does. Where an endpoint was made, they did."""


class Unresolvable(Exception):
    """The name has no address."""


class ResolverUnavailable(Exception):
    """The name server did not answer, and has answered nothing else lately. A fault on our side."""


@dataclass(frozen=True, slots=True)
class EgressRules:
    """What the settings allow: plain http, networks that are not public, ports of public addresses. With a proxy, its
    connections are made to the vetted addresses, too.
    """

    allows_http: bool
    allowed_networks: Sequence[Network]
    allowed_ports: Sequence[tuple[int, int]]
    proxy: Proxy | None = None

    @classmethod
    def of(cls, settings: Settings) -> "EgressRules":
        """The rules of these settings."""
        proxy = None if settings.webhook_proxy is None else read_proxy(settings.webhook_proxy)
        return cls(settings.allows_http, settings.allowed_networks, settings.webhook_allowed_ports, proxy)


def is_public(address: Address) -> bool:
    """Whether this address is on the public internet, by Python's rules and by ours."""
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
        raise NotAllowedHere(f"Port {port} is not allowed for webhooks: use one of {_ports(rules)}.")


def check_url(text: str, rules: EgressRules) -> WebhookUrl:
    """Parse the URL. Literal addresses are checked here, since they are never resolved.

    :raises Blocked: it is malformed, plain http where that is not allowed, or has a refused address.
    """
    try:
        url = parse_webhook_url(text)
    except MalformedUrl as malformed:
        raise Blocked(str(malformed)) from None
    if url.scheme == "http" and not rules.allows_http:
        raise NotAllowedHere("Plain http is not allowed here: use https.")
    if url.address is not None:
        try:
            check_address(url.address, url.port, rules)
        except Blocked as blocked:
            raise NotAllowedHere(str(blocked)) from None
    return url


async def check_destination(text: str, rules: EgressRules) -> None:
    """Check a URL and all addresses that its name has now.

    A name server that does not answer is no reason to refuse: every connection asks again.

    :raises Blocked: the URL, or any of its addresses, is refused, or the name has no address. The message is the same
        for all names, so that it does not tell which of them exist on a private network.
    """
    url = check_url(text, rules)
    if url.address is not None:
        return
    try:
        await VettedResolver(rules).resolve(url.host, url.port)
    except Unresolvable:
        raise refused_name(url.host, url.port, rules) from None
    except ResolverUnavailable:
        return


def refused_name(host: str, port: int, rules: EgressRules) -> Blocked:
    """The one message for every name that a webhook may not go to."""
    return Blocked(
        f"Webhooks cannot go to {host} on port {port}. They go to names that have public addresses only, on port "
        f"{_ports(rules)}, and to networks that the operator has allowed. Check how the name is spelled."
    )


LookUp: TypeAlias = Callable[[str, int], Any]


class VettedResolver:
    """Resolves a name once, and returns its addresses only if every one of them is allowed.

    :param look_up: asks the name server; returns what `loop.getaddrinfo` does.
    """

    _answered_at = -RESOLVER_TRUSTED_SECONDS
    """When the name server last answered anything, to any resolver of the process."""

    def __init__(self, rules: EgressRules, look_up: LookUp | None = None) -> None:
        self._rules = rules
        self._look_up = look_up or _ask_name_server

    async def resolve(self, host: str, port: int) -> list[AddrInfoType]:
        """The addresses of `host`, all of them vetted, in the order to try them.

        The family that the system prefers comes first. Within a family the order is random, so that no address gets
        all connections.

        :raises Blocked, Unresolvable, ResolverUnavailable: nothing was connected to.
        """
        found = await self._addresses(host, port)
        # A dict, since it keeps the order.
        addresses = list({str(sockaddr[0]): family for family, _, _, _, sockaddr in found}.items())
        if not addresses:
            raise Unresolvable(f"the name {host} has no address")
        for address, _ in addresses:
            self._check(host, address, port)
        preferred = addresses[0][1]
        random.shuffle(addresses)
        addresses.sort(key=lambda found: found[1] != preferred)
        return [addr_info(ip_address(address), port) for address, _ in addresses]

    def _check(self, host: str, address: str, port: int) -> None:
        try:
            check_address(ip_address(address), port, self._rules)
        except Blocked as blocked:
            # For the operator. The customer must not learn what a private name resolves to.
            logger.info("webhooks may not go to %s: %s", host, blocked)
            raise type(blocked)(str(refused_name(host, port, self._rules))) from None

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
        # A receiver's broken zone and our broken name server fail alike, but only the latter answers nothing at all.
        if time.monotonic() - VettedResolver._answered_at < RESOLVER_TRUSTED_SECONDS:
            return Unresolvable(f"the name server of {host} does not answer")
        return ResolverUnavailable(f"no name server answered for {host}")


def addr_info(address: Address, port: int) -> AddrInfoType:
    """The address in the form that a socket is made from; a mapped one is the IPv4 address that it stands for."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(address), port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(address), port)


def check_all(addresses: Sequence[AddrInfoType], rules: EgressRules) -> None:
    """Refuse these addresses if one of them may not be connected to.

    :raises Blocked: saying why.
    """
    for *_, sockaddr in addresses:
        check_address(ip_address(str(sockaddr[0])), int(sockaddr[1]), rules)


def vetted_socket(rules: EgressRules) -> Callable[[AddrInfoType], socket.socket]:
    """A factory of sockets that refuses an address right before it is connected to, literal or resolved."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, _ = info
        check_all([info], rules)
        return socket.socket(family, kind, protocol)

    return make


def _ports(rules: EgressRules) -> str:
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in rules.allowed_ports)


async def _ask_name_server(host: str, port: int) -> Any:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
