"""A TCP server of asyncio on loopback that leaves nothing open, whenever it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TURNS_OF_AN_ACCEPTED_CONNECTION = 10
"""More than asyncio needs from taking a connection to calling who talks on it (3, in Python 3.11)."""


@contextlib.asynccontextmanager
async def serving(
    talk: Talk, host: str = "127.0.0.1", port: int = 0, *, patience_seconds: float = 60
) -> AsyncIterator[int]:
    """Serve with `talk` for each connection, which is closed afterwards; give the port, a free one if `port` is 0.

    At the end no connection is taken any more; those that were taken have `patience_seconds` to end as the other side
    ends them, and are then closed.
    """
    talks: set[asyncio.Task[None]] = set()

    async def talk_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await talk(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(talk_and_close(reader, writer)))

    server = await asyncio.start_server(begin, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        # A server of Python 3.11 that closes forgets a connection that it has taken and not yet handed on.
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening)
        for _ in range(TURNS_OF_AN_ACCEPTED_CONNECTION):
            await asyncio.sleep(0)
        server.close()
        if talks:
            _, late = await asyncio.wait(talks, timeout=patience_seconds)
            for each in late:
                each.cancel()
            for error in await asyncio.gather(*talks, return_exceptions=True):
                if isinstance(error, Exception):
                    raise error
