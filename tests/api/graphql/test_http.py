import asyncio
import gzip
import json
import logging
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.api import http_request
from app.api.application import Application
from app.api.deadlines import Deadlines
from app.api.graphql import http, operations
from app.api.graphql.http import graphql_routes
from app.settings import load_settings
from tests.api.graphql.conftest import KEY, Client
from tests.api.graphql.library import SCHEMA

NEW = {"Accept": "application/graphql-response+json"}
BOOK = {"query": "{ book { id } }"}


def only_error(response):
    [error] = response.json()["errors"]
    return error["extensions"]["code"], error["message"]


def test_answers_a_query(client):
    response = client.post("/graphql", json=BOOK)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == {"data": {"book": {"id": "b1"}}}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json;q=0.5, application/graphql-response+json", "application/graphql-response+json"),
        ("application/graphql-response+json, application/json", "application/graphql-response+json"),
        ("text/html, application/json;q=0.1", "application/json"),
    ],
)
def test_answers_in_the_type_that_is_accepted(client, accept, media_type):
    response = client.post("/graphql", json=BOOK, headers={"Accept": accept})
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


def test_refuses_to_answer_in_a_type_it_does_not_have(client):
    assert client.post("/graphql", json=BOOK, headers={"Accept": "text/html"}).status_code == 406


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query ($n: Int!) { book(number: $n) { id } }"},
        {"query": "query ($n: Int!) { book(number: $n) { id } }", "variables": {"n": "one"}},
        {"query": "query a { book { id } }", "operationName": "b"},
        {"query": "subscription { counts(to: 1) }"},
    ],
)
def test_answers_request_errors_with_the_status_of_the_accepted_type(client, body):
    response = client.post("/graphql", json=body, headers=NEW)
    assert response.status_code == 400
    assert "data" not in response.json()
    assert only_error(response)[0] == "BAD_REQUEST"
    if "subscription" not in body["query"]:
        assert client.post("/graphql", json=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"query": "\\ud800"}', "not JSON"),
        (b'{"query": "{ book { id } }", "variables": {"a": "\\u0000"}}', "NUL"),
        (b"[" * 2_000 + b"]" * 2_000, "not JSON"),
        (b"[]", "Batches"),
        (b'[{"query": "{ book { id } }"}]', "Batches"),
        (b'"text"', "JSON object"),
        (b"{}", "`query`"),
        (b'{"query": 7}', "`query`"),
        (b'{"query": " "}', "`query`"),
        (b'{"query": "{ book { id } }", "operationName": 7}', "`operationName`"),
        (b'{"query": "{ book { id } }", "variables": []}', "`variables`"),
        (b'{"query": "{ book { id } }", "extensions": "x"}', "`extensions`"),
    ],
)
def test_refuses_a_body_that_is_no_request(client, body, says):
    response = client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    code, message = only_error(response)
    assert code == "BAD_REQUEST"
    assert says in message


def test_takes_an_escaped_backslash_for_no_nul(client):
    body = b'{"query": "{ book { id } }", "variables": {"a": "\\\\u0000"}}'
    assert client.post("/graphql", content=body, headers={"Content-Type": "application/json"}).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/graphql", ""],
)
def test_refuses_other_content_types(client, content_type):
    response = client.post("/graphql", content=json.dumps(BOOK), headers={"Content-Type": content_type})
    assert response.status_code == 415


def test_refuses_other_character_sets(client):
    for parameters in ("charset=utf-16", 'profile=x; charset="UTF-16"'):
        headers = {"Content-Type": f"application/json; {parameters}"}
        assert client.post("/graphql", content=json.dumps(BOOK), headers=headers).status_code == 415


@pytest.mark.parametrize("parameters", ["charset=UTF-8", 'charset="utf-8"; profile="x"', "version=1", "", "profile=x;"])
def test_ignores_parameters_of_the_type_that_it_does_not_know(client, parameters):
    headers = {"Content-Type": f"application/json ;{parameters}"}
    assert client.post("/graphql", content=json.dumps(BOOK), headers=headers).status_code == 200


def test_refuses_a_compressed_body_and_says_so(client):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = client.post("/graphql", content=gzip.compress(json.dumps(BOOK).encode()), headers=headers)
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"
    assert only_error(response) == (
        "BAD_REQUEST",
        "The body may not be compressed: send it without `Content-Encoding: gzip`.",
    )
    assert client.post("/graphql", json=BOOK, headers={"Content-Encoding": "identity"}).status_code == 200


