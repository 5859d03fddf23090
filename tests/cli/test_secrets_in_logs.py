"""No log of any process, at its most talkative, has a secret, a key, what was sent, or what was answered."""

import asyncio
import json
import queue
import threading
import time
from base64 import b64decode, b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.cli.running_dev import running_dev
from tests.webhooks.certificates import Authority
from tests.webhooks.forward_proxy import ForwardProxy

SECONDS_MAX = 120
PAYLOAD_MARKER = "marker-of-the-payload"
ANSWER_MARKER = "marker-of-the-answer"
OWN_HEADER = {"name": "Authorization", "value": "Bearer token-of-the-receiver"}
PROXY_USER, PROXY_PASSWORD = "user-of-the-proxy", "password-of-the-proxy"
CREATE = """
mutation ($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    ... on WebhookSecretSuccess { endpoint { id } secret }
    ... on Error { message }
  }
}"""
CREATE_HOLDER = """
mutation ($metadata: JSON) {
  createHolder(input: {party: {person: {name: "Ada Byron"}}, metadata: $metadata}) {
    ... on HolderSuccess { holder { id } }
  }
}"""
REPLAY = """
mutation ($id: ID!) {
  replayWebhooks(input: {endpointId: $id, since: "2020-01-01T00:00:00Z"}) {
    ... on WebhookReplaySuccess { replay { matched } }
  }
}"""


class _Receiver(BaseHTTPRequestHandler):
    """Answers 500 and then 200, with a text of its own, and repeats the endpoint's own header."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.put((body, self.headers[OWN_HEADER["name"]]))
        self.send_response(500 if self.server.received.qsize() % 2 else 200, self.headers[OWN_HEADER["name"]])
        self.end_headers()
        self.wfile.write(f"{ANSWER_MARKER} {self.headers[OWN_HEADER['name']]}".encode())

    def log_message(self, *_):
        pass


@contextmanager
def _receiving(context=None):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        server.received = queue.Queue()
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _proxy():
    """A proxy in a thread of its own, and a function that ends it."""
    started, ending = queue.Queue(), asyncio.Event()

    async def run():
        async with ForwardProxy().listening() as proxy:
            started.put((proxy, asyncio.get_running_loop()))
            await ending.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    proxy, loop = started.get(timeout=SECONDS_MAX)

    def end():
        loop.call_soon_threadsafe(ending.set)
        thread.join()

    try:
        yield proxy, end
    finally:
        if thread.is_alive():
            end()


@pytest.mark.thorough
def test_logs_no_secret_and_no_payload(tmp_path):
    servers, clients = Authority(), Authority("clients")
    certificate, key = clients.certify("us")
    with (
        _receiving() as receiver,
        _receiving(servers.server("localhost", tmp_path, trusts=clients)) as secured,
        _proxy() as (proxy, end_proxy),
    ):
        settings = {
            "QUAESTOR_LOG_LEVEL": "debug",
            "QUAESTOR_LOG_FORMAT": "json",
            "QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS": "0.1,0.1",
            "QUAESTOR_WEBHOOK_PROXY": f"http://{PROXY_USER}:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}",
        }
        with running_dev(tmp_path, **settings) as dev, httpx.Client(trust_env=False, timeout=60) as client:

            def ask(document, **variables):
                headers = {"Authorization": f"API-Key {dev.api_key}"}
                body = {"query": document, "variables": variables}
                return client.post(f"{dev.url}/graphql", json=body, headers=headers).json()["data"]

            def subscribe(url, **more):
                wanted = {"url": url, "eventTypes": ["holder.*"], "headers": [OWN_HEADER], **more}
                return ask(CREATE, input=wanted)["createWebhookEndpoint"]

            tls = {"caCertificate": servers.pem, "clientCertificate": certificate, "clientKey": key}
            strange, strange_key = Authority("strangers").certify("strangers")
            made = subscribe(f"http://127.0.0.1:{receiver.server_port}/")
            others = [
                subscribe(f"https://localhost:{secured.server_port}/", tls=tls),
                subscribe(
                    f"https://localhost:{secured.server_port}/",
                    tls={**tls, "clientCertificate": strange, "clientKey": strange_key},
                ),
            ]
            for _ in range(3):
                ask(CREATE_HOLDER, metadata={"note": PAYLOAD_MARKER})
            for each in (receiver, secured):
                _until_received(each)
            assert ask(REPLAY, id=made["endpoint"]["id"])["replayWebhooks"]["replay"]["matched"] > 3
            _until_logged(tmp_path / "log", "failed: status: the receiver answered 500")
            _until_logged(tmp_path / "log", f'"endpoint_id": "{others[1]["endpoint"]["id"]}"')
            end_proxy()
            ask(CREATE_HOLDER, metadata={"note": PAYLOAD_MARKER})
            _until_logged(tmp_path / "log", "put off by a fault of ours")
            secret_key = (dev.data_dir / "secret-key").read_text("utf-8").strip()
        assert {b64decode(head.partition("Basic ")[2].split("\r")[0]).decode() for head in proxy.heads} == {
            f"{PROXY_USER}:{PROXY_PASSWORD}"
        }
    log = (tmp_path / "log").read_text("utf-8")
    secrets = [one["secret"] for one in (made, *others)]
    secrets += [secret.removeprefix("whsec_") for secret in secrets]
    secrets += [line for one in (key, strange_key) for line in one.splitlines() if not line.startswith("-")]
    secrets += [PROXY_PASSWORD, b64encode(f"{PROXY_USER}:{PROXY_PASSWORD}".encode()).decode()]
    secrets += [OWN_HEADER["value"], OWN_HEADER["value"].removeprefix("Bearer "), secret_key, dev.api_key]
    for secret in secrets:
        assert secret not in log
    for marker in (PAYLOAD_MARKER, ANSWER_MARKER, "Ada Byron", "PRIVATE KEY"):
        assert marker not in log


def _until_received(receiver):
    """The demo data makes holders, too."""
    body, header = receiver.received.get(timeout=SECONDS_MAX)
    assert header == OWN_HEADER["value"]
    while PAYLOAD_MARKER.encode() not in body:
        body, _ = receiver.received.get(timeout=SECONDS_MAX)


def _until_logged(path, text):
    """Wait until the log has this line, which names the event and the delivery."""
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        for line in path.read_text("utf-8").splitlines():
            if text in line:
                found = json.loads(line[line.index("{") :])
                assert {"event_id", "delivery_id", "endpoint_id", "customer_id"} <= found.keys()
                return
        time.sleep(0.2)
    raise AssertionError(f"{text} is not logged")
