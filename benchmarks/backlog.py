"""An endpoint with a million open deliveries: how long it takes to disable, enable and delete it, and to settle them.

And what a healthy endpoint of the same customer notices: while they are settled, and when the endpoint answers 410.
"""

import asyncio
import os
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from aiohttp import web

from app.access.authenticate import authenticate
from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor, Via
from app.kernel.clock import utc_now
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes, put_back
from app.webhooks.deliveries.claimed import Claimed, Lease
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.settle_deliveries import settle_deliveries
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.vault import Vault
from benchmarks.neighbors import FILL
from benchmarks.product import Servers, another_database, done, opened_customer, worker

COUNT = int(os.environ.get("QUAESTOR_BENCHMARK_BACKLOG", "1000000"))
RESULTS, CLAIMS, EVENTS, EVENTS_PER_SECOND = 200, 50, 200, 20
SETTLE_SECONDS_MAX = 3600
EGRESS = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
SCHEDULE = RetrySchedule((1000.0,))
BACKLOG_TYPE, HEALTHY_TYPE = "ledger.updated", "holder.updated"

OPEN = {
    "suspended": "next_attempt_at IS NOT NULL",
    "due again": "next_attempt_at IS NULL AND status IN ('PENDING', 'RETRYING')",
    "cancelled": "status IN ('PENDING', 'RETRYING')",
}
"""For each change, the deliveries that it has not settled yet, as SQL."""


@dataclass
class _Receivers:
    """A healthy endpoint that keeps what it got and how late, and one that is gone."""

    address: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    delays_ms: list[float] = field(default_factory=list)
    sent_to_gone: int = 0
    has_answered_gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        arrived, body = utc_now(), orjson.loads(await request.read())
        if request.path == "/gone":
            self.sent_to_gone += 1
            self.has_answered_gone.set()
            return web.Response(status=410)
        self.counts[request.headers["webhook-id"]] += 1
        self.delays_ms.append((arrived - datetime.fromisoformat(body["timestamp"])).total_seconds() * 1000)
        return web.Response(status=204)


@dataclass
class _Backlog:
    """Whose it is, and what was measured: the table's rows."""

    using: Servers
    actor: Actor
    receivers: _Receivers
    big_id: UUID
    healthy_id: UUID
    claimed: list[Claimed] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def tell(self, what: str, figure: str) -> None:
        self.rows.append(f"| {what} | {figure} |")

    async def switch(self, *, enabled: bool) -> float:
        command = UpdateWebhookEndpoint(str(self.big_id), enabled=enabled)
        vault = Vault(self.using.environment["QUAESTOR_SECRET_KEY"])
        return await _ms(update_webhook_endpoint(self.actor, command, vault=vault, egress=EGRESS))

    async def is_left(self, aim: str) -> bool:
        return await self._is("EXISTS", aim)

    async def _is(self, which: str, aim: str) -> bool:
        return bool(
            await pool().fetchval(
                f"SELECT {which} (SELECT FROM webhook_deliveries"
                f" WHERE customer_id = $1 AND endpoint_id = $2 AND {OPEN[aim]})",
                self.actor.customer_id,
                self.big_id,
                timeout=600,
            )
        )

    async def until(self, which: str, aim: str, *, since: float) -> None:
        """Wait until some (`EXISTS`) or no (`NOT EXISTS`) deliveries are unsettled."""
        while not await self._is(which, aim):
            assert monotonic() < since + SETTLE_SECONDS_MAX, f"not all are {aim}"
            await asyncio.sleep(0.2)

    async def until_settled(self, aim: str, *, since: float) -> None:
        """Wait for the worker; `since` is when the change was asked for."""
        await self.until("NOT EXISTS", aim, since=since)
        self.tell(f"until all are {aim}, s", f"{monotonic() - since:.0f}")


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    with another_database(using) as own:
        return asyncio.run(_measure(own))


async def _measure(using: Servers) -> list[str]:
    key = (await opened_customer(using.database_url)).api_key
    actor = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    await notifications().at(using.database_url, application_name="quaestor-benchmark").start()
    async with _listening() as receivers:
        big_id, healthy_id = [
            await _endpoint(using, actor, f"{receivers.address}/{path}", event_type)
            for path, event_type in (("gone", BACKLOG_TYPE), ("healthy", HEALTHY_TYPE))
        ]
        that = _Backlog(using, actor, receivers, big_id, healthy_id)
        await _fill(that)
        await _disable(that)
        await _claim(that)
        await _enable(that)
        await _answer_gone(that)
        await _delete(that)
    await notifications().stop()
    await done()
    return [f"| {COUNT:,} open deliveries of one endpoint | figure |", "|---|---|", *that.rows]


async def _fill(that: _Backlog) -> None:
    """The backlog, all due; and for the healthy endpoint results to record, as one who claimed them has them."""
    event_id = await _write(that.actor, BACKLOG_TYPE)
    customer_id = that.actor.customer_id
    await pool().execute(FILL, customer_id, that.healthy_id, event_id, 2 * RESULTS)
    wishes = [Wish(lane, 2 * RESULTS) for lane in await due_lanes()]
    that.claimed = await claim_deliveries(customer_id, wishes, lease=LEASE)
    assert len(that.claimed) == 2 * RESULTS
    await pool().execute(FILL, customer_id, that.big_id, event_id, COUNT, timeout=1200)
    await pool().execute("ANALYZE webhook_deliveries", timeout=600)


