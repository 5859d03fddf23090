"""What carries a request costs: httpx, httpx over aiohttp, httpx2, aiohttp alone, and the transport of deliveries.

Each sends the same number of requests of the same size to 20 paths of one receiver, in turn, several rounds, eight at a
time for each path. The receiver is another process.
"""

import asyncio
import importlib.util
import os
import re
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic, process_time
from typing import Any

import aiohttp
import httpx
import uvloop
from httpx_aiohttp import AiohttpTransport

from app.settings import LOOPBACK_NETWORKS
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.egress import EgressRules
from benchmarks.product import Servers
from benchmarks.receiving import receiving

httpx2: Any = importlib.import_module("httpx2") if importlib.util.find_spec("httpx2") else None
"""Measured where it is installed."""

BODY = b"{" + b" " * 1_000 + b"}"
HEADERS = {
    "content-type": "application/json",
    "user-agent": "Quaestor-Webhooks",
    "webhook-id": "01a1fc94-7cb6-75f1-8a2c-dca5a8c1d320",
    "webhook-timestamp": "1794000000",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "x-quaestor-attempt": "1",
    "x-quaestor-event-type": "ledger.updated",
}
REQUESTS = int(os.environ.get("QUAESTOR_BENCHMARK_DELIVERIES", "5000"))
ROUNDS = 5
PATHS = 20
AT_ONCE = 8 * PATHS

Send = Callable[[int], Awaitable[None]]


def run(_using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    receiver = subprocess.Popen([sys.executable, "-m", "benchmarks.transports"], stdout=subprocess.PIPE, text=True)
    try:
        assert receiver.stdout is not None
        address = receiver.stdout.readline().strip()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(address))
    finally:
        receiver.terminate()
        receiver.wait()


async def _run(address: str) -> list[str]:
    rates: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, open_transport in TRANSPORTS.items():
            async with open_transport(address) as send:
                await send_all(send, 200)  # Its connections are open.
                began, cpu = monotonic(), process_time()
                await send_all(send, REQUESTS)
                rates.setdefault(name, []).append(REQUESTS / (monotonic() - began))
                costs.setdefault(name, []).append((process_time() - cpu) / REQUESTS * 1e6)
    ours = statistics.median(costs[OURS])
    return [
        "| transport | requests/s | CPU µs a request | times ours |",
        "|---|---|---|---|",
        *(
            f"| {name} | {statistics.median(rates[name]):,.0f} | {statistics.median(costs[name]):.0f} "
            f"| {statistics.median(costs[name]) / ours:.1f} |"
            for name in TRANSPORTS
        ),
    ]


async def send_all(send: Send, count: int) -> None:
    """Send so many requests, to each path in turn."""
    numbers = iter(range(count))

    async def one() -> None:
        for number in numbers:
            await send(number % PATHS)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))


@asynccontextmanager
async def _httpx(address: str) -> AsyncIterator[Send]:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=AT_ONCE), timeout=30, trust_env=False) as client:

        async def send(path: int) -> None:
            await client.post(f"{address}/{path}", content=BODY, headers=HEADERS)

        yield send


@asynccontextmanager
async def _httpx_sharded(address: str) -> AsyncIterator[Send]:
    limits = httpx.Limits(max_connections=8)
    clients = [httpx.AsyncClient(limits=limits, timeout=30, trust_env=False, verify=False) for _ in range(PATHS)]

    async def send(path: int) -> None:
        await clients[path].post(f"{address}/{path}", content=BODY, headers=HEADERS)

    yield send
    for client in clients:
        await client.aclose()


@asynccontextmanager
async def _httpx_over_aiohttp(address: str) -> AsyncIterator[Send]:
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=AT_ONCE))
    async with httpx.AsyncClient(transport=transport, timeout=30, trust_env=False) as client:

        async def send(path: int) -> None:
            await client.post(f"{address}/{path}", content=BODY, headers=HEADERS)

        yield send


@asynccontextmanager
async def _httpx2(address: str) -> AsyncIterator[Send]:
    limits = httpx2.Limits(max_connections=AT_ONCE)
    async with httpx2.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:

        async def send(path: int) -> None:
            await client.post(f"{address}/{path}", content=BODY, headers=HEADERS)

        yield send


@asynccontextmanager
async def _aiohttp(address: str) -> AsyncIterator[Send]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as client:

        async def send(path: int) -> None:
            async with client.post(f"{address}/{path}", data=BODY, headers=HEADERS) as answer:
                await answer.read()

        yield send


@asynccontextmanager
async def _ours(address: str) -> AsyncIterator[Send]:
    sender = Sender(EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=()))

    async def send(path: int) -> None:
        answer = await sender.send(path, f"{address}/{path}", HEADERS, BODY)
        assert answer.is_success, answer.error

    yield send
    await sender.close()


HTTPX, HTTPX_OVER_AIOHTTP = "httpx, a client for each path", "httpx over aiohttp"
AIOHTTP, OURS = "aiohttp alone", "Quaestor's own"
TRANSPORTS = {
    "httpx, one client": _httpx,
    HTTPX: _httpx_sharded,
    HTTPX_OVER_AIOHTTP: _httpx_over_aiohttp,
    **({"httpx2, one client": _httpx2} if httpx2 is not None else {}),
    AIOHTTP: _aiohttp,
    OURS: _ours,
}


async def _receive() -> None:
    async with receiving(lambda _id, _body: None) as address:
        print(re.sub(r"\s", "", address), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_receive())