def test_refuses_a_large_body_whatever_its_length_says(client, monkeypatch):
    monkeypatch.setattr(http, "BODY_BYTES_MAX", 100)

    async def chunks():
        yield b'{"query": "'
        yield b"x" * 100

    response = client.post("/graphql", content=chunks(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert only_error(response) == ("BAD_REQUEST", "The body is larger than 100 bytes.")


def test_puts_a_body_together_that_comes_in_parts(client):
    async def chunks():
        for byte in json.dumps(BOOK).encode():
            yield bytes([byte])

    response = client.post("/graphql", content=chunks(), headers={"Content-Type": "application/json"})
    assert response.json() == {"data": {"book": {"id": "b1"}}}


async def converse(application, messages, **headers):
    """What is sent in answer to these messages of an ASGI server; after the last one nothing more comes."""
    sent = []
    waiting = iter(messages)

    async def receive():
        message = next(waiting, None)
        if message is None:
            await asyncio.Event().wait()
        return message

    async def send(message):
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": raw, "root_path": ""}
    await application(scope, receive, send)
    return sent


JSON_HEADERS = {"Authorization": KEY, "content-type": "application/json"}


async def test_refuses_a_body_that_does_not_come(make_application, monkeypatch):
    monkeypatch.setattr(http_request, "_slow_bodies", Deadlines(0.02))
    begun = [{"type": "http.request", "body": b"{", "more_body": True}]
    start, body = await converse(make_application(), begun, **JSON_HEADERS)
    assert start["status"] == 408
    assert b"The body, or 65,536 more bytes of it, took longer than 30 seconds." in body["body"]


async def test_waits_as_long_for_each_further_part_of_a_body(monkeypatch):
    began_with_left = []

    class Noted(Deadlines):
        def start(self):
            began_with_left.append(len(left))
            return super().start()

    monkeypatch.setattr(http_request, "_slow_bodies", Noted(3600))
    monkeypatch.setattr(http_request, "BODY_PART_BYTES", 2)

    async def receive():
        left.pop()
        return {"type": "http.request", "body": b"ab", "more_body": bool(left)}

    left = [None] * 6
    body = await http_request.read_body({"content-type": "application/json"}, receive, 1_000)
    assert body == b"ab" * 6
    assert began_with_left == [6, 5, 4, 3, 2, 1]


async def test_answers_nobody_who_went_away(make_application):
    begun = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    assert await converse(make_application(), begun, **JSON_HEADERS) == []


async def test_takes_the_first_of_several_headers_of_one_name(make_application):
    whole = [{"type": "http.request", "body": json.dumps(BOOK).encode()}]
    headers = JSON_HEADERS | {"AUTHORIZATION": "API-Key other"}
    start, _ = await converse(make_application(), whole, **headers)
    assert start["status"] == 200


async def test_answers_first_what_is_for_graphql_and_leaves_the_rest(keys):
    routes = graphql_routes(SCHEMA, load_settings(), keys.authenticate, keys.still_allowed)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(Application(routes=[Route("/other", PlainTextResponse("other")), *routes])),
        base_url="http://testserver",
        headers={"Authorization": KEY},
    )
    async with client:
        assert (await client.post("/graphql", json=BOOK)).json() == {"data": {"book": {"id": "b1"}}}
        assert (await client.get("/other")).text == "other"
        assert (await client.get("/other/")).status_code == 404  # A redirect would lose TLS behind a proxy.


@pytest.mark.parametrize("make", [Starlette, Application])
async def test_answers_with_a_slash_at_the_end_as_without(keys, make):
    application = make(routes=graphql_routes(SCHEMA, load_settings(), keys.authenticate, keys.still_allowed))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(application), base_url="http://testserver", headers={"Authorization": KEY}
    )
    async with client:
        for path in ("/graphql", "/graphql/"):
            assert (await client.post(path, json=BOOK)).json() == {"data": {"book": {"id": "b1"}}}


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH"])
def test_refuses_other_methods(client, method):
    response = client.request(method, "/graphql?query={book{id}}")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, OPTIONS"


def test_echoes_a_sane_request_id_and_tells_the_actor(client):
    response = client.post("/graphql", json={"query": "{ who }"}, headers={"X-Request-Id": "abc-123"})
    assert response.headers["x-request-id"] == "abc-123"
    assert response.json() == {"data": {"who": "tester abc-123"}}


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\\n"])
def test_makes_a_request_id_where_the_given_one_is_not_sane(client, given):
    made = client.post("/graphql", json=BOOK, headers={"X-Request-Id": given}).headers["x-request-id"]
    again = client.post("/graphql", json=BOOK, headers={"X-Request-Id": given}).headers["x-request-id"]
    assert len({given, made, again}) == 3
    assert UUID(made) != UUID(again)


def test_answers_timeout_after_the_deadline(make_application, monkeypatch):
    made = operations.Operations.__init__
    monkeypatch.setattr(operations.Operations, "__init__", lambda self, *args: made(self, *args, timeout_seconds=0.05))
    client = Client(make_application(), Authorization=KEY)
    response = client.post("/graphql", json={"query": "{ sleeps(seconds: 30) }"}, headers={"X-Request-Id": "r1"})
    assert response.json()["data"] is None
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "TIMEOUT", "requestId": "r1"}


def test_masks_what_is_wrong_on_our_side_and_logs_it(client, caplog):
    with caplog.at_level(logging.ERROR, "quaestor.graphql"):
        response = client.post("/graphql", json={"query": '{ fails(how: "internal") }'}, headers={"X-Request-Id": "r1"})
    assert response.status_code == 200
    assert "secret" not in response.text
    [error] = response.json()["errors"]
    assert error["message"].startswith("Something went wrong on our side.")
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "r1"}
    assert error["path"] == ["fails"]
    [record] = caplog.records
    assert record.request_id == "r1"
    assert "RuntimeError: secret" in caplog.text


def test_answers_integers_beyond_64_bits(ask):
    assert ask("{ echo(wanted: {metadata: {n: 123456789012345678901234567890}}) }") == {
        "data": {"echo": {"metadata": {"n": 123456789012345678901234567890}}}
    }
