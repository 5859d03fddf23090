"""A real server on loopback with an application that says what it was asked, and plain sockets to ask it with."""

import json
import socket
import threading
import time

import pytest
import uvicorn

from app.api.server.config import ServerConfig
from app.api.server.limits import Limits
from app.api.server.refusals import Refusals

PATIENCE_SECONDS = 60


class Application:
    """Answers each request with what it was; keeps what it was told meanwhile."""

    def __init__(self):
        self.asked = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.answer = b""
        self.ended = []

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.ended.append(scope["path"])
                return
            body += message["body"]
            if not message["more_body"] or scope["path"] == "/early":
                break
        names = [name.decode() for name, _ in scope["headers"]]
        self.asked.append((scope["method"], scope["path"], body, names))
        while not self.may_answer.is_set():
            await sleep()
        answer = self.answer or json.dumps([scope["method"], scope["path"], len(body)]).encode()
        headers = [(b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        self.ended.append(scope["path"])

    async def _serve_socket(self, scope, receive, send):
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.ended.append(message.get("code"))
                return
            self.asked.append(message["text"])
            if message["text"] == "trust":
                scope["extensions"]["quaestor.allow_large_messages"]()
            if message["text"] == "wait":
                while not self.may_answer.is_set():
                    await sleep()
            answer = message["text"] if message["text"].startswith("echo") else str(len(message["text"]))
            await send({"type": "websocket.send", "text": answer})


async def sleep():
    import asyncio  # noqa: PLC0415

    await asyncio.sleep(0.01)


class Served:
    """A server under test."""

    def __init__(self, application, server, port):
        self.application = application
        self.port = port
        self.connections = server.config.connections
        self.refusals = self.connections.refusals
        self._open = []

    def connect(self, source="127.0.0.1", *, receive_bytes=None):
        """A plain socket to it. The system keeps `receive_bytes` for it. If that were set later, what was sent to it by
        then, acknowledgements among it, might be dropped, and nothing would move any more in either direction.
        """
        connected = socket.socket()
        self._open.append(connected)
        if receive_bytes is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connected.settimeout(PATIENCE_SECONDS)
        connected.bind((source, 0))
        connected.connect(("127.0.0.1", self.port))
        return connected

    def ask(self, *segments, source="127.0.0.1"):
        """Send this, each segment by itself, on one connection; answers all that comes until it is closed."""
        connection = self.connect(source)
        for segment in segments:
            connection.sendall(segment)
            time.sleep(0.02)  # That it leaves as a segment of its own; nothing depends on it being one.
        return read_all(connection)

    def close(self):
        for connection in self._open:
            connection.close()


def read_all(connection):
    """Whatever comes until the other side closes."""
    read = b""
    try:
        while part := connection.recv(65536):
            read += part
    except ConnectionResetError:
        read += b"<reset>"
    return read


def until(what):
    """Wait until it is true."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


@pytest.fixture
def serve():
    """Start a server with these limits."""
    running = []

    def start(**changes):
        application = Application()
        limits = Limits(**{"connections_max": 1_000, "per_address_max": None, **changes})
        config = ServerConfig(application, limits, port=0, lifespan="off", log_config=None, loop="uvloop")
        config.connections.refusals = Refusals()
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started)
        served = Served(application, server, server.servers[0].sockets[0].getsockname()[1])
        running.append((served, server, thread))
        return served

    yield start
    for served, server, thread in running:
        served.application.may_answer.set()
        served.close()
        server.should_exit = True
        thread.join()
