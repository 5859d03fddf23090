"""Listeners: subscriptions over server-sent events and WebSockets, and a receiver of webhooks.

Each keeps what it heard, in the order in which it heard it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import orjson
import websockets
from aiohttp import web

RESUME_AFTER = 2_000
"""How many messages a listener hears before it connects again, if it is one of those that do."""
LINE_BYTES_MAX = 1_000_000

EVENTS = "subscription ($after: String) { events(after: $after) { cursor event { id type resourceId data } } }"
CHANGES = (
    "subscription ($after: String) { ledgerChanged(after: $after) { cursor type ledger { id status"
    " balance { posted { value } } metadata } } }"
)


class Listener:
    """One subscription that begins at a cursor. `heard` are the events' ids, or the changes' cursors."""

    def __init__(self, address: str, key: str, query: str, cursor: str, *, resumes: bool) -> None:
        self._address = urlsplit(address)
        self._key = key
        self.query = query
        self._resumes = resumes
        self.cursor = cursor
        self.heard: list[str] = []
        self.is_open = asyncio.Event()

    async def listen(self) -> None:
        """Listen until cancelled."""
        while True:
            self.is_open.clear()
            count = 0
            async for body in self.answers({"query": self.query, "variables": {"after": self.cursor}}):
                self._take(body)
                count += 1
                if self._resumes and count == RESUME_AFTER:
                    break
            else:
                message = f"a subscription ended by itself after {count:,} answers"
                raise ConnectionError(message)

    def answers(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The bodies of the answers."""
        raise NotImplementedError

    def _take(self, body: dict[str, Any]) -> None:
        assert "errors" not in body, body["errors"]
        (message,) = body["data"].values()
        self.cursor = message["cursor"]
        self.heard.append(message["event"]["id"] if "event" in message else message["cursor"])


class EventStreamListener(Listener):
    """Over server-sent events."""

    async def answers(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The bodies of the answers."""
        host, port = self._address.hostname, self._address.port
        reader, writer = await asyncio.open_connection(host, port, limit=LINE_BYTES_MAX)
        try:
            body = orjson.dumps(request)
            head = (
                f"POST /graphql HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: API-Key {self._key}\r\n"
                f"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            self.is_open.set()
            while line := await reader.readline():
                if line.startswith(b"data: {"):
                    yield orjson.loads(line[6:])
        finally:
            writer.transport.abort()


class SocketListener(Listener):
    """Over a WebSocket."""

    async def answers(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The bodies of the answers."""
        url = f"ws://{self._address.netloc}/graphql"
        headers = {"Authorization": f"API-Key {self._key}"}
        async with websockets.connect(
            url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")], additional_headers=headers, proxy=None
        ) as socket:
            await socket.send('{"type": "connection_init"}')
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            await socket.send(orjson.dumps({"type": "subscribe", "id": "1", "payload": request}).decode())
            self.is_open.set()
            async for text in socket:
                message = orjson.loads(text)
                assert message["type"] == "next", message
                yield message["payload"]


class Receiver:
    """Receives webhooks, each of them once if all goes well."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The address it listens on."""
        server = web.Application()
        server.router.add_post("/{path:.*}", self._handle)
        runner = web.AppRunner(server, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        await request.read()
        self.heard.append(request.headers["webhook-id"])
        return web.Response(status=204)