async def _disable(that: _Backlog) -> None:
    quiet = await _record_results(that)
    since, took = monotonic(), await that.switch(enabled=False)
    that.tell("disable it, ms", f"{took:.1f}")
    with worker(that.using):
        await that.until("EXISTS", "due again", since=since)  # Batches run.
        during = await _record_results(that)
        is_meanwhile = await that.is_left("suspended")
        await that.until_settled("suspended", since=since)
    assert is_meanwhile, "too few to measure what happens meanwhile"
    that.tell("record a result of a healthy endpoint, before: p50, p95 ms", _percentiles(quiet))
    that.tell("the same while batches run: p50, p95 ms", _percentiles(during))


async def _record_results(that: _Backlog) -> list[float]:
    took = []
    for _ in range(RESULTS):
        outcome = Outcome(that.claimed.pop(), utc_now(), Answer(1, status=200, body=""))
        took.append(await _ms(record_attempts(that.actor.customer_id, [outcome], schedule=SCHEDULE, breaker=Breaker())))
        await asyncio.sleep(0.02)
    return took


async def _claim(that: _Backlog) -> None:
    """Without a worker: what it costs to find and to claim what is due, with all of the backlog suspended."""
    await pool().execute(FILL, that.actor.customer_id, that.healthy_id, new_id(), 1)
    looking, claiming, claimed = [], [], list[Claimed]()
    for _ in range(CLAIMS):
        await put_back(claimed)
        looking.append(await _ms(due_lanes()))
        [lane] = await due_lanes()
        began = monotonic()
        claimed = await claim_deliveries(that.actor.customer_id, [Wish(lane, 1)], lease=LEASE)
        claiming.append((monotonic() - began) * 1000)
        assert [one.endpoint_id for one in claimed] == [that.healthy_id]
    outcomes = [Outcome(one, utc_now(), Answer(1, status=200, body="")) for one in claimed]
    await record_attempts(that.actor.customer_id, outcomes, schedule=SCHEDULE, breaker=Breaker())
    that.tell("find what is due, all of it suspended: p50, p95 ms", _percentiles(looking))
    that.tell("claim one of a healthy endpoint then: p50, p95 ms", _percentiles(claiming))


async def _enable(that: _Backlog) -> None:
    """Settled by this process: a worker would begin to send at once."""
    since = monotonic()
    that.tell("enable it, ms", f"{await that.switch(enabled=True):.1f}")
    while await that.is_left("due again"):
        await settle_deliveries(that.actor, that.big_id)
    that.tell("until all are due again, s", f"{monotonic() - since:.0f}")


async def _answer_gone(that: _Backlog) -> None:
    """All are due, and the first that are sent are answered 410."""
    receivers = that.receivers
    with worker(that.using):
        await receivers.has_answered_gone.wait()
        since = monotonic()
        for number in range(EVENTS):
            await asyncio.sleep(max(0.0, since + number / EVENTS_PER_SECOND - monotonic()))
            await _write(that.actor, HEALTHY_TYPE)
        while len(receivers.counts) < EVENTS:
            assert monotonic() < since + SETTLE_SECONDS_MAX, f"{len(receivers.counts)} of {EVENTS} arrived"
            await asyncio.sleep(0.05)
        await that.until_settled("suspended", since=since)
    assert (len(receivers.counts), receivers.counts.total()) == (EVENTS, EVENTS), "not each message came once"
    that.rows[-1] = that.rows[-1].replace("| until", "| it answers 410: until")
    that.tell("requests it got before it was disabled", f"{receivers.sent_to_gone:,}")
    that.tell(
        f"{EVENTS} events of a healthy endpoint meanwhile, each received once, commit to receipt: p50, p95 ms",
        _percentiles(receivers.delays_ms),
    )


async def _delete(that: _Backlog) -> None:
    with worker(that.using):
        since = monotonic()
        that.tell("delete it, ms", f"{await _ms(delete_webhook_endpoint(that.actor, str(that.big_id))):.1f}")
        await that.until_settled("cancelled", since=since)


async def _endpoint(using: Servers, actor: Actor, url: str, event_type: str) -> UUID:
    vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
    wanted = CreateWebhookEndpoint(url, event_types=(event_type,))
    made, _ = await create_webhook_endpoint(actor, wanted, vault=vault, egress=EGRESS)
    return made.id


async def _write(actor: Actor, event_type: str) -> object:
    resource = Resource(event_type.split(".", maxsplit=1)[0], new_id(), 1)
    async with transaction() as tx:
        return await record_event(tx, actor, event_type, resource, {"id": str(resource.id), "status": "OK"})


async def _ms(work: Awaitable[Any]) -> float:
    began = monotonic()
    await work
    return (monotonic() - began) * 1000


def _percentiles(took: list[float]) -> str:
    return f"{statistics.median(took):.1f}, {statistics.quantiles(took, n=20)[18]:.1f}"


@asynccontextmanager
async def _listening() -> AsyncIterator[_Receivers]:
    receivers, server = _Receivers(), web.Application()
    server.router.add_post("/{path:.*}", receivers.handle)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    receivers.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receivers
    finally:
        await runner.cleanup()
