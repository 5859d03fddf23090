"""`quaestor listen`, against a real server and real receivers."""

import json
import queue
import subprocess
import sys
import threading
from contextlib import aclosing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner

from app.cli import follow_events as following
from app.cli.exits import ExitCode, WrongUsage, code_for
from app.cli.follow_events import Connection, Followed, follow_events
from app.cli.main import application
from app.kernel.errors import Refused
from tests.cli.running_dev import clean_environment

SECONDS_MAX = 120
CREATE_HOLDER = """
mutation {
  createHolder(input: {party: {person: {name: "Ada Byron"}}}) {
    ... on HolderSuccess { holder { id } }
    ... on Error { message }
  }
}
"""


def ask(dev, document, **variables):
    headers = {"Authorization": f"API-Key {dev.api_key}"}
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.post(f"{dev.url}/graphql", json={"query": document, "variables": variables}, headers=headers)
    return answer.json()["data"]


def create_holder(dev):
    return ask(dev, CREATE_HOLDER)["createHolder"]["holder"]["id"]


CREATE_ENDPOINT = """
mutation ($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    ... on WebhookSecretSuccess { endpoint { id } secret } ... on Error { message }
  }
}
"""
DELETE_ENDPOINT = "mutation ($id: ID!) { deleteWebhookEndpoint(endpointId: $id) { __typename } }"


def run_trigger(dev, event_type):
    environment = clean_environment(QUAESTOR_URL=dev.url, QUAESTOR_API_KEY=dev.api_key)
    command = [sys.executable, "-m", "app.cli.main", "trigger", event_type]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=SECONDS_MAX)


class Listening:
    """A running `quaestor listen`, and what it printed, line by line."""

    def __init__(self, process):
        self.process = process
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self):
        return self._lines.get(timeout=SECONDS_MAX)

    def end(self):
        self.process.terminate()
        self.process.wait(SECONDS_MAX)
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


@contextmanager
def listening(dev, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "listen", *arguments],
        env=clean_environment(QUAESTOR_URL=dev.url, QUAESTOR_API_KEY=dev.api_key),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    listener = Listening(process)
    try:
        yield listener
    finally:
        listener.end()


@pytest.fixture
def receiver():
    """Takes what is sent to it; answers 204."""
    received = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.put((body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.received = received
        server.url = f"http://127.0.0.1:{server.server_port}/webhooks"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_prints_what_happens_and_forwards_it_signed(dev, receiver):
    with listening(dev, "--json", "--types", "holder.created", "--forward-to", receiver.url) as listener:
        secret = json.loads(listener.line())["secret"]
        holder_id = create_holder(dev)
        told = json.loads(listener.line())
        body, headers = receiver.received.get(timeout=SECONDS_MAX)
    assert told["body"]["type"] == "holder.created"
    assert told["body"]["data"]["id"] == holder_id
    assert told["answer"] == "204"
    assert json.loads(body) == told["body"]
    assert told["headers"].items() <= headers.items()
    assert Webhook(secret).verify(body, headers) == told["body"]
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)


def test_a_message_has_the_very_form_of_a_delivery(dev, receiver):
    created = ask(
        dev,
        """mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
             ... on WebhookSecretSuccess { endpoint { id } secret } ... on Error { message } } }""",
        input={"url": receiver.url, "eventTypes": ["holder.created"], "payload": "FULL"},
    )["createWebhookEndpoint"]
    try:
        with listening(dev, "--json", "--types", "holder.created") as listener:
            listener.line()
            create_holder(dev)
            told = json.loads(listener.line())
            delivered, headers = receiver.received.get(timeout=SECONDS_MAX)
        assert json.dumps(json.loads(delivered)) == json.dumps(told["body"])  # The order of the fields, too.
        differing = {"webhook-timestamp", "webhook-signature"}
        assert told["headers"].keys() == headers.keys() - {"host", "content-length", "accept", "accept-encoding"}
        for name in told["headers"].keys() - differing:
            assert told["headers"][name] == headers[name]
        Webhook(created["secret"]).verify(delivered, headers)
    finally:
        ask(
            dev,
            "mutation ($id: ID!) { deleteWebhookEndpoint(endpointId: $id) { __typename } }",
            id=created["endpoint"]["id"],
        )


@pytest.mark.thorough
def test_prints_for_people(dev):
    with listening(dev, "--types", "holder.created") as listener:
        assert listener.line().startswith(f"Listening to {dev.url}. Messages are signed with whsec_")
        assert listener.line().startswith("The public key of their v1a signatures is whpk_")
        create_holder(dev)
        lines = [listener.line() for _ in range(10)]
    assert lines[:2] == ["", "holder.created"]
    names = [line.split(":")[0].strip() for line in lines[2:9]]
    assert names == [
        *("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"),
        *("x-quaestor-attempt", "x-quaestor-event-type"),
    ]
    assert json.loads(lines[9])["type"] == "holder.created"


@pytest.mark.thorough
def test_makes_the_messages_about_the_sides_of_a_transfer(dev, receiver):
    """In the very form of their deliveries, which have ids of their own."""
    created = ask(dev, CREATE_ENDPOINT, input={"url": receiver.url, "eventTypes": ["ledger.balance_changed"]})
    arguments = ("--json", "--types", "ledger.balance_changed")
    try:
        with listening(dev, *arguments) as listener:
            listener.line()
            run_trigger(dev, "transfer.posted")
            told = [json.loads(listener.line()) for _ in range(3)]  # Money arrives, and is transferred.
        bodies = {one["headers"]["webhook-id"]: one["body"] for one in told}
        delivered = {}
        while not bodies.keys() <= delivered.keys():  # The demo data moves money, too.
            body, headers = receiver.received.get(timeout=SECONDS_MAX)
            delivered[headers["webhook-id"]] = json.loads(body)
    finally:
        ask(dev, DELETE_ENDPOINT, id=created["createWebhookEndpoint"]["endpoint"]["id"])
    assert {one["body"]["type"] for one in told} == {"ledger.balance_changed"}
    assert bodies == {message_id: delivered[message_id] for message_id in bodies}


@pytest.mark.thorough
def test_says_that_nobody_receives(dev, free_port):
    with listening(
        dev, "--json", "--types", "holder.created", "--forward-to", f"http://127.0.0.1:{free_port}/"
    ) as listener:
        listener.line()
        create_holder(dev)
        assert json.loads(listener.line())["answer"].startswith("nothing (")


@pytest.mark.parametrize(
    "url",
    [
        *("127.0.0.1:9000", "ftp://127.0.0.1/", "http://", "mailto:x", "", "http://[::1", "http://[v1.x]/"),
        *("http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://127.0.0.1/\x00", "http://a b/", "http://u:p@a/"),
    ],
)
def test_refuses_an_address_that_it_cannot_send_to(url):
    result = CliRunner().invoke(application, ["listen", "--forward-to", url])
    assert isinstance(result.exception, WrongUsage)
    assert str(result.exception).startswith(f"--forward-to is {url!r}: give an address like http://")
    assert code_for(result.exception) is ExitCode.WRONG_USAGE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--types", "ledger.exploded"], "There is no such type of event"),
        (["--after", "nonsense"], "cursor"),
    ],
)
def test_ends_with_what_the_server_refuses(dev, monkeypatch, arguments, said):
    monkeypatch.setenv("QUAESTOR_URL", dev.url)
    monkeypatch.setenv("QUAESTOR_API_KEY", dev.api_key)
    result = CliRunner().invoke(application, ["listen", *arguments])
    assert isinstance(result.exception, Refused)
    assert said in str(result.exception)


