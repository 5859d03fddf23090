"""The process that makes the load: keep-alive connections that ask, wait for the answer, and ask again.

`python -m benchmarks.load` reads what to do from standard input and writes what it saw to standard output. It uses raw
sockets under uvloop, so that it takes little of the cores that it shares with the servers.
"""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from time import monotonic, perf_counter, process_time
from typing import cast
from urllib.parse import urlsplit

import orjson
import uvloop

from benchmarks.doors import DOORS, Pair, http

ANSWER_SECONDS_MAX = 60
NO_ANSWER = (0, b"no answer within a minute", ANSWER_SECONDS_MAX * 1000.0)
"""Status, body and milliseconds of a request that the server left unanswered: it is refused."""


@dataclass(slots=True)
class Tenant:
    """One customer: what names it to the server, and its accounts."""

    token: str
    accounts: list[str]


@dataclass(slots=True)
class Load:
    """What to ask, and for how long. `query` is a body that is sent as it is instead of transfers. With `every_seconds`
    a client asks once in that time, at the same moment as all others; else again as soon as it is answered.
    """

    door: str
    address: str
    tenants: list[Tenant]
    clients: int
    hot: bool = False
    per_request: int = 1
    seconds: float = 2.0
    warm_up_seconds: float = 0.5
    query: str | None = None
    run: str = "benchmark"
    every_seconds: float = 0.0


@dataclass(slots=True)
class Seen:
    """The results within `seconds`; `accepted` counts all transfers, those of the warm-up included."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    accepted: int
    load_cpu_seconds: float


def make_load(load: Load) -> Seen:
    """Run it in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=orjson.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        check=True,
        timeout=load.seconds + load.warm_up_seconds + 2 * ANSWER_SECONDS_MAX,
    )
    return Seen(**orjson.loads(done.stdout))


class _Run:
    """The requests of all clients, and what their answers took."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.door = DOORS[load.door]
        self.begin = monotonic() + load.warm_up_seconds
        self.end = self.begin + load.seconds
        self.milliseconds: list[float] = []
        self.counted = self.refused = self.accepted = 0
        self.requests = self._queries() if load.query is not None else self._transfers()

    def _queries(self) -> Iterator[bytes]:
        assert self.load.query is not None
        tokens = [f"Authorization: API-Key {tenant.token}" for tenant in self.load.tenants]
        while True:
            yield http("POST", "/graphql", self.load.query.encode(), random.choice(tokens))

    def _transfers(self) -> Iterator[bytes]:
        load, number = self.load, 0
        size = load.per_request
        while True:
            tenant = random.choice(load.tenants) if len(load.tenants) > 1 else load.tenants[0]
            keys = [f"{load.run}-{number + place}" for place in range(size)]
            number += size
            yield self.door.request(tenant.token, [self._pair(tenant) for _ in keys], keys)

    def _pair(self, tenant: Tenant) -> Pair:
        accounts = tenant.accounts
        if self.load.hot:
            return accounts[random.randrange(1, len(accounts))], accounts[0]
        # Cheaper than random.sample, and as random.
        first = random.randrange(len(accounts))
        second = random.randrange(len(accounts) - 1)
        return accounts[first], accounts[second + (second >= first)]

    def answered(self, status: int, body: bytes, milliseconds: float) -> None:
        wanted = 1 if self.load.query is not None else self.load.per_request
        if self.load.query is not None:
            posted = int(status == 200 and b'"errors"' not in body)
        else:
            posted = self.door.posted(status, body)
        if posted < wanted:
            if not self.refused:
                print("refused:", status, body[:400], file=sys.stderr)
            self.refused += wanted - posted
        self.accepted += posted
        if self.begin <= monotonic() < self.end:
            self.counted += posted
            self.milliseconds.append(milliseconds)


class _Client(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._asked = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass.
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        answer = _answer(self._received)
        if answer is None:
            return
        self._received = b""
        self._run.answered(*answer, (perf_counter() - self._asked) * 1000)
        if every := self._run.load.every_seconds:
            asyncio.get_running_loop().call_later(every - monotonic() % every, self._ask)
        else:
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed a connection"))

    def give_up(self) -> None:
        """The request under way has no answer."""
        self._run.answered(*NO_ANSWER)
        self.done.cancel()
        self._transport.abort()

    def _ask(self) -> None:
        if monotonic() >= self._run.end:
            self.done.set_result(None)
            self._transport.close()
            return
        request = next(self._run.requests)
        self._asked = perf_counter()
        self._transport.write(request)


def _answer(received: bytes) -> tuple[int, bytes] | None:
    """Status and body, once all of it is here."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, body = received[:end].lower(), received[end + 4 :]
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        if len(body) < int(head[at + 17 :].split(b"\r\n", 1)[0]):
            return None
    elif b"\r\ntransfer-encoding: chunked" in head:
        if not (b"\r\n" + body).endswith(b"\r\n0\r\n\r\n"):
            return None
        body = _unchunked(body)
    return int(head[9:12]), body


def _unchunked(body: bytes) -> bytes:
    whole, rest = b"", body
    while True:
        size, rest = rest.split(b"\r\n", 1)
        if not (length := int(size, 16)):
            return whole
        whole, rest = whole + rest[:length], rest[length + 2 :]


async def _make(load: Load) -> Seen:
    loop = asyncio.get_running_loop()
    address = urlsplit(load.address)
    assert address.hostname is not None, "an address is like http://127.0.0.1:8000"
    run = _Run(load)
    cpu = process_time()
    clients = [
        (await loop.create_connection(lambda: _Client(run), address.hostname, address.port or 80))[1]
        for _ in range(load.clients)
    ]
    _, waiting = await asyncio.wait(
        [client.done for client in clients], timeout=load.warm_up_seconds + load.seconds + ANSWER_SECONDS_MAX
    )
    for client in clients:
        if client.done in waiting:
            client.give_up()
        else:
            client.done.result()
    took = sorted(run.milliseconds) or [0.0]
    return Seen(
        per_second=run.counted / load.seconds,
        p50_ms=took[len(took) // 2],
        p99_ms=took[int(len(took) * 0.99)],
        refused=run.refused,
        accepted=run.accepted,
        load_cpu_seconds=process_time() - cpu,
    )


def main() -> None:
    asked = orjson.loads(sys.stdin.buffer.read())
    asked["tenants"] = [Tenant(**tenant) for tenant in asked["tenants"]]
    seen = uvloop.run(_make(Load(**asked)))
    sys.stdout.buffer.write(orjson.dumps(asdict(seen)))


if __name__ == "__main__":
    main()
