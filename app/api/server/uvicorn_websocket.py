"""uvicorn's WebSocket protocol, with limits on what waits in memory."""

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from app.api.server.connections import counted_address
from app.api.server.limits import (
    ALLOW_LARGE_MESSAGES,
    TOO_MANY_PINGS,
    WEBSOCKET_FIRST_MESSAGES_BYTES_MAX,
    WEBSOCKET_FRAGMENTS_MAX,
    WEBSOCKET_MESSAGE_BYTES_MAX,
    WEBSOCKET_SLICE_BYTES,
)
from app.api.server.ping_allowance import PingAllowance
from app.api.server.refusals import Refusal

if TYPE_CHECKING:
    from app.api.server.config import ServerConfig

_REFUSALS: dict[int, Refusal] = {
    CloseCode.MESSAGE_TOO_BIG: Refusal.LARGE_MESSAGE,
    CloseCode.POLICY_VIOLATION: Refusal.TOO_MANY_PINGS,
}


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One socket."""

    def __init__(self, config: "ServerConfig", *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self.address = ""
        self._connections = config.connections
        self._unread = b""
        self._read_to = 0
        self._pings = PingAllowance()
        self.conn.max_message_size = WEBSOCKET_FIRST_MESSAGES_BYTES_MAX

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take over the connection of the request."""
        super().connection_made(transport)
        self.address = counted_address(self.client[0]) if self.client else ""
        self._connections.join(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._connections.leave(self)
        self._unread = b""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read as much as the application has use for; the rest waits as it came."""
        self._unread = self._unread[self._read_to :] + data if self._read_to < len(self._unread) else data
        self._read_to = 0
        self._read()

    def _read(self) -> None:
        while self._read_to < len(self._unread) and not self.read_paused and not self.disconnected:
            piece = self._unread[self._read_to : self._read_to + WEBSOCKET_SLICE_BYTES]
            self._read_to += len(piece)
            super().data_received(piece)
        if self._read_to >= len(self._unread):
            self._unread = b""

    async def receive(self) -> ASGIReceiveEvent:
        """The next message; what waits is read when all before it is taken."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._read()
            if not self.read_paused and self.writable.is_set():
                self.transport.resume_reading()
        return message

    def handle_connect(self, event: Request) -> None:
        """The upgrade request: through its scope the application says when it knows the caller."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][ALLOW_LARGE_MESSAGES] = self._allow_large_messages

    def _allow_large_messages(self) -> None:
        self.conn.max_message_size = WEBSOCKET_MESSAGE_BYTES_MAX

    def handle_cont(self, event: Frame) -> None:
        """A part of a message. Parts may be empty, so their size alone bounds nothing."""
        if len(self.frames) < WEBSOCKET_FRAGMENTS_MAX:
            super().handle_cont(event)
        elif self.conn.close_sent is None:
            reason = f"A message comes in at most {WEBSOCKET_FRAGMENTS_MAX:,} parts."
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, reason)
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        """A ping, to which the answer is ready."""
        if self._is_allowed_ping():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """The answer to our ping, or one that nobody asked for."""
        if self._is_allowed_ping():
            super().handle_pong(event)

    def _is_allowed_ping(self) -> bool:
        """Whether the client may send one more; with one too many the socket ends."""
        if self._pings.take(self.loop.time()):
            return True
        if self.conn.close_sent is None:
            self.conn.fail(CloseCode.POLICY_VIOLATION, TOO_MANY_PINGS)
            self.handle_parser_exception()
        return False

    def handle_parser_exception(self) -> None:
        """End a socket that cannot be read any further."""
        sent = self.conn.close_sent
        refusal = _REFUSALS.get(sent.code, Refusal.UNREADABLE) if sent is not None else Refusal.UNREADABLE
        self._connections.refusals.note(refusal, self.address)
        self.frames = []
        self._unread = b""
        super().handle_parser_exception()

    def pause_writing(self) -> None:
        """The client does not take what it is sent: so nothing more is read, since pings would have to be answered."""
        super().pause_writing()
        self._connections.stall(self)
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It takes it again."""
        super().resume_writing()
        self._connections.flow(self)
        if not self.read_paused:
            self.transport.resume_reading()

    def end_quietly(self) -> None:
        """A socket may be quiet; pings tell whether somebody is there."""

    end_slow_head = end_slow_body = end_quietly
