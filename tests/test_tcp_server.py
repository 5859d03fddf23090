"""The server of tests leaves nothing open, whenever it ends."""

import asyncio
import socket

import pytest

from tests.tcp_server import serving


async def echo(reader, writer):
    writer.write(await reader.readexactly(1))


async def wait_for_ever(reader, _):
    await reader.read()


@pytest.mark.parametrize("turns", range(5))
async def test_closes_a_connection_that_comes_as_it_ends(turns):
    """However far it has come by then: at each of these turns of the loop it is a step further."""
    clients = [socket.socket() for _ in range(8)]
    async with serving(echo) as port:
        for client in clients:
            client.connect(("127.0.0.1", port))
            client.send(b"x")
        for _ in range(turns):
            await asyncio.sleep(0)
    for client in clients:
        client.close()


async def test_lets_a_connection_end_by_itself():
    async with serving(echo) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asyncio.get_running_loop().call_later(0.05, writer.write, b"x")
    assert await reader.read() == b"x"
    writer.close()
    await writer.wait_closed()


async def test_closes_a_connection_that_does_not_end():
    async with serving(wait_for_ever, patience_seconds=0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_tells_what_went_wrong_in_a_connection():
    async def fail(_reader, _writer):
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        async with serving(fail) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
