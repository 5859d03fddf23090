"""Deliveries of one worker process, signed and with attempts recorded; and from commit to receipt at a steady rate.

Beside them in the same run: the same number of requests of the same size by httpx over aiohttp alone, unsigned and
unrecorded, which is the ceiling.
"""

import asyncio
import os
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from uuid import UUID

import httpx
import orjson
from aiohttp import web
from httpx_aiohttp import AiohttpTransport

from app.access.authenticate import authenticate
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor, Via
from app.kernel.clock import utc_now
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.vault import Vault
from benchmarks.product import Servers, done, opened_customer, worker

BURST = int(os.environ.get("QUAESTOR_BENCHMARK_DELIVERIES", "5000"))
ENDPOINTS = 20
RATE_PER_SECOND = 50
RATE_SECONDS = 10
TIMEOUT_SECONDS = 120
DATA = {"id": str(new_id()), "status": "OK", "metadata": {"filler": "x" * 600}}


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    return asyncio.run(_run(using))


class _Receiver:
    """Counts what it gets, and how long after the commit it came."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.delays_ms: list[float] = []

    async def handle(self, request: web.Request) -> web.Response:
        arrived = utc_now()
        body = orjson.loads(await request.read())
        if body["id"] not in self.seen and request.headers.get("webhook-id"):
            self.delays_ms.append((arrived - datetime.fromisoformat(body["timestamp"])).total_seconds() * 1000)
        self.seen.add(body["id"])
        return web.Response(status=204)


@asynccontextmanager
async def _listening(receiver: _Receiver) -> AsyncIterator[str]:
    server = web.Application()
    server.router.add_post("/{path:.*}", receiver.handle)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _run(using: Servers) -> list[str]:
    customer = await opened_customer(using.database_url)
    await notifications().start(using.database_url, application_name="quaestor-benchmark")
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    receiver = _Receiver()
    async with _listening(receiver) as address:
        ceiling = await _ceiling(address)
        receiver.seen.clear()
        burst = await _burst(using, actor, receiver, address)
        delays = await _steady(using, actor, receiver)
    await notifications().stop()
    await done()
    p50, p95 = statistics.median(delays), statistics.quantiles(delays, n=20)[18]
    return [
        "| what | figure |",
        "|---|---|",
        f"| deliveries/s of one worker, {BURST:,} to {ENDPOINTS} endpoints, signed, attempts recorded | {burst:,.0f} |",
        f"| the same requests by httpx over aiohttp alone | {ceiling:,.0f} |",
        f"| of that | {burst / ceiling:.0%} |",
        f"| commit to receipt at {RATE_PER_SECOND}/s, p50 | {p50:.1f} ms |",
        f"| commit to receipt at {RATE_PER_SECOND}/s, p95 | {p95:.1f} ms |",
    ]


async def _ceiling(address: str) -> float:
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=8 * ENDPOINTS))
    pending = iter(range(BURST))
    async with httpx.AsyncClient(transport=transport, timeout=30) as http:

        async def send() -> None:
            for number in pending:
                await http.post(
                    f"{address}/{number % ENDPOINTS}", content=orjson.dumps({"id": str(number), "data": DATA})
                )

        start = monotonic()
        await asyncio.gather(*(send() for _ in range(8 * ENDPOINTS)))
        return BURST / (monotonic() - start)


async def _burst(using: Servers, actor: Actor, receiver: _Receiver, address: str) -> float:
    """Deliveries/s from the first receipt to the last: starting the worker is left out."""
    rules = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
    vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
    for number in range(ENDPOINTS):
        command = CreateWebhookEndpoint(f"{address}/{number}", event_types=("ledger.updated",))
        await create_webhook_endpoint(actor, command, vault=vault, egress=rules)
    await _write(actor, [new_id() for _ in range(BURST // ENDPOINTS)])
    receiver.delays_ms.clear()
    total = BURST // ENDPOINTS
    with worker(using):
        deadline = monotonic() + TIMEOUT_SECONDS
        while not receiver.seen:
            assert monotonic() < deadline, "nothing arrived"
            await asyncio.sleep(0.001)
        start = monotonic()
        while await _open_deliveries(actor) or len(receiver.seen) < total:
            assert monotonic() < deadline, f"{len(receiver.seen)} of {total} events arrived"
            await asyncio.sleep(0.02)
        return BURST / (monotonic() - start)


async def _open_deliveries(actor: Actor) -> int:
    async with transaction() as tx:
        return int(
            await tx.fetchval(
                "SELECT count(*) FROM webhook_deliveries WHERE customer_id = $1 AND status <> 'DELIVERED'",
                actor.customer_id,
            )
        )


async def _steady(using: Servers, actor: Actor, receiver: _Receiver) -> list[float]:
    async with transaction() as tx:
        await tx.execute(
            "UPDATE webhook_endpoints SET event_types = '{ledger.created}' WHERE customer_id = $1 AND url LIKE '%/0'",
            actor.customer_id,
        )
    expected = RATE_PER_SECOND * RATE_SECONDS
    with worker(using):
        receiver.delays_ms.clear()
        await _write(actor, [new_id()], "ledger.created")
        await _until_received(receiver, 1)  # The worker has started, its connections are open.
        receiver.delays_ms.clear()
        start = monotonic()
        for number in range(expected):
            await asyncio.sleep(max(0.0, start + number / RATE_PER_SECOND - monotonic()))
            await _write(actor, [new_id()], "ledger.created")
        await _until_received(receiver, expected)
        await asyncio.sleep(1)  # Time for repeats to arrive.
    assert len(receiver.delays_ms) == expected, f"{len(receiver.delays_ms)} of {expected} arrived"
    return receiver.delays_ms


async def _until_received(receiver: _Receiver, count: int) -> None:
    deadline = monotonic() + TIMEOUT_SECONDS
    while len(receiver.delays_ms) < count:
        assert monotonic() < deadline, f"{len(receiver.delays_ms)} of {count} arrived"
        await asyncio.sleep(0.01)


async def _write(actor: Actor, resources: list[UUID], event_type: str = "ledger.updated") -> None:
    async with transaction() as tx:
        for resource_id in resources:
            await record_event(tx, actor, event_type, Resource("ledger", resource_id, 1), DATA)
