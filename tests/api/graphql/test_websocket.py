import asyncio
import contextlib
import json

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.api.graphql import open_streams, websocket
from app.api.server.limits import PINGS_AT_ONCE_MAX

INIT = {"type": "connection_init", "payload": {"Authorization": "API-Key k"}}
COUNT = {"query": "subscription ($to: Int!) { counts(to: $to) }", "variables": {"to": 2}}
FOREVER = {"query": "subscription { counts(to: 1000000, every: 60) }"}
LONE_SURROGATE = '"\\ud800"'
NUL = '"\\u0000"'


class Socket:
    def __init__(self, connection):
        self.connection = connection

    async def say(self, *messages):
        for message in messages:
            await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self):
        text = await asyncio.wait_for(self.connection.recv(), 60)
        assert isinstance(text, str)
        return json.loads(text)

    async def closed(self):
        """The code and reason the server closes with, whatever it says before."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(self.connection.recv(), 60)
        return self.connection.close_code, self.connection.close_reason


@pytest.fixture
def open_socket(served):
    @contextlib.asynccontextmanager
    async def open_socket(*, init=True, protocol="graphql-transport-ws", address=None, **options):
        url = f"ws://{address or served}/graphql"
        async with websockets.connect(
            url, subprotocols=[protocol] if protocol else None, proxy=None, **options
        ) as connection:
            socket = Socket(connection)
            if init:
                await socket.say(INIT)
                assert await socket.hear() == {"type": "connection_ack"}
            yield socket

    return open_socket


async def test_sends_every_event_and_completes(open_socket):
    async with open_socket() as socket:
        assert socket.connection.subprotocol == "graphql-transport-ws"
        await socket.say({"type": "subscribe", "id": "1", "payload": COUNT})
        assert [await socket.hear() for _ in range(3)] == [
            {"id": "1", "type": "next", "payload": {"data": {"counts": 0}}},
            {"id": "1", "type": "next", "payload": {"data": {"counts": 1}}},
            {"id": "1", "type": "complete"},
        ]


async def test_answers_queries_and_mutations_once(open_socket):
    async with open_socket() as socket:
        for query, data in (
            ("{ book { id } }", {"book": {"id": "b1"}}),
            ("mutation { __typename }", {"__typename": "Mutation"}),
        ):
            await socket.say({"type": "subscribe", "id": "1", "payload": {"query": query}})
            assert await socket.hear() == {"id": "1", "type": "next", "payload": {"data": data}}
            assert await socket.hear() == {"id": "1", "type": "complete"}


async def test_runs_operations_side_by_side_and_frees_completed_ids(open_socket):
    async with open_socket() as socket:
        await socket.say({"type": "subscribe", "id": "a", "payload": FOREVER})
        assert (await socket.hear())["id"] == "a"
        await socket.say({"type": "subscribe", "id": "b", "payload": COUNT})
        assert [(await socket.hear())["id"] for _ in range(3)] == ["b", "b", "b"]
        await socket.say({"type": "complete", "id": "a"}, {"type": "subscribe", "id": "a", "payload": COUNT})
        assert [(await socket.hear())["type"] for _ in range(3)] == ["next", "next", "complete"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "BAD_REQUEST"),
        ("{ nothing }", "BAD_REQUEST"),
        ("subscription { refuses }", "VALIDATION"),
    ],
)
async def test_tells_what_is_wrong_with_an_operation_and_lives_on(open_socket, query, code):
    async with open_socket() as socket:
        await socket.say({"type": "subscribe", "id": "1", "payload": {"query": query}})
        message = await socket.hear()
        assert (message["id"], message["type"]) == ("1", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        await socket.say({"type": "subscribe", "id": "1", "payload": COUNT})
        assert (await socket.hear())["type"] == "next"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ('{"query": ""}', "`query` must be a string that holds"),
        ('{"query": " \\n", "variables": null}', "`query` must be a string that holds"),
        (f'{{"query": "query ($n: Int) {{ book {{ id }} }}", "variables": {{"n": {LONE_SURROGATE}}}}}', "surrogate"),
        (f'{{"query": {LONE_SURROGATE}}}', "surrogate"),
        (f'{{"query": "{{ book {{ id }} }}", "variables": {{"n": {NUL}}}}}', "NUL character"),
    ],
)
async def test_answers_one_bad_request_of_a_live_socket_by_its_id(open_socket, payload, says):
    async with open_socket() as socket:
        await socket.say({"type": "subscribe", "id": "other", "payload": FOREVER})
        assert (await socket.hear())["id"] == "other"
        await socket.say(f'{{"type": "subscribe", "id": "1", "payload": {payload}}}')
        message = await socket.hear()
        assert (message["id"], message["type"]) == ("1", "error")
        [error] = message["payload"]
        assert says in error["message"]
        assert error["extensions"] == {"code": "BAD_REQUEST"}
        await socket.say({"type": "subscribe", "id": "1", "payload": COUNT})
        assert [(await socket.hear())["id"] for _ in range(3)] == ["1", "1", "1"]


@pytest.mark.parametrize("query", ["", '"query": null, '])
async def test_asks_for_the_query_of_a_persisted_one_by_its_id(open_socket, query):
    async with open_socket() as socket:
        await socket.say({"type": "subscribe", "id": "other", "payload": FOREVER})
        assert (await socket.hear())["id"] == "other"
        payload = f'{{{query}"extensions": {{"persistedQuery": {{"version": 1, "sha256Hash": "ab"}}}}}}'
        await socket.say(f'{{"type": "subscribe", "id": "1", "payload": {payload}}}')
        error = {"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}
        assert await socket.hear() == {"id": "1", "type": "error", "payload": [error]}
        await socket.say({"type": "subscribe", "id": "1", "payload": COUNT})
        assert [(await socket.hear())["id"] for _ in range(3)] == ["1", "1", "1"]


IDLE_MESSAGES = [{"type": "ping"}, {"type": "pong"}, {"type": "complete", "id": "of nothing"}]


@pytest.mark.parametrize("message", IDLE_MESSAGES)
async def test_takes_as_many_messages_that_ask_for_nothing_as_it_allows(open_socket, message):
    async with open_socket() as socket:
        await socket.say(*[message] * PINGS_AT_ONCE_MAX, {"type": "subscribe", "id": "1", "payload": COUNT})
        answers = [await socket.hear() for _ in range((message["type"] == "ping") * PINGS_AT_ONCE_MAX + 3)]
        assert [answer["type"] for answer in answers if answer != {"type": "pong"}] == ["next", "next", "complete"]


@pytest.mark.parametrize("message", IDLE_MESSAGES)
async def test_ends_a_socket_that_sends_them_without_end(open_socket, message):
    async with open_socket() as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.say(*[message] * PINGS_AT_ONCE_MAX * 10)
        assert await socket.closed() == (1008, "At most 100 pings at once and 10 a second.")


async def test_lives_on_after_strings_that_only_others_would_look_at(open_socket):
    async with open_socket(init=False) as socket:
        await socket.say(f'{{"type": "ping", "payload": {{"x": {LONE_SURROGATE}}}}}')
        assert await socket.hear() == {"type": "pong"}
        await socket.say(f'{{"type": "connection_init", "payload": {{"client": {NUL}, "Authorization": "API-Key k"}}}}')
        assert await socket.hear() == {"type": "connection_ack"}


async def test_takes_the_key_of_the_upgrade_request(open_socket):
    async with open_socket(init=False, additional_headers={"Authorization": "API-Key k"}) as socket:
        await socket.say({"type": "connection_init", "payload": {"client": "a program"}})
        assert await socket.hear() == {"type": "connection_ack"}
        await socket.say({"type": "subscribe", "id": "1", "payload": COUNT})
        assert (await socket.hear())["type"] == "next"


async def test_takes_the_key_of_connection_init_before_that_of_the_upgrade_request(open_socket):
    async with open_socket(init=False, additional_headers={"Authorization": "API-Key k"}) as socket:
        await socket.say({"type": "connection_init", "payload": {"Authorization": "API-Key other"}})
        assert await socket.closed() == (4403, "Unknown key.")


async def test_answers_pings(open_socket):
    async with open_socket(init=False) as socket:
        await socket.say({"type": "ping"}, {"type": "pong"}, {"type": "ping", "payload": {"n": 1}})
        assert await socket.hear() == {"type": "pong"}
        assert await socket.hear() == {"type": "pong", "payload": {"n": 1}}


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        (["{"], 4400, "The body is not JSON"),
        (["[]"], 4400, "A message must be a JSON object with a `type`."),
        (['{"type": 7}'], 4400, "A message must be a JSON object with a `type`."),
        (['{"type": "ping", "payload": NaN}'], 4400, "The body is not JSON"),
        (["[" * 5_000 + "]" * 5_000], 4400, "The body is not JSON"),
        ([f'{{"type": {LONE_SURROGATE}}}'], 4400, "There is no message of type ."),
        ([INIT, f'{{"type": "subscribe", "id": {LONE_SURROGATE}, "payload": {{"query": ""}}}}'], 4400, "`id` must be"),
        ([INIT, f'{{"type": "subscribe", "id": "1", "payload": {LONE_SURROGATE}}}'], 4400, "The body must be a JSON"),
        (
            [INIT, f'{{"type": "subscribe", "id": "1", "payload": {{"query": 7, "x": {NUL}}}}}'],
            4400,
            "`query` must be a string",
        ),
        (
            [INIT, {"type": "subscribe", "id": "1", "payload": {"query": "{", "variables": []}}],
            4400,
            "`variables` must be an object or null.",
        ),
        (
            [f'{{"type": "connection_init", "payload": {{"Authorization": {LONE_SURROGATE}}}}}'],
            4403,
            "A key is needed.",
        ),
        ([b"{}"], 4400, "Messages must be text frames."),
        ([{"type": "start"}], 4400, "There is no message of type start."),
        ([{"type": "connection_init", "payload": 7}], 4400, "The payload of connection_init must be an object."),
        ([{"type": "subscribe", "id": "1", "payload": COUNT}], 4401, "Unauthorized"),
        ([{"type": "connection_init"}], 4403, "A key is needed."),
        ([{"type": "connection_init", "payload": {"Authorization": "API-Key no"}}], 4403, "Unknown key."),
        ([{"type": "connection_init", "payload": {"Authorization": 7}}], 4403, "A key is needed."),
        ([INIT, INIT], 4429, "Too many initialisation requests"),
        ([INIT, {"type": "subscribe", "payload": COUNT}], 4400, "`id` must be a string that is not empty."),
        ([INIT, {"type": "subscribe", "id": "1"}], 4400, "The body must be a JSON object with a `query`."),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {"query": 1}}], 4400, "`query` must be a string"),
        (
            [INIT, *[{"type": "subscribe", "id": "1", "payload": FOREVER}] * 2],
            4409,
            "Subscriber for 1 already exists",
        ),
    ],
)
async def test_closes_with_the_code_of_the_fault(open_socket, messages, code, reason):
    async with open_socket(init=False) as socket:
        await socket.say(*messages)
        closed = await socket.closed()
        assert closed[0] == code
        assert closed[1].startswith(reason)


async def test_takes_the_key_by_any_case_of_its_name(open_socket):
    async with open_socket(init=False) as socket:
        await socket.say({"type": "connection_init", "payload": {"authorization": "API-Key k"}})
        assert await socket.hear() == {"type": "connection_ack"}


@pytest.mark.parametrize("protocol", [None, "graphql-ws"])
async def test_refuses_other_subprotocols(open_socket, protocol):
    async with open_socket(init=False, protocol=protocol) as socket:
        assert await socket.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "file://", "electron://altair"])
async def test_refuses_pages_of_other_origins(open_socket, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(origin=origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.fixture
def allowed_origin(request, monkeypatch):
    monkeypatch.setenv("QUAESTOR_ALLOWED_ORIGINS", request.param)
    return request.param


@pytest.mark.parametrize(
    "allowed_origin", ["null", "file://", "electron://altair", "moz-extension://0b"], indirect=True
)
async def test_admits_whatever_origin_the_settings_name(allowed_origin, open_socket):
    async with open_socket(origin=allowed_origin) as socket:
        await socket.say({"type": "ping"})
        assert await socket.hear() == {"type": "pong"}


async def test_closes_a_socket_that_says_nothing(open_socket, monkeypatch):
    monkeypatch.setattr(websocket, "INIT_TIMEOUT_SECONDS", 0.05)
    async with open_socket(init=False) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_bounds_the_operations_of_a_socket(open_socket, monkeypatch):
    monkeypatch.setattr(websocket, "OPERATIONS_PER_SOCKET_MAX", 1)
    async with open_socket() as socket:
        await socket.say(*({"type": "subscribe", "id": each, "payload": FOREVER} for each in "ab"))
        heard = {message["id"]: message for message in [await socket.hear(), await socket.hear()]}
        assert heard["a"]["type"] == "next"
        assert heard["b"]["type"] == "error"
        assert heard["b"]["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}


async def test_refuses_one_stream_too_many_as_an_error_of_its_id(open_socket, serve):
    address = await serve(streams_per_key_max=1)
    async with open_socket(address=address) as one, open_socket(address=address) as other:
        await one.say({"type": "subscribe", "id": "a", "payload": FOREVER})
        assert (await one.hear())["type"] == "next"
        await other.say({"type": "subscribe", "id": "b", "payload": FOREVER})
        message = await other.hear()
        assert (message["id"], message["type"]) == ("b", "error")
        assert message["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert "QUAESTOR_STREAMS_PER_KEY_MAX" in message["payload"][0]["message"]
        await other.say({"type": "subscribe", "id": "b", "payload": {"query": "{ book { id } }"}})
        assert (await other.hear())["payload"] == {"data": {"book": {"id": "b1"}}}


async def test_closes_on_a_message_that_is_too_long(open_socket, monkeypatch):
    monkeypatch.setattr(websocket, "MESSAGE_CHARACTERS_MAX", 200)
    async with open_socket() as socket:
        await socket.say({"type": "ping", "payload": {"x": "x" * 200}})
        assert await socket.closed() == (1009, "The message is longer than 200 characters.")


async def test_ends_the_subscriptions_of_a_revoked_key(open_socket, keys, monkeypatch):
    monkeypatch.setattr(open_streams, "ASK_EVERY_SECONDS", 0.02)
    async with open_socket() as socket:
        await socket.say({"type": "subscribe", "id": "1", "payload": FOREVER})
        assert (await socket.hear())["type"] == "next"
        keys.revoked = True
        assert await socket.closed() == (4403, "This key was revoked, or has expired.")


async def test_leaves_no_task_behind(open_socket):
    before = len(asyncio.all_tasks())
    async with open_socket() as socket:
        await socket.say({"type": "subscribe", "id": "1", "payload": FOREVER})
        await socket.hear()
    async with asyncio.timeout(60):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.02)
