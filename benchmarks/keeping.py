"""Deliveries that go as fast as they come: the disk that they take stays the same.

Events are delivered at a steady rate, and removed after a while. The sizes of the tables are noted along the way.
"""

import asyncio
import os
from dataclasses import replace
from itertools import count
from time import monotonic

from app.access.authenticate import authenticate
from app.db.connection import fetchrow
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import NewResource, Resource, record_new
from app.kernel.actor import Actor, Via
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.vault import Vault
from benchmarks.product import Servers, another_database, done, opened_customer, worker
from benchmarks.receiving import receiving

SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "240"))
KEPT_SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_KEPT_SECONDS", "30"))
BATCHES_PER_SECOND, BATCH_SIZE = 4, 25
SAMPLES = 8
ARRIVE_SECONDS_MAX = 300
EGRESS = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
SIZES = """
    SELECT (SELECT count(*) FROM webhook_deliveries) AS deliveries,
           (SELECT count(*) FROM webhook_attempts) AS attempts,
           (pg_total_relation_size('webhook_deliveries') + pg_total_relation_size('webhook_attempts')) / 1e6::float8
               AS megabytes
"""


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    days = str(KEPT_SECONDS / 86_400)
    with another_database(using) as own:
        settings = {**own.environment, "QUAESTOR_RETENTION_DELIVERED_DAYS": days}
        return asyncio.run(_measure(replace(own, environment=settings)))


async def _measure(using: Servers) -> list[str]:
    actor = await authenticate(f"API-Key {(await opened_customer(using.database_url)).api_key}", Via.GRAPHQL)
    await notifications().at(using.database_url, application_name="quaestor-benchmark").start()
    received: set[str] = set()
    rows: list[str] = []
    async with receiving(lambda message_id, _body: received.add(message_id)) as address:
        vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
        wanted = CreateWebhookEndpoint(f"{address}/all", event_types=("ledger.*",))
        await create_webhook_endpoint(actor, wanted, vault=vault, egress=EGRESS)
        with worker(using):
            began, written = monotonic(), 0
            for number in count(1):
                await _write(actor)
                written += BATCH_SIZE
                passed = monotonic() - began
                if passed >= (len(rows) + 1) * SECONDS / SAMPLES:
                    rows.append(await _row(passed, written))
                if len(rows) == SAMPLES:
                    break
                await asyncio.sleep(max(0.0, began + number / BATCHES_PER_SECOND - monotonic()))
            until = monotonic() + ARRIVE_SECONDS_MAX
            while len(received) < written:
                assert monotonic() < until, f"{len(received)} of {written} arrived"
                await asyncio.sleep(0.1)
    await notifications().stop()
    await done()
    return [
        f"| after s, each kept for {KEPT_SECONDS:.0f} s | written so far | deliveries | attempts | MB with indexes |",
        "|---|---|---|---|---|",
        *rows,
    ]


async def _row(passed: float, written: int) -> str:
    sizes = await fetchrow(SIZES)
    assert sizes is not None
    return (
        f"| {passed:.0f} | {written:,} | {sizes['deliveries']:,} | {sizes['attempts']:,} | {sizes['megabytes']:.1f} |"
    )


async def _write(actor: Actor) -> None:
    resources = [Resource("ledger", new_id(), 1) for _ in range(BATCH_SIZE)]
    made = [NewResource(actor, "ledger.created", one, {"id": str(one.id), "filler": "x" * 600}) for one in resources]
    async with transaction() as tx:
        await record_new(tx, actor.customer_id, made)
