"""A receiver on loopback that writes literal bytes, right or wrong."""

import asyncio
import contextlib
import re

from tests.tcp_server import serving


class RawReceiver:
    """Reads each request whole, then writes the pieces of `answer`, letting go of the processor between them.

    `closes`: afterwards it ends the connection. `requests` holds what was read, `connections` how many there were.
    """

    def __init__(self, *answer, closes=True):
        self.answer = answer
        self.closes = closes
        self.requests = []
        self.connections = 0
        self.url = ""

    async def _talk(self, reader, writer):
        self.connections += 1
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
            self.requests.append(head + await reader.readexactly(length))
            for piece in self.answer:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
            if self.closes:
                break

    @contextlib.asynccontextmanager
    async def listening(self):
        async with serving(self._talk) as port:
            self.url = f"http://127.0.0.1:{port}/hooks"
            yield self
