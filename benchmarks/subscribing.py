"""2,000 open subscriptions over server-sent events: what they cost while nothing happens, and what ten events cost."""

import asyncio
import os
from functools import partial
from time import monotonic
from typing import cast
from urllib.parse import urlsplit

import orjson

from app.access.authenticate import authenticate
from app.db.connection import fetchval
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor, Via
from benchmarks.fill import fill_ledgers
from benchmarks.product import Process, Servers, api, done, opened_customer

STREAMS = int(os.environ.get("QUAESTOR_BENCHMARK_STREAMS", "2000"))
EVENTS = 10
IDLE_SECONDS = 20
SETTLING_SECONDS = 12
"""A server process tells what it committed within ten seconds."""
OPEN_AT_ONCE = 50
TIMEOUT_SECONDS = 120
QUERIES = (
    "subscription { events { cursor event { id type resourceId } } }",
    "subscription { ledgerChanged { cursor type ledger { id status } } }",
)


class Stream(asyncio.Protocol):
    """One subscription; counts its events."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._rest = b""
        self.told = 0
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count."""
        if not self.opened.done():
            assert data.startswith(b"HTTP/1.1 200"), data[:200]
            self.opened.set_result(None)
        received = self._rest + data
        self.told += received.count(b"event: next")
        self._rest = received[-10:] if not received.endswith(b"\n") else b""

    def close(self) -> None:
        """Go away."""
        self._transport.abort()


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    return asyncio.run(_run(using))


async def _run(using: Servers) -> list[str]:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, 1)
    await notifications().at(using.database_url, application_name="quaestor-benchmark").start()
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    with api(using) as (process, address):
        streams = await _open(address, customer.api_key)
        commits, idle_cpu = await _idle(process)
        cpu, seconds = await _tell(process, actor, streams)
        for stream in streams:
            stream.close()
    await notifications().stop()
    await done()
    return [
        f"| {STREAMS:,} subscriptions, half `events`, half `ledgerChanged` | figure |",
        "|---|---|",
        f"| while nothing happens: commits of the database a second | {commits:,.1f} |",
        f"| the same: CPU seconds of the API a second | {idle_cpu:.3f} |",
        f"| {EVENTS} events to each: CPU seconds of the API | {cpu:.2f} |",
        f"| the same: seconds from the first commit to the last receipt | {seconds:.2f} |",
    ]


async def _open(address: str, key: str) -> list[Stream]:
    loop, streams = asyncio.get_running_loop(), list[Stream]()
    url = urlsplit(address)
    host, port = str(url.hostname), int(url.port or 80)
    for start in range(0, STREAMS, OPEN_AT_ONCE):
        made = await asyncio.gather(
            *(
                loop.create_connection(partial(Stream, _request(key, number)), host, port)
                for number in range(start, min(STREAMS, start + OPEN_AT_ONCE))
            )
        )
        streams += [stream for _, stream in made]
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await asyncio.gather(*(stream.opened for _, stream in made))
    return streams


def _request(key: str, number: int) -> bytes:
    body = orjson.dumps({"query": QUERIES[number % len(QUERIES)]})
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: benchmark\r\nAuthorization: API-Key {key}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _idle(process: Process) -> tuple[float, float]:
    """Commits, and CPU seconds, a second."""
    await asyncio.sleep(SETTLING_SECONDS)
    commits, cpu = await _commits(), process.cpu_seconds()
    await asyncio.sleep(IDLE_SECONDS)
    return (await _commits() - commits) / IDLE_SECONDS, (process.cpu_seconds() - cpu) / IDLE_SECONDS


async def _commits() -> int:
    return int(await fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"))


async def _tell(process: Process, actor: Actor, streams: list[Stream]) -> tuple[float, float]:
    """CPU seconds, and seconds until everybody heard everything."""
    told_before = [stream.told for stream in streams]
    ledger_id = await fetchval("SELECT id FROM ledgers WHERE customer_id = $1 LIMIT 1", actor.customer_id)
    cpu, start = process.cpu_seconds(), monotonic()
    for version in range(1, EVENTS + 1):
        async with transaction() as tx:
            await record_event(
                tx, actor, "ledger.updated", Resource("ledger", ledger_id, version), {"id": str(ledger_id)}
            )
        await asyncio.sleep(0.2)
    while any(stream.told - before < EVENTS for stream, before in zip(streams, told_before, strict=True)):
        assert monotonic() - start < TIMEOUT_SECONDS, "not all events arrived"
        await asyncio.sleep(0.05)
    assert all(stream.told - before == EVENTS for stream, before in zip(streams, told_before, strict=True))
    return process.cpu_seconds() - cpu, monotonic() - start
