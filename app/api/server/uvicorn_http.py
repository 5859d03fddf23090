"""uvicorn's HTTP protocol, with limits. It keeps a body that comes with an unwanted upgrade, which uvicorn loses."""

import asyncio
import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.api.server.connections import counted_address
from app.api.server.limits import (
    BODY_PART_BYTES,
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    LATE_BODY_BYTES_MAX,
    LINGER_SECONDS,
    PIPELINED_REQUESTS_MAX,
    REQUEST_TARGET_BYTES_MAX,
    SLICE_BYTES,
)
from app.api.server.refusals import Refusal

if TYPE_CHECKING:
    from app.api.server.config import ServerConfig

RETRY = 503
RETRY_AFTER_SECONDS = 5
LINGERING_MAX = 100

_NOTHING, _HEAD, _BODY = range(3)
"""What of a request is still to come."""


class _Answer(NamedTuple):
    refusal: Refusal
    status: int
    message: str


_LARGE_TARGET = _Answer(
    Refusal.LARGE_HEAD, 414, f"The address is longer than {REQUEST_TARGET_BYTES_MAX:,} bytes: send a POST instead."
)
_LARGE_HEAD = _Answer(Refusal.LARGE_HEAD, 431, f"The headers are larger than {HEADER_BYTES_MAX:,} bytes.")
_MANY_HEADERS = _Answer(Refusal.LARGE_HEAD, 431, f"There are more than {HEADERS_MAX} headers.")
_UNREADABLE = _Answer(Refusal.UNREADABLE, 400, "This is no HTTP request that can be read.")
_NO_TUNNEL = _Answer(Refusal.UNREADABLE, 405, "CONNECT is not answered here.")
_SLOW_HEAD = _Answer(Refusal.SLOW_HEAD, 408, "The headers did not come in time.")
_SLOW_BODY = _Answer(Refusal.SLOW_BODY, 408, "The body did not come in time.")
_TOO_MANY_PIPELINED = _Answer(
    Refusal.TOO_MANY_PIPELINED, RETRY, f"More than {PIPELINED_REQUESTS_MAX} requests wait for their answers."
)


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, config: "ServerConfig", *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self.address = ""
        self._connections = config.connections
        self._idle = config.connections.idle
        self._awaited = _HEAD
        self._noted = _HEAD
        self._gathered_bytes = 0  # Since the head began, or since the last body part: the parser keeps some of it.
        self._head_bytes = 0
        self._late_bytes = 0
        self._part_bytes = 0
        self._refusal: _Answer | None = None
        self._ignores_upgrade = False
        self._is_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, or refuse it before anything is read."""
        super().connection_made(transport)
        self.address = counted_address(self.client[0]) if self.client else ""
        refusal = self._connections.admit(self)
        if refusal is not None:
            self._turn_away(refusal)

    def _turn_away(self, refusal: Refusal) -> None:
        self._connections.refusals.note(refusal, self.address)
        if len(self._connections) >= self._connections.limits.connections_max + LINGERING_MAX:
            self._is_over = True
            self.transport.abort()
        else:
            self._connections.join(self)
            self._send_refusal(_Answer(refusal, RETRY, "There are too many connections: try again later."))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._connections.leave(self)
        self._is_over = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come, in pieces that are judged one by one."""
        if len(data) <= SLICE_BYTES:
            self._read(data)
            return
        for start in range(0, len(data), SLICE_BYTES):
            self._read(data[start : start + SLICE_BYTES])

    def _read(self, data: bytes) -> None:
        if self._is_over:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._refusal or _UNREADABLE)
        if self._awaited != _NOTHING:
            self._gathered_bytes += len(data)
            if self._gathered_bytes > HEADER_BYTES_MAX + REQUEST_TARGET_BYTES_MAX + SLICE_BYTES:
                self._refuse(_LARGE_HEAD)
        if self._awaited != self._noted and not self._is_over:
            self._note_awaited()

    def _note_awaited(self) -> None:
        """Join the list of what is awaited. A request that comes whole never does."""
        self._connections.end_head(self)
        self._connections.bodies.pop(self, None)
        if self._awaited == _HEAD:
            self._connections.begin_head(self)
        elif self._awaited == _BODY:
            self._connections.bodies[self] = self.loop.time()
        self._noted = self._awaited

    def on_message_begin(self) -> None:
        """A request begins."""
        self._idle.pop(self, None)
        self._awaited = _HEAD
        self._gathered_bytes = self._head_bytes = self._late_bytes = self._part_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the address it is for."""
        self.url += url
        if len(self.url) > REQUEST_TARGET_BYTES_MAX:
            self._stop_reading(_LARGE_TARGET)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; what trails a body is left out."""
        self._head_bytes += len(name) + len(value)
        headers = self.headers
        if self._head_bytes > HEADER_BYTES_MAX:
            self._stop_reading(_LARGE_HEAD)
        if len(headers) >= HEADERS_MAX:
            self._stop_reading(_MANY_HEADERS)
        if self._awaited == _BODY:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: the application may begin."""
        if self.parser.should_upgrade() and not self._should_upgrade():
            self._ignores_upgrade = True
            return
        if len(self.pipeline) >= PIPELINED_REQUESTS_MAX:
            self._stop_reading(_TOO_MANY_PIPELINED)
        self._awaited = _BODY
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body. Once the request is answered it is of no more use."""
        cycle = self.cycle
        if cycle.response_complete:
            self._late_bytes += len(body)
            if self._late_bytes > LATE_BODY_BYTES_MAX:
                self._end()
            return
        self._gathered_bytes = 0
        self._part_bytes += len(body)
        if self._part_bytes >= BODY_PART_BYTES and self._connections.bodies.pop(self, None) is not None:
            self._connections.bodies[self] = self.loop.time()  # Behind the others: they began to wait before.
            self._part_bytes = 0
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._ignores_upgrade or (self.parser.should_upgrade() and self._should_upgrade()):
            return
        self._awaited = _NOTHING
        cycle = self.cycle
        if cycle.response_complete:
            self._idle[self] = self.loop.time()
            return
        cycle.more_body = False
        cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Answer the next request that has come, or wait for one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._awaited == _NOTHING:
            self._idle[self] = self.loop.time()

    def _should_upgrade(self) -> bool:
        """Whether to become a WebSocket: whatever else is proposed is ignored, as RFC 9110 (7.8) lets a server do."""
        proposed = [value.strip().lower() for name, value in self.headers if name == b"upgrade"]
        return proposed == [b"websocket"] and self.parser.get_method() == b"GET" and self._should_upgrade_to_ws()

    def _upgrade(self, rest: bytes) -> None:
        """Become a WebSocket, or read the request again as one that proposes nothing.

        The parser takes what follows such a head for another protocol, so a new parser reads the head without the
        upgrade.
        """
        if not self._ignores_upgrade:
            self._awaited = self._noted
            self._connections.leave(self)
            self._is_over = True
            self.handle_websocket_upgrade()
            if rest:
                cast("asyncio.Protocol", self.transport.get_protocol()).data_received(rest)
            return
        self._ignores_upgrade = False
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(_NO_TUNNEL)
            return
        lines = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % (name, value) for name, value in map(_without_upgrade, self.headers) if value]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._read(b"\r\n".join([*lines, b"", b""]))
        if rest:
            self._read(rest)

    def pause_writing(self) -> None:
        """The client does not take what it is sent."""
        super().pause_writing()
        self._connections.stall(self)

    def resume_writing(self) -> None:
        """It takes it again."""
        super().resume_writing()
        self._connections.flow(self)

    def end_quietly(self) -> None:
        """End a connection on which nothing happens."""
        self.transport.close()

    def end_slow_head(self) -> None:
        """End a connection that says nothing, or has stopped half-way."""
        if self.headers is not None:
            self._refuse(_SLOW_HEAD)
        else:
            self._connections.refusals.note(Refusal.SLOW_HEAD, self.address)
            self._end()

    def end_slow_body(self) -> None:
        """End a connection whose body does not come; but it may be we who do not read it."""
        if self.flow.read_paused:
            self._connections.bodies[self] = self.loop.time()
        else:
            self._refuse(_SLOW_BODY)

    def _stop_reading(self, answer: _Answer) -> None:
        """Refuse the request from within the parser."""
        self._refusal = answer
        raise _Refused

    def _refuse(self, answer: _Answer) -> None:
        """Answer this and close; but never after or in the middle of another answer."""
        if self._is_over:
            return
        self._connections.refusals.note(answer.refusal, self.address)
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if self._awaited == _HEAD:
            if cycle is None or cycle.response_complete:
                self._send_refusal(answer)
            else:
                cycle.keep_alive = False  # The requests before it are answered, and then it closes.
                self._is_over = True
            return
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if not cycle.response_started and not self.pipeline:
                self._send_refusal(answer)
                return
        self._end()

    def _send_refusal(self, answer: _Answer) -> None:
        body = json.dumps({"errors": [{"message": answer.message, "extensions": {"code": "BAD_REQUEST"}}]}).encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        if answer.status == RETRY:
            headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
        lines = [STATUS_LINE[answer.status], *(b"%s: %s\r\n" % header for header in headers), b"\r\n", body]
        self.transport.write(b"".join(lines))
        self._linger()

    def _linger(self) -> None:
        """Read for a moment what still comes: if we closed at once, the client would see a reset and not the answer."""
        self._is_over = True
        self._connections.end_head(self)
        for waiting in (self._connections.bodies, self._idle):
            waiting.pop(self, None)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _end(self) -> None:
        self._is_over = True
        self.transport.close()


class _Refused(Exception):
    """Stops the parser."""


def _without_upgrade(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header that proposes no upgrade; without a value where nothing is left of it."""
    name, value = header
    if name == b"upgrade":
        return name, b""
    if name == b"connection":
        tokens = [token.strip() for token in value.split(b",")]
        return name, b", ".join(token for token in tokens if token.lower() != b"upgrade")
    return header
