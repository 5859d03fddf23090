"""The real server process under clients that want its memory, or say nothing: it spends little, and answers others."""

import base64
import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from graphql import execute_sync, get_introspection_query, parse

from app.api.graphql.schema import schema
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.cli.test_serve import until_ready
from tests.free_ports import free_port

CLIENTS = 200
MEGABYTE = 1_000_000
MORE_MEGABYTES_MAX = 100

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


class Server(NamedTuple):
    pid: int
    port: int
    api_key: str

    def resident_bytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask_without_key(self, query):
        """The answer to who has no key."""
        return httpx.post(f"http://127.0.0.1:{self.port}/graphql", json={"query": query}, timeout=60, trust_env=False)

    def is_answering(self):
        """Whether another client is answered."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql",
            json={"query": "{ viewer { customerName } }"},
            headers={"Authorization": f"API-Key {self.api_key}"},
            timeout=60,
            trust_env=False,
        )
        return "viewer" in answer.json()["data"]


@pytest.fixture(scope="module")
def server(dev):
    """One process of the API beside the running dev, warm."""
    port = free_port()
    process = subprocess.Popen(
        [QUAESTOR, "serve", "--port", str(port)],
        cwd=dev.working_dir,
        env=clean_environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        until_ready(port, process)
        started = Server(process.pid, port, dev.api_key)
        for _ in range(10):
            assert started.is_answering()
        yield started
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def clients(server):
    """Open this many connections, one after another; all stay open."""
    with contextlib.ExitStack() as opened:

        def clients(count, *, upgraded=False):
            for _ in range(count):
                made = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
                if upgraded:
                    _upgrade(made)
                yield made

        yield clients


def _upgrade(connection):
    key = base64.b64encode(os.urandom(16))
    connection.sendall(
        b"GET /graphql HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % key
    )
    assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")


def send(connection, data):
    with contextlib.suppress(OSError):  # It may refuse to take all of it.
        connection.settimeout(0.5)
        connection.sendall(data)


REPEATS = 30
FULL = get_introspection_query(schema_description=True, input_value_deprecation=True)
BEYOND = {
    "many schemas": "{" + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(45)) + "}",
    "many aliases": "{ __schema { types {" + " ".join(f"a{n}: description" for n in range(150)) + "} } }",
    "many types": "{" + " ".join(f'a{n}: __type(name: "Query") {{ fields {{ name }} }}' for n in range(40)) + "}",
    "many tokens": "{" + " ".join(f"... {{ a{n}: __typename }}" for n in range(600)) + "}",
    "a long text": "{ __typename } #" + "a" * 60_000,
    "unknown fields": "{" + " ".join(f"bok{n}" for n in range(450)) + "}",
}


def cpu_of_each(server, query, status):
    """CPU that the server spends on one such request: each has a text of its own, so that nothing is remembered."""
    before = server.cpu_seconds()
    for number in range(REPEATS):
        answer = server.ask_without_key(f"{query} #{number}")
        assert answer.status_code == status, answer.text
    return (server.cpu_seconds() - before) / REPEATS


@pytest.mark.thorough
def test_spends_less_on_whatever_is_asked_without_a_key_than_a_plain_executor_on_the_schema(server):
    """The whole schema is just under the limit; what is beyond it costs no more than that."""
    began = time.process_time()
    for _ in range(5):
        execute_sync(schema._schema, parse(FULL))
    plain = (time.process_time() - began) / 5
    whole = cpu_of_each(server, FULL, 200)
    print(f"the whole schema: {whole * 1000:.0f} ms of CPU, by graphql-core alone {plain * 1000:.0f} ms")
    assert whole < plain
    for name, query in BEYOND.items():
        spent = cpu_of_each(server, query, 401)
        print(f"{name}: {spent * 1000:.0f} ms of CPU")
        assert spent < plain


def ask(server, query, **variables):
    return httpx.post(
        f"http://127.0.0.1:{server.port}/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"API-Key {server.api_key}"},
        timeout=120,
        trust_env=False,
    )


METADATA_BYTES = 15_000
HOLDERS = 50
MAKE = """mutation ($metadata: JSON!) { createHolder(input: {
    metadata: $metadata, party: { person: { name: "Ada Lovelace", dateOfBirth: "1987-04-01" } }
}) { ... on HolderSuccess { holder { id } } ... on Error { message } } }"""


def of_many(aliases):
    selected = " ".join(f"a{n}: metadata" for n in range(aliases))
    return f"{{ holders(first: {HOLDERS}) {{ nodes {{ {selected} }} }} }}"


@pytest.mark.thorough
def test_bounds_an_answer_before_it_is_built(server):
    for _ in range(HOLDERS):
        made = ask(server, MAKE, metadata={"text": "a" * METADATA_BYTES}).json()
        assert "holder" in made["data"]["createHolder"], made

    just_under = ask(server, of_many(12))
    assert 8_500_000 < len(just_under.content) < 10_000_000
    assert len(just_under.json()["data"]["holders"]["nodes"]) == HOLDERS

    before = server.resident_bytes()
    for aliases in (14, 80):  # 10.5 and 60 MB
        [error] = ask(server, of_many(aliases)).json()["errors"]
        assert error["extensions"]["code"] == "ANSWER_TOO_LARGE"
        assert "larger than 10,000,000 bytes" in error["message"]
    more = server.resident_bytes() - before
    print(f"{more / MEGABYTE:.1f} MB more after answers that were refused")
    assert more < 40 * MEGABYTE

    spent = server.cpu_seconds()
    [error] = ask(server, of_many(190)).json()["errors"]  # 142 MB
    assert "objects that can be answered" in error["message"]
    assert server.cpu_seconds() - spent < 1


HEAD = b"POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
SENT = {
    "nothing": b"",
    "half a head": HEAD + b"X: " + b"a" * 32_000,
    "an endless header": HEAD + b"X: " + b"a" * MEGABYTE,
    "headers without end": HEAD + b"X: a\r\n" * 100_000,
    "an endless address": b"GET /" + b"a" * MEGABYTE,
    "thousands of requests at once": b"GET / HTTP/1.1\r\n\r\n" * 50_000,
    "an endless trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * MEGABYTE,
    "half a body": HEAD + b"Content-Length: 900000\r\n\r\n" + b"a" * 899_999,
    "a body without end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" * 1 + b"a" * MEGABYTE,
}
SENT_ON_SOCKETS = {
    "nothing": b"",
    "half a large message": b"\x81\xff" + (999_999).to_bytes(8, "big") + b"\0\0\0\0" + b"a" * 900_000,
    "a message in endless parts": b"\x01\x81\0\0\0\0a" + b"\x00\x80\0\0\0\0" * 100_000,
    "pings without end": (b"\x89\xfd\0\0\0\0" + b"a" * 125) * 2_000,
}


@pytest.mark.thorough
@pytest.mark.parametrize(("sent", "upgraded"), [*((s, False) for s in SENT), *((s, True) for s in SENT_ON_SOCKETS)])
def test_spends_little_on_hostile_clients_and_answers_others(server, clients, sent, upgraded):
    before = server.resident_bytes()
    data = (SENT_ON_SOCKETS if upgraded else SENT)[sent]
    highest = before
    for connection in clients(CLIENTS, upgraded=upgraded):
        send(connection, data)
        highest = max(highest, server.resident_bytes())
    assert server.is_answering()
    highest = max(highest, server.resident_bytes())
    print(f"{sent}: {(highest - before) / MEGABYTE:.1f} MB more for {CLIENTS} clients")
    assert highest - before < MORE_MEGABYTES_MAX * MEGABYTE
