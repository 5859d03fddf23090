"""A replay of hundreds of thousands of events to an endpoint that was made after them.

How long it takes to count and to send them, and what others notice: another customer's endpoint, and new events of the
endpoint itself.
"""

import asyncio
import os
import statistics
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

import orjson

from app.access.authenticate import authenticate
from app.access.open_customer import open_customer
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor, Via
from app.kernel.clock import utc_now
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.queries import find_webhook_replays
from app.webhooks.replays.replay import WebhookReplay
from app.webhooks.replays.replay_webhooks import ReplayWebhooks, replay_webhooks
from app.webhooks.vault import Vault
from benchmarks.product import Servers, another_database, done, opened_customer, worker
from benchmarks.receiving import receiving

COUNT = int(os.environ.get("QUAESTOR_BENCHMARK_REPLAY", "200000"))
PHASE_SECONDS = int(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "20"))
EVENTS_PER_SECOND = 20
SECONDS_MAX = 7200
EGRESS = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
LONG_AGO, AN_HOUR = datetime(2020, 1, 1, tzinfo=UTC), timedelta(hours=1)

FILL = """
    WITH made AS MATERIALIZED (
        SELECT n, (left(gen_random_uuid()::text, 35) || '0')::uuid AS id, gen_random_uuid() AS resource_id,
               now() - interval '3 days' + n * interval '0.2 s' AS at
        FROM generate_series(1, $2::int) AS n
    ), written AS (
        INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, body, via, actor,
                            occurred_at)
        SELECT $1, id, 'ledger.updated', 'ledger', resource_id, 1,
               format('{"id":"%s","type":"ledger.updated","timestamp":"%s","api_version":"2026-11-20","resource":'
                      '{"type":"ledger","id":"%s","version":1},"previous":null,"data":{"id":"%s","filler":"%s"},'
                      '"cause":{"via":"graphql","request_id":null}}', id,
                      to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), resource_id, resource_id,
                      repeat('x', 600)),
               'graphql', 'benchmark', at
        FROM made
    ), placed AS (
        INSERT INTO feed_entries (customer_id, position, event_id, type, resource_type, resource_id, occurred_at,
                                  latest_at)
        SELECT $1, feed.last_position + n, id, 'ledger.updated', 'ledger', resource_id, at, now()
        FROM made CROSS JOIN (SELECT last_position FROM feeds WHERE customer_id = $1) AS feed
    )
    UPDATE feeds SET last_position = last_position + $2, wallets_noted_position = last_position + $2
    WHERE customer_id = $1
"""


@dataclass
class _Receipts:
    """What came, and how late new events were: those of the endpoint itself, and another customer's."""

    counts: Counter[str] = field(default_factory=Counter)
    own_ms: list[float] = field(default_factory=list)
    other_ms: list[float] = field(default_factory=list)

    def take(self, message_id: str, body: bytes) -> None:
        self.counts[message_id] += 1
        if b'"filler"' not in body:
            event = orjson.loads(body)
            delay = (utc_now() - datetime.fromisoformat(event["timestamp"])).total_seconds() * 1000
            (self.own_ms if event["type"].startswith("ledger") else self.other_ms).append(delay)


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    with another_database(using) as own:
        return asyncio.run(_measure(own))


