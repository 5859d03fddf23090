"""No log of any process, at its most talkative, has a secret, a key, what was sent, or what was answered."""

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.cli.running_dev import running_dev

SECONDS_MAX = 120
PAYLOAD_MARKER = "marker-of-the-payload"
ANSWER_MARKER = "marker-of-the-answer"
CREATE = """
mutation ($url: String!) {
  createWebhookEndpoint(input: {url: $url, eventTypes: ["holder.*"]}) {
    ... on WebhookSecretSuccess { endpoint { id } secret }
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
    """Answers 500 and then 200, with a text of its own."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.put(body)
        self.send_response(500 if self.server.received.qsize() % 2 else 200)
        self.end_headers()
        self.wfile.write(ANSWER_MARKER.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        server.received = queue.Queue()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.thorough
def test_logs_no_secret_and_no_payload(tmp_path, receiver):
    settings = {
        "QUAESTOR_LOG_LEVEL": "debug",
        "QUAESTOR_LOG_FORMAT": "json",
        "QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS": "0.1,0.1",
    }
    with running_dev(tmp_path, **settings) as dev, httpx.Client(trust_env=False, timeout=60) as client:

        def ask(document, **variables):
            headers = {"Authorization": f"API-Key {dev.api_key}"}
            body = {"query": document, "variables": variables}
            return client.post(f"{dev.url}/graphql", json=body, headers=headers).json()["data"]

        url = f"http://127.0.0.1:{receiver.server_port}/"
        made = ask(CREATE, url=url)["createWebhookEndpoint"]
        for _ in range(3):
            ask(CREATE_HOLDER, metadata={"note": PAYLOAD_MARKER})
        while PAYLOAD_MARKER.encode() not in receiver.received.get(timeout=SECONDS_MAX):
            pass  # The demo data makes holders, too.
        assert ask(REPLAY, id=made["endpoint"]["id"])["replayWebhooks"]["replay"]["matched"] > 3
        _until_logged(tmp_path / "log", "failed: status: the receiver answered 500")
        secret_key = (dev.data_dir / "secret-key").read_text("utf-8").strip()
    log = (tmp_path / "log").read_text("utf-8")
    for secret in (made["secret"], made["secret"].removeprefix("whsec_"), secret_key, dev.api_key):
        assert secret not in log
    for marker in (PAYLOAD_MARKER, ANSWER_MARKER, "Ada Byron"):
        assert marker not in log


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
