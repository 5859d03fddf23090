"""A client that does not read its subscription is dropped, and nothing of it is kept; another one hears everything."""

import asyncio
import gc
import json
import socket
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import strawberry
import uvicorn
import websockets
from starlette.applications import Starlette

from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.http import graphql_routes
from app.api.server.config import ServerConfig
from app.api.server.limits import Limits
from app.settings import load_settings
from tests.api.graphql.conftest import KEY

CHARACTERS = 100_000
STALL_SECONDS = 1.0
ENOUGH = 400
"""Events that another client hears while that one does not read: more than any buffer of the system takes."""

_open = []
_events = []


@strawberry.type
class Query:
    nothing: str = ""


@strawberry.type
class Large:
    text: str


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def large(self) -> AsyncIterator[Large]:
        _open.append(self)
        try:
            while True:
                event = Large(text="x" * CHARACTERS)
                _events.append(weakref.ref(event))
                yield event
                await asyncio.sleep(0)
        finally:
            _open.pop()


SCHEMA = strawberry.Schema(query=Query, subscription=Subscription, execution_context_class=FastExecutor)
SUBSCRIBE = {"query": "subscription { large { text } }"}


@pytest.fixture
async def server(keys):
    """A server as the product starts it, on loopback."""
    _open.clear()
    _events.clear()
    routes = graphql_routes(SCHEMA, load_settings(), keys.authenticate, keys.still_allowed)
    limits = Limits(100, None, stall_seconds=STALL_SECONDS, closing_seconds=STALL_SECONDS)
    config = ServerConfig(Starlette(routes=routes), limits, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    server.tasks_before = asyncio.all_tasks()
    yield server
    server.should_exit = True
    await serving


def port_of(server):
    return server.servers[0].sockets[0].getsockname()[1]


@asynccontextmanager
async def ask_over_http(server):
    """A connection that has asked for a stream, and never reads."""
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        asking.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(asking, ("127.0.0.1", port_of(server)))
        body = json.dumps(SUBSCRIBE)
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {KEY}\r\nAccept: text/event-stream\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        await loop.sock_sendall(asking, (head + body).encode())
        yield


@asynccontextmanager
async def ask_over_websocket(server):
    """A connection that has subscribed twice, and reads no more."""
    connection = await websockets.connect(
        f"ws://127.0.0.1:{port_of(server)}/graphql",
        subprotocols=["graphql-transport-ws"],
        proxy=None,
        ping_interval=None,
        max_queue=1,
    )
    try:
        await connection.send(json.dumps({"type": "connection_init", "payload": {"Authorization": KEY}}))
        await connection.recv()
        for identifier in "ab":
            await connection.send(json.dumps({"type": "subscribe", "id": identifier, "payload": SUBSCRIBE}))
        yield
    finally:
        connection.transport.abort()
        await connection.wait_closed()


def tasks_of_the_server(server):
    """What runs for its connections."""
    return asyncio.all_tasks() - server.tasks_before - {asyncio.current_task()}


@pytest.mark.parametrize("ask", [ask_over_http, ask_over_websocket])
async def test_drops_who_does_not_read_and_keeps_nothing_of_it(server, ask):
    async with ask(server), asyncio.timeout(120):
        while not _events:
            await asyncio.sleep(0.01)
        while server.config.connections._stalled or len(server.config.connections) > 0 or _open:
            await asyncio.sleep(0.01)
        while tasks_of_the_server(server):  # Until they are done, they hold what they were telling.
            await asyncio.sleep(0.01)
        gc.collect()
        assert [event for event in _events if event() is not None] == []
        assert len(_events) < ENOUGH


async def test_holds_up_nobody_else(server):
    heard = 0
    headers = {"Authorization": KEY, "Accept": "text/event-stream"}
    url = f"http://127.0.0.1:{port_of(server)}/graphql"
    async with (
        ask_over_http(server),
        asyncio.timeout(120),
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
    ):
        while not _open:
            await asyncio.sleep(0.01)
        async with client.stream("POST", url, json=SUBSCRIBE, headers=headers) as reading:
            async for line in reading.aiter_lines():
                heard += line == "event: next"
                if heard >= ENOUGH and len(_open) == 1:  # The other one is dropped.
                    break
