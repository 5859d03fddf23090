"""Between a process and PostgreSQL: loses one connection, as a server that is killed does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path

PIECE_BYTES = 65_536
READY = b"Z\x00\x00\x00\x05I"
"""What the server ends its answer to a login with."""


class Loses(Enum):
    """When a connection is lost."""

    BEFORE_LOGIN = "before login"
    AFTER_LOGIN = "after login"
    AT_FIRST_STATEMENT = "at first statement"


class LosingRelay:
    """Relays each connection but one: the `lost`-th, counted from 1."""

    def __init__(self, target: Path, lost: int, when: Loses) -> None:
        self._target = target
        self._lost = lost
        self._when = when
        self.connections = 0
        """How many were made."""

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until either end closes it, or it is lost."""
        self.connections += 1
        is_lost = self.connections == self._lost
        if is_lost and self._when is Loses.BEFORE_LOGIN:
            writer.close()
            return
        server_reader, server_writer = await asyncio.open_unix_connection(self._target)
        pieces_max = 1 if is_lost and self._when is Loses.AT_FIRST_STATEMENT else None
        last = READY if is_lost and self._when is Loses.AFTER_LOGIN else None
        both = (
            asyncio.create_task(_copy(reader, server_writer, pieces_max=pieces_max)),
            asyncio.create_task(_copy(server_reader, writer, last=last)),
        )
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for closing in (writer, server_writer):
            closing.close()


async def _copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    pieces_max: int | None = None,
    last: bytes | None = None,
) -> None:
    """Copy until it ends; until there is one piece more than `pieces_max`; or until a piece ends with `last`."""
    copied = 0
    with suppress(ConnectionError):
        while (piece := await reader.read(PIECE_BYTES)) and copied != pieces_max:
            writer.write(piece)
            await writer.drain()
            copied += 1
            if last is not None and piece.endswith(last):
                writer.transport.abort()
                return


@asynccontextmanager
async def losing_relay(
    database_url: str, folder: Path, *, lost: int, when: Loses
) -> AsyncIterator[tuple[str, LosingRelay]]:
    """A URL that leads to this database, which listens on a socket in a folder, through the relay; and the relay."""
    before, _, behind = database_url.partition("host=")
    relay = LosingRelay(Path(behind) / ".s.PGSQL.5432", lost, when)
    async with await asyncio.start_unix_server(relay.relay, folder / ".s.PGSQL.5432") as server:
        yield f"{before}host={folder}", relay
        server.close()
