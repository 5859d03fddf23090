"""One line for each request, over every transport, and nothing in it of what was sent."""

import asyncio
import json

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.api.application import Application
from app.api.graphql.http import graphql_routes
from app.kernel.request_log import request_log
from app.settings import load_settings
from tests.api.graphql.conftest import KEY
from tests.api.graphql.library import SCHEMA


@pytest.fixture
def lines():
    """What was told so far, without what differs each time."""
    written = []
    request_log.switch_on(as_json=True, write=written.append)

    def told():
        request_log.flush()
        read = [json.loads(line) for line in "".join(written).splitlines()]
        return [(line["method"], line["path"], line["operation"], line["status"]) for line in read]

    told.text = lambda: "".join(written)
    yield told
    request_log.switch_off()


@pytest.fixture
async def call(keys):
    async def fail(_request):
        raise ValueError

    application = Application(
        routes=[
            *graphql_routes(SCHEMA, load_settings(), keys.authenticate, keys.still_allowed),
            Route("/healthz", lambda _request: PlainTextResponse("fine")),
            Route("/page/{name}", lambda _request: PlainTextResponse("a page")),
            Route("/broken", fail),
        ]
    )
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:

        async def send(method, path, **options):
            headers = {"Authorization": KEY, **options.pop("headers", {})}
            return await client.request(method, path, headers=headers, **options)

        yield send


@pytest.mark.parametrize(
    ("body", "operation", "status"),
    [
        ({"query": "query Shelf { book { id } }"}, "Shelf", 200),
        ({"query": "query A { book { id } } query B { who }", "operationName": "B"}, "B", 200),
        ({"query": "{ book { id } who }"}, "book", 200),
        ({"query": "{ nothing }"}, None, 200),
        ({"query": "{"}, None, 200),
        ({}, None, 400),
    ],
)
async def test_tells_of_each_request_by_its_operation(call, lines, body, operation, status):
    answer = await call("POST", "/graphql", json=body)
    assert lines() == [("POST", "/graphql", operation, status)]
    assert json.loads(lines.text())["request_id"] == answer.headers["x-request-id"]


async def test_tells_whose_request_it_was_and_nothing_of_what_was_sent(call, lines, keys):
    variables = {"secret": "a word that nobody else may read"}
    await call("POST", "/graphql", json={"query": "query Shelf { book { id } }", "variables": variables})
    lines()
    told = json.loads(lines.text())
    assert told["customer_id"] == str((await keys.authenticate(KEY)).customer_id)
    assert "nobody else" not in lines.text()
    assert KEY not in lines.text()
    assert set(told) == {
        *("at", "level", "logger", "message"),
        *("method", "path", "operation", "status", "ms", "request_id", "customer_id"),
    }


async def test_tells_of_who_has_no_key(call, lines):
    await call("POST", "/graphql", json={"query": "{ book { id } }"}, headers={"Authorization": "API-Key wrong"})
    assert lines() == [("POST", "/graphql", None, 401)]
    assert json.loads(lines.text())["customer_id"] is None


async def test_tells_of_pages_without_their_query_and_of_no_health(call, lines):
    await call("GET", "/page/one?token=a-token")
    await call("GET", "/healthz")
    await call("GET", "/nowhere")
    await call("GET", "/broken")
    assert lines() == [
        ("GET", "/page/one", None, 200),
        ("GET", "/nowhere", None, 404),
        ("GET", "/broken", None, 500),
    ]
    assert "a-token" not in lines.text()


async def test_tells_of_operations_on_a_socket(served, lines):
    import websockets  # noqa: PLC0415 - only this test opens one

    async with websockets.connect(f"ws://{served}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": KEY}}))
        await socket.recv()
        payload = {"query": "query Shelf { book { id } }"}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        while json.loads(await socket.recv())["type"] != "complete":
            pass
        while not lines():
            await asyncio.sleep(0.01)
    assert lines() == [("WEBSOCKET", "/graphql", "Shelf", 200)]
