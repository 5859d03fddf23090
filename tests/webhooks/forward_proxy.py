"""A forward proxy on loopback: it tunnels where it is told to, and keeps what it was asked for."""

import asyncio
import contextlib

from tests.tcp_server import serving


class ForwardProxy:
    """`asked` holds each request's target, `heads` what came with it. `answer` replaces the tunnel by these bytes; one
    that `is_silent` says nothing.
    """

    def __init__(self, answer=None, *, is_silent=False):
        self.is_silent = is_silent
        self.answer = answer
        self.asked = []
        self.heads = []
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self):
        async with serving(self._talk) as self.port:
            yield self

    async def _talk(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].split(b" ")
        self.asked.append((method.decode(), target.decode()))
        self.heads.append(head.decode())
        if self.is_silent:
            await reader.read()
        elif self.answer is not None:
            writer.write(self.answer)
        else:
            await self._tunnel(target.decode(), reader, writer)

    async def _tunnel(self, target, reader, writer):
        host, _, port = target.rpartition(":")
        try:
            upstream_reader, upstream = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_copy(reader, upstream), _copy(upstream_reader, writer))
        finally:
            upstream.close()
            with contextlib.suppress(OSError):
                await upstream.wait_closed()


async def _copy(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
