"""Connect through the operator's forward proxy, to an address that was vetted here: the proxy resolves no name."""

import asyncio
import errno
import socket
from collections.abc import Sequence
from http import HTTPStatus

from aiohappyeyeballs import AddrInfoType, start_connection

from app.webhook_settings import Proxy

HEAD_BYTES_MAX = 16_384
ADDRESSES_MAX = 3
"""How many of a receiver's addresses the proxy is asked for, one after another."""
PROXY_SECONDS_MAX = 3.0
"""For the connection to the proxy. Less than a connection may take in all, so that the receiver is not blamed."""
CANNOT_CONNECT = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
"""What a proxy answers when the receiver does not take the connection."""
_END = b"\r\n\r\n"


class ProxyFailed(Exception):
    """The proxy itself does not answer, or wants another login: a fault on our side."""


class ProxyRefused(Exception):
    """The proxy does not let us go to this receiver."""


class NotConnectedByProxy(OSError):
    """The proxy could not connect to the receiver. It has no number of the system's own."""


async def socket_through(proxy: Proxy, addresses: Sequence[AddrInfoType]) -> socket.socket:
    """A socket that the proxy has connected to the first of these addresses that it can.

    :raises ProxyFailed, ProxyRefused, NotConnectedByProxy: nothing is left open.
    """
    failure: NotConnectedByProxy | None = None
    for info in addresses[:ADDRESSES_MAX]:
        try:
            return await _tunnel(proxy, info)
        except NotConnectedByProxy as error:
            failure = error
    assert failure is not None, "there is an address"
    raise failure


async def _tunnel(proxy: Proxy, info: AddrInfoType) -> socket.socket:
    opened = await _connect(proxy)
    try:
        status = await _ask(opened, proxy, _authority(info))
    except BaseException:
        opened.close()
        raise
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return opened
    opened.close()
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise ProxyFailed("the proxy wants another user or password (407)")
    if status in CANNOT_CONNECT:
        raise NotConnectedByProxy(f"the proxy could not connect to it ({status})")
    raise ProxyRefused(f"the proxy does not allow it ({status})")


async def _connect(proxy: Proxy) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PROXY_SECONDS_MAX):
            found = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
            return await start_connection(found)
    except TimeoutError:
        raise ProxyFailed(f"the proxy does not take our connection within {PROXY_SECONDS_MAX:g} s") from None
    except (OSError, RuntimeError) as error:  # uvloop raises both.
        reason = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
        raise ProxyFailed(f"the proxy does not take our connection ({reason})") from None


async def _ask(opened: socket.socket, proxy: Proxy, authority: str) -> int:
    """Ask for a connection; answers the status."""
    loop = asyncio.get_running_loop()
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    try:
        await loop.sock_sendall(opened, ("\r\n".join(lines) + "\r\n\r\n").encode())
        head = bytearray()
        while _END not in head and len(head) < HEAD_BYTES_MAX:
            piece = await loop.sock_recv(opened, HEAD_BYTES_MAX)
            if not piece:
                raise ProxyFailed("the proxy closed the connection without an answer")
            head += piece
    except OSError as error:
        raise ProxyFailed("the proxy reset the connection") from error
    return _status(bytes(head))


def _status(head: bytes) -> int:
    parts = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if _END not in head or len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():  # noqa: PLR2004 - version and status
        raise ProxyFailed("the proxy does not answer as HTTP/1.1 says")
    status = int(parts[1])
    is_connected = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    if is_connected and not head.endswith(_END):
        raise ProxyFailed("the proxy sends bytes of its own before the receiver's")
    return status


def _authority(info: AddrInfoType) -> str:
    family, _, _, _, sockaddr = info
    host, port = str(sockaddr[0]), int(sockaddr[1])
    return f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"