def test_does_not_accept_another_key(dev, monkeypatch):
    monkeypatch.setenv("QUAESTOR_URL", dev.url)
    monkeypatch.setenv("QUAESTOR_API_KEY", "wrong")
    result = CliRunner().invoke(application, ["listen"])
    assert isinstance(result.exception, Refused)


class FlakyServer:
    """Streams some events, ends the stream without `complete`, and streams on behind the cursor it is asked for."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.asked_after = []

    def __call__(self, request):
        self.asked_after.append(json.loads(request.content)["variables"]["after"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer)
        if isinstance(answer, list):
            answer = ":\n\n" + "".join(f"event: next\ndata: {json.dumps(part)}\n\n" for part in answer)
        return httpx.Response(200, text=answer, headers={"content-type": "text/event-stream"})


def event(cursor):
    return {"data": {"events": {"cursor": cursor, "event": {"id": cursor}}}}


def failure(code):
    return {"data": None, "errors": [{"message": f"It is {code}.", "extensions": {"code": code}}]}


async def test_goes_on_behind_the_last_event_whatever_ended_the_stream(monkeypatch):
    monkeypatch.setattr(following, "PAUSE_SECONDS_MIN", 0.001)
    monkeypatch.setattr(following, "PAUSE_SECONDS_MAX", 0.002)
    server = FlakyServer(
        [
            [event("c1"), event("c2")],
            httpx.ConnectError("refused"),
            httpx.DecodingError("no gzip"),
            503,
            429,
            [failure("LIMIT_EXCEEDED")],
            [event("c3"), failure("INTERNAL")],
            [failure("CURSOR_EXPIRED")],
        ]
    )
    heard = []
    with pytest.raises(Refused, match=r"It is CURSOR_EXPIRED\."):
        async with httpx.AsyncClient(transport=httpx.MockTransport(server), base_url="http://quaestor") as http:
            async for message in follow_events(http, types=None, after="c0"):
                heard.append(message)  # noqa: PERF401 - kept when the loop raises
    assert [one.cursor for one in heard if isinstance(one, Followed)] == ["c1", "c2", "c3"]
    assert [one.lost is None for one in heard if isinstance(one, Connection)][:2] == [False, True]
    assert server.asked_after == ["c0", *["c2"] * 6, "c3"]


async def first_heard(server, count):
    """What is told of these streams first."""
    heard = []
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(server), base_url="http://quaestor") as http,
        aclosing(follow_events(http, types=None, after="c0")) as messages,
    ):
        async for message in messages:
            heard.append(message)
            if len(heard) == count:
                break
    return heard


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
async def test_takes_a_line_separator_in_a_text_for_text(separator):
    told = {"data": {"events": {"cursor": "c1", "event": {"id": f"a{separator}b"}}}}
    server = FlakyServer([f"event: next\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"])
    assert await first_heard(server, 1) == [Followed("c1", {"id": f"a{separator}b"})]


async def test_hears_again_of_an_event_that_broke_off(monkeypatch):
    monkeypatch.setattr(following, "PAUSE_SECONDS_MIN", 0.001)
    whole = f"event: next\ndata: {json.dumps(event('c1'))}\n\n"
    server = FlakyServer([whole[:40], whole])
    assert await first_heard(server, 3) == [
        Connection("the server ended the stream"),
        Connection(None),
        Followed("c1", {"id": "c1"}),
    ]
    assert server.asked_after == ["c0", "c0"]
