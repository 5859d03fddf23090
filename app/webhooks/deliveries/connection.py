"""One connection to a receiver, to a vetted address. It carries one request at a time."""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Sequence
from typing import cast

from aiohappyeyeballs import AddrInfoType, start_connection

from app.webhooks.deliveries.answer_reader import BEGINNING, NO_ANSWER, AnswerReader, NotAnAnswer
from app.webhooks.deliveries.proxy import NotConnectedByProxy, socket_through
from app.webhooks.egress import EgressRules, check_all, vetted_socket

CONNECT_TIMEOUT_SECONDS = 5.0
NEXT_ADDRESS_AFTER_SECONDS = 0.25
"""If there is no connection after this time, the next address is tried as well (RFC 8305)."""


class NotConnected(Exception):
    """No address took the connection. The message says why; the cause is the system's own error."""


class TlsFailed(Exception):
    """No secure connection could be made. The message says why."""


class ClosedWithoutAnswer(Exception):
    """The receiver accepted the connection, and ended it before an answer had come."""


_REASONS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.ETIMEDOUT: f"no connection within {CONNECT_TIMEOUT_SECONDS:g} s",
}
_TLS_REASONS = {
    "CERTIFICATE_REQUIRED": "the receiver wants a client certificate",
    "UNKNOWN_CA": "the receiver does not trust our client certificate",
    "BAD_CERTIFICATE": "the receiver refused our client certificate",
    "UNSUPPORTED_CERTIFICATE": "the receiver refused our client certificate",
    "CERTIFICATE_REVOKED": "the receiver refused our client certificate",
    "CERTIFICATE_EXPIRED": "the receiver refused our client certificate",
    "CERTIFICATE_UNKNOWN": "the receiver refused our client certificate",
    "ACCESS_DENIED": "the receiver refused our client certificate",
    "UNRECOGNIZED_NAME": "the receiver has no certificate for this name",
    "PROTOCOL_VERSION": "the receiver and we have no version of TLS in common",
    "UNSUPPORTED_PROTOCOL": "the receiver and we have no version of TLS in common",
    "NO_APPLICATION_PROTOCOL": "the receiver does not speak HTTP/1.1",
    "HANDSHAKE_FAILURE": "the receiver refused the handshake",
    "WRONG_VERSION_NUMBER": "the receiver does not speak TLS on this port",
    "RECORD_LAYER_FAILURE": "the receiver does not speak TLS on this port",
    "HTTP_REQUEST": "the receiver does not speak TLS on this port",
}
"""Keyed by the end of OpenSSL's name for the error."""
_UNNAMED = re.compile(r"\[SSL\] ([a-z0-9 ]+) \(")


async def connect(
    addresses: Sequence[AddrInfoType], *, rules: EgressRules, trust: ssl.SSLContext | None, name: str
) -> "Connection":
    """Connect to the first of these addresses that accepts. `trust` is None for a connection without TLS.

    :param name: the name that the certificate must be for.
    :raises Blocked, NotConnected, TlsFailed, ProxyFailed, ProxyRefused: nothing is left open.
    """
    opened = await _connected_socket(addresses, rules)
    loop = asyncio.get_running_loop()
    if trust is None:
        _, connection = await loop.create_connection(Connection, sock=opened)
        return connection
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            _, connection = await loop.create_connection(Connection, sock=opened, ssl=trust, server_hostname=name)
    except TimeoutError:
        raise TlsFailed(f"no handshake within {CONNECT_TIMEOUT_SECONDS:g} s") from None
    except ssl.SSLError as error:
        raise TlsFailed(_tls_reason(error)) from error
    except OSError as error:
        raise TlsFailed("the connection was closed during the handshake") from error
    # With TLS 1.3 a missing client certificate is refused only after the handshake. Writing before that is read may
    # fail and hide the reason. Reading it takes the event loop two rounds.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return connection


async def _connected_socket(addresses: Sequence[AddrInfoType], rules: EgressRules) -> socket.socket:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            if rules.proxy is not None:
                check_all(addresses, rules)
                return await socket_through(rules.proxy, addresses)
            return await start_connection(
                addresses, happy_eyeballs_delay=NEXT_ADDRESS_AFTER_SECONDS, socket_factory=vetted_socket(rules)
            )
    except TimeoutError as error:
        raise NotConnected(f"no connection within {CONNECT_TIMEOUT_SECONDS:g} s") from error
    except NotConnectedByProxy as error:
        raise NotConnected(str(error)) from error
    except (OSError, RuntimeError) as error:  # uvloop raises both.
        number = getattr(error, "errno", None)
        if number is None:
            raise NotConnected(f"none of {len(addresses)} addresses took the connection") from error
        reason = _REASONS.get(number) or f"failed ({errno.errorcode.get(number, number)})"
        raise NotConnected(reason) from error


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the receiver is not valid: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLEOFError):
        return "the connection was closed during the handshake"
    code = error.reason or _name_in(str(error))
    return next((words for end, words in _TLS_REASONS.items() if code.endswith(end)), f"the handshake failed ({code})")


def _name_in(text: str) -> str:
    """Python does not know all of OpenSSL's names, but repeats their words."""
    words = _UNNAMED.search(text)
    return "unknown reason" if words is None else words[1].replace(" ", "_").upper()


def _loss(error: Exception | None, *, has_begun: bool) -> Exception:
    """Why a request got no answer when its connection was lost."""
    if isinstance(error, ssl.SSLError):
        return TlsFailed(_tls_reason(error))
    if has_begun:
        return ClosedWithoutAnswer("the connection was closed in the middle of the answer's headers")
    how = "closed" if error is None else "reset"
    return ClosedWithoutAnswer(f"the receiver {how} the connection without an answer")


class Connection(asyncio.Protocol):
    """Sends a request and reads its answer; one at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._lost: Exception | None = None
        self.is_closed = False

    async def request(self, octets: bytes) -> AnswerReader:
        """Send a request; returns the reader as soon as the head of the answer has come.

        :raises ClosedWithoutAnswer, TlsFailed, NotAnAnswer: there is no answer.
        """
        assert self._transport is not None, "it is connected"
        self._reader = reader = AnswerReader()
        self._transport.write(octets)
        while reader.status is None:
            if self._lost is not None:
                raise self._lost
            await self._news()
        return reader

    async def read_body(self) -> None:
        """Wait until the reader has read as much of the body as it keeps."""
        reader = self._reader
        assert reader is not None, "a request was made"
        while not reader.is_complete:
            await self._news()

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be made."""
        return not self.is_closed and self._reader is not None and self._reader.is_reusable

    def rest(self) -> None:
        """Wait for the next request. Bytes that come meanwhile were not asked for, and close the connection."""
        self._reader = None

    def close(self) -> None:
        """End it at once."""
        self.is_closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio when the connection is open."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass of it.

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer."""
        reader = self._reader
        if reader is None or reader.is_complete:
            if reader is None and not data.startswith(BEGINNING):  # A server of HTTP/2 speaks first.
                self._lost = NotAnAnswer(NO_ANSWER)
            self.close()
            return
        try:
            reader.feed(data)
        except NotAnAnswer as reason:
            self._lost = reason
            self.close()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more bytes come. An answer whose status is known is taken as it is."""
        self.is_closed = True
        reader = self._reader
        if reader is not None and reader.status is not None:
            reader.feed_end()
        elif self._lost is None:
            self._lost = _loss(exc, has_begun=reader is not None and reader.has_begun)
        self._wake()

    async def _news(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