async def _measure(using: Servers) -> list[str]:
    actor = await _actor((await opened_customer(using.database_url)).api_key)
    other = await _actor((await open_customer("Other Ltd")).api_key)
    await notifications().at(using.database_url, application_name="quaestor-benchmark").start()
    await pool().execute(FILL, actor.customer_id, COUNT, timeout=1200)
    await pool().execute("ANALYZE", timeout=600)
    receipts = _Receipts()
    async with receiving(receipts.take) as address:
        endpoint_id = await _endpoint(using, actor, f"{address}/own", "ledger.*")
        await _endpoint(using, other, f"{address}/other", "holder.*")
        with worker(using):
            while not (receipts.own_ms and receipts.other_ms):  # The worker starts.
                await _both_go_on(actor, other, asyncio.Event(), seconds=3)
            receipts.own_ms.clear()
            receipts.other_ms.clear()
            await _both_go_on(actor, other, asyncio.Event(), seconds=PHASE_SECONDS)
            quiet = _percentiles(receipts.own_ms), _percentiles(receipts.other_ms)
            before = len(receipts.counts)
            began = monotonic()
            replay = await replay_webhooks(actor, ReplayWebhooks(str(endpoint_id), LONG_AGO, utc_now() - AN_HOUR))
            counting = monotonic() - began
            receipts.own_ms.clear()
            receipts.other_ms.clear()
            finished = asyncio.Event()
            going_on = asyncio.create_task(_both_go_on(actor, other, finished, seconds=SECONDS_MAX))
            scheduled = await _until_scheduled(actor, replay) - began
            await _until_delivered(endpoint_id)
            took = monotonic() - began
            finished.set()
            await going_on
            during = _percentiles(receipts.own_ms), _percentiles(receipts.other_ms)
    replayed = sum(receipts.counts.values()) - before - len(receipts.own_ms) - len(receipts.other_ms)
    await notifications().stop()
    await done()
    return [
        f"| a replay of {replay.matched:,} messages | figure |",
        "|---|---|",
        f"| count them, and answer, s | {counting:.2f} |",
        f"| until all were made due, s | {scheduled:.0f} |",
        f"| until all were delivered, s (a second) | {took:.0f} ({replay.matched / took:,.0f}) |",
        f"| messages received for it | {replayed:,} |",
        f"| new events of the endpoint, before: p50, p95 ms | {quiet[0]} |",
        f"| the same meanwhile | {during[0]} |",
        f"| events of another customer, before: p50, p95 ms | {quiet[1]} |",
        f"| the same meanwhile | {during[1]} |",
    ]


async def _until_scheduled(actor: Actor, replay: WebhookReplay) -> float:
    until = monotonic() + SECONDS_MAX
    while (found := (await find_webhook_replays(actor, [replay.id]))[replay.id]).finished_at is None:
        assert monotonic() < until, f"{found.scheduled} of {found.matched} are scheduled"
        await asyncio.sleep(0.2)
    assert found.scheduled == found.matched
    return monotonic()


async def _until_delivered(endpoint_id: object) -> None:
    """Wait until nothing of the replay is open."""
    until = monotonic() + SECONDS_MAX
    while await fetchval(
        "SELECT true FROM webhook_deliveries WHERE endpoint_id = $1 AND next_attempt_at IS NOT NULL"
        " AND replayed_at IS NOT NULL LIMIT 1",
        endpoint_id,
    ):
        assert monotonic() < until, "not all are delivered"
        await asyncio.sleep(0.2)


async def _both_go_on(actor: Actor, other: Actor, finished: asyncio.Event, *, seconds: float) -> None:
    """New events of both, so many a second, each for this long, or until it is finished."""
    began, number = monotonic(), 0
    while not finished.is_set() and monotonic() < began + seconds:
        number += 1
        await _write(actor, "ledger.created")
        await _write(other, "holder.created")
        await asyncio.sleep(max(0.0, began + number / EVENTS_PER_SECOND - monotonic()))
    await asyncio.sleep(1)  # The last ones arrive.


async def _write(actor: Actor, event_type: str) -> None:
    resource = Resource(event_type.split(".", maxsplit=1)[0], new_id(), 1)
    async with transaction() as tx:
        await record_event(tx, actor, event_type, resource, {"id": str(resource.id), "status": "OK"})


async def _endpoint(using: Servers, actor: Actor, url: str, event_type: str) -> object:
    vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
    wanted = CreateWebhookEndpoint(url, event_types=(event_type,))
    made, _ = await create_webhook_endpoint(actor, wanted, vault=vault, egress=EGRESS)
    return made.id


async def _actor(api_key: str) -> Actor:
    return await authenticate(f"API-Key {api_key}", Via.GRAPHQL)


def _percentiles(took: list[float]) -> str:
    return f"{statistics.median(took):.1f}, {statistics.quantiles(took, n=20)[18]:.1f}"
