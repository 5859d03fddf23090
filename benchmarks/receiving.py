"""A receiver that costs little, so that the machine's cores are left to what is measured."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)

Take = Callable[[str, bytes], None]
Delay = Callable[[], float]


class _Talk(asyncio.Protocol):
    """One connection: any number of requests, each answered with 204 once it is there, or so many seconds later."""

    def __init__(self, take: Take, delay: Delay) -> None:
        self._take = take
        self._delay = delay
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        buffer = self._buffer
        buffer += data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(buffer, 0, end)
            assert length is not None, "each request has a body"
            whole = end + 4 + int(length[1])
            if len(buffer) < whole:
                return
            message_id = _ID.search(buffer, 0, end)
            self._take(message_id[1].decode() if message_id else "", bytes(buffer[end + 4 : whole]))
            del buffer[:whole]
            if seconds := self._delay():
                asyncio.get_running_loop().call_later(seconds, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        self._transport.write(ANSWER)  # type: ignore[attr-defined]


@asynccontextmanager
async def receiving(take: Take, delay: Delay = lambda: 0.0) -> AsyncIterator[str]:
    """Listen on loopback and call `take` with the id and the body of each message, which is answered after `delay`
    seconds; yields the address.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(take, delay), "127.0.0.1", 0, backlog=1024)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
