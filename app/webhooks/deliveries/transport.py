"""Send requests to the receiver of one endpoint: over a few kept connections to vetted addresses, octet by octet.

Public HTTP clients rewrite URLs and refuse answers for oddities that do not matter here (`answer_reader`). They also
cannot be told to connect to the address that was vetted, and cost several times as much of the processor. See
docs/decisions/0010.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from time import monotonic
from typing import TypeAlias

from aiohappyeyeballs import AddrInfoType

from app.webhooks.deliveries.answer_reader import AnswerReader, NotAnAnswer
from app.webhooks.deliveries.connection import ClosedWithoutAnswer, Connection, connect
from app.webhooks.egress import EgressRules, VettedResolver, addr_info, check_address

CONNECTIONS_MAX = 8
KEEP_ALIVE_SECONDS = 4.0
"""Less than the five seconds of common servers: a request on a connection that they are closing would fail."""
KEEPS_NONE_SECONDS = 60.0
"""After a kept connection failed, how long each request to the endpoint gets a new connection."""

Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port."""
Ready: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when a request may begin, at once; what it raises ends the request."""


class Transport:
    """The connections to one endpoint's receiver. At most `CONNECTIONS_MAX` requests are under way; others wait."""

    def __init__(self, rules: EgressRules, *, trust: ssl.SSLContext) -> None:
        self._rules = rules
        self._trust = trust
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: dict[Connection, tuple[Origin, float]] = {}
        """Kept connections, to where, and since when; the one that was used last is at the end."""
        self._timer: asyncio.TimerHandle | None = None
        self._keeps_none_until = 0.0
        self._is_closed = False

    async def request(self, origin: Origin, octets: bytes, *, ready: Ready | None = None) -> "Exchange":
        """Send a request, as it is; returns when the head of the answer has come. Close what it returns.

        `ready` is awaited when there is a connection, and the request is sent as soon as it returns.

        :raises Blocked, Unresolvable, ResolverUnavailable: no address may be connected to.
        :raises NotConnected, TlsFailed, ClosedWithoutAnswer, NotAnAnswer: there is no answer.
        """
        await self._slots.acquire()
        kept = connection = self._kept(origin)
        began = connected_at = monotonic()
        try:
            if connection is None:
                connection = await self._connect(*origin)
                connected_at = monotonic()
            if ready is not None:
                await ready()
                if connection.is_closed:  # Meanwhile, by the receiver.
                    kept, connection = None, await self._connect(*origin)
                    await ready()
            reader = await connection.request(octets)
        except BaseException as failure:
            if kept is not None and isinstance(failure, ClosedWithoutAnswer | NotAnAnswer):
                # Its server does not really keep connections: it closes them without notice, or sends too much.
                self._keeps_none_until = monotonic() + KEEPS_NONE_SECONDS
            self._give_back(connection, origin)
            raise
        return Exchange(self, connection, reader, origin, connect_seconds=connected_at - began)

    def close(self) -> None:
        """Close all connections; those in use are closed when they are given back."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._idle:
            self._idle.popitem()[0].close()

    def _kept(self, origin: Origin) -> Connection | None:
        while self._idle:
            connection, (its_origin, since) = self._idle.popitem()
            if its_origin == origin and not connection.is_closed and monotonic() < since + KEEP_ALIVE_SECONDS:
                return connection
            connection.close()  # It is too old, or the endpoint points elsewhere now.
        return None

    async def _connect(self, scheme: str, host: str, port: int) -> Connection:
        return await connect(
            await self._addresses(host, port),
            rules=self._rules,
            trust=self._trust if scheme == "https" else None,
            name=host.rstrip("."),  # Certificates name hosts without the dot at the end.
        )

    async def _addresses(self, host: str, port: int) -> list[AddrInfoType]:
        try:
            address = ip_address(host)
        except ValueError:
            return await VettedResolver(self._rules).resolve(host, port)
        check_address(address, port, self._rules)
        return [addr_info(address, port)]

    def _give_back(self, connection: Connection | None, origin: Origin) -> None:
        """Keep a connection for the next request, or close it."""
        self._slots.release()
        if connection is None:
            return
        if self._is_closed or not connection.is_reusable or monotonic() < self._keeps_none_until:
            connection.close()
            return
        connection.rest()
        self._idle[connection] = (origin, monotonic())
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(KEEP_ALIVE_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        """Close what was kept for too long. One timer serves all: it comes back for the next."""
        self._timer, now = None, monotonic()
        for connection, (_, since) in tuple(self._idle.items()):
            if since + KEEP_ALIVE_SECONDS > now:
                wait = since + KEEP_ALIVE_SECONDS - now
                self._timer = asyncio.get_running_loop().call_later(wait, self._close_idle)
                return
            del self._idle[connection]
            connection.close()


class Exchange:
    """A request that was sent, and its answer: at most `BODY_BYTES_MAX` of the body are read.

    `connect_seconds` says how long it took to connect: 0 if a connection was there.
    """

    __slots__ = ("_connection", "_origin", "_transport", "connect_seconds", "reader")

    def __init__(
        self,
        transport: Transport,
        connection: Connection,
        reader: AnswerReader,
        origin: Origin,
        *,
        connect_seconds: float = 0.0,
    ) -> None:
        self.connect_seconds = connect_seconds
        self._transport = transport
        self._connection = connection
        self._origin = origin
        self.reader = reader

    async def read_body(self) -> None:
        """Wait until the reader has as much of the body as it keeps."""
        if not self.reader.is_complete:
            await self._connection.read_body()

    def close(self) -> None:
        """Give the connection back. Call it once."""
        self._transport._give_back(self._connection, self._origin)  # noqa: SLF001 - one thing in two classes
