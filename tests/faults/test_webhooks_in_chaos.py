"""Every committed event reaches every healthy subscriber, in order where asked, whatever is killed around it.

Three workers, two APIs, eleven endpoints good and bad, money in motion. `QUAESTOR_TEST_CHAOS_SECONDS=1800` is the long
form; `QUAESTOR_TEST_SEED` repeats which faults there are, in their order, with their pauses.
"""

import asyncio
import contextlib
import os
import statistics
from collections import Counter
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.db.away import DATABASE_AWAY
from app.journal.records import DIRECTION_BITS
from tests.faults.chance import chance_of
from tests.faults.money import money
from tests.faults.processes import product
from tests.faults.receivers import BAD, HEALTHY, MOODY, receivers

SECONDS = float(os.environ.get("QUAESTOR_TEST_CHAOS_SECONDS", "60"))
DONE_SECONDS_MAX = 240
pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS + 2 * DONE_SECONDS_MAX)]

SETTINGS = {
    "QUAESTOR_WEBHOOK_RETRY_SCHEDULE_SECONDS": ",".join(["0.5", "1", *["2"] * 90]),
    "QUAESTOR_WEBHOOK_PAUSE_AFTER_SECONDS": "5",
    "QUAESTOR_WEBHOOK_PROBE_SECONDS": "1",
}
EVERYTHING = ["ledger.*", "transfer.*", "hold.*"]
FAULTS = {
    "worker killed": 6,
    "API killed": 3,
    "Redis flushed": 4,
    "Redis killed": 1,
    "Redis stopped": 1,
    "PostgreSQL killed": 1,
}
"""How often each is chosen, beside the others. Each is there once before any is chosen by chance."""
LEFT = """
    SELECT (SELECT count(*) FROM unnumbered_events)
         + (SELECT sum(last_position) FROM feeds JOIN webhook_fan_outs USING (customer_id))
         - (SELECT sum(position) FROM webhook_fan_outs)
         + (SELECT count(*) FROM webhook_deliveries
            WHERE endpoint_id = ANY($1::uuid[]) AND status <> 'DELIVERED')
"""


def _faults(chance):
    """Without end: all kinds, and then each chosen by chance."""
    yield from chance.sample(list(FAULTS), len(FAULTS))
    while True:
        yield from chance.choices(list(FAULTS), FAULTS.values())


async def _inject(running, workers, apis, chance, injected, *, seconds):
    """One fault after another, for so long and until there was one of each kind."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    for fault in _faults(chance):
        if loop.time() > until and injected.keys() == FAULTS.keys():
            return
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        injected[fault] += 1
        match fault:
            case "worker killed" | "API killed":
                process = chance.choice(workers if fault == "worker killed" else apis)
                process.kill()
                await asyncio.sleep(chance.uniform(0, 1.5))
                process.start()
            case "Redis flushed":
                with contextlib.suppress(RedisError, OSError):
                    async with Redis.from_url(running.servers.redis.url) as redis:
                        await redis.flushall()
            case "Redis killed":
                await running.servers.kill(running.servers.redis)
            case "Redis stopped":
                await running.servers.stop(running.servers.redis)
                await asyncio.sleep(chance.uniform(1, 5))
                await running.servers.start_again(running.servers.redis)
            case "PostgreSQL killed":
                await running.servers.kill(running.servers.postgres)


async def _subscribe(client, inbox, event_types, *, ordered):
    made = await client.mutate(
        "createWebhookEndpoint",
        "... on WebhookSecretSuccess { secret endpoint { id } }",
        url=inbox.url,
        eventTypes=event_types,
        ordered=ordered,
    )
    inbox.secret = made["secret"]
    return made["endpoint"]["id"]


async def _until_all_is_delivered(database_url, endpoint_ids):
    """Wait until nothing is left to do for these endpoints, by a database that may still be recovering."""
    left = None
    async with asyncio.timeout(DONE_SECONDS_MAX):
        while left != 0:
            await asyncio.sleep(0.2)
            with contextlib.suppress(*DATABASE_AWAY):
                connection = await asyncpg.connect(database_url, timeout=5)
                try:
                    left = await connection.fetchval(LEFT, endpoint_ids)
                finally:
                    connection.terminate()


async def test_loses_nothing_and_keeps_the_order_in_chaos(tmp_path, seed, say):
    injected = Counter()
    async with product(tmp_path) as running:
        apis = [running.start_api() for _ in range(2)]
        workers = [running.start_worker(**SETTINGS) for _ in range(3)]
        await running.until_ready()
        async with (
            money(running.database_url, running.addresses, seed=seed) as told,
            receivers(chance_of("receivers", seed)) as receiving,
        ):
            ids = {}
            for name in (*HEALTHY, *MOODY, *BAD):
                is_ordered = name == "ordered"
                types = ["ledger.balance_changed"] if is_ordered else EVERYTHING if name == "steady" else ["hold.*"]
                ids[name] = await _subscribe(told.client, receiving.inbox(name), types, ordered=is_ordered)
            async with told.moving(clients=5, pause_seconds_max=0.4, count_min=100):
                await _inject(running, workers, apis, told.random, injected, seconds=SECONDS)
            receiving.are_moody = False
            healthy = [ids[name] for name in (*HEALTHY, *MOODY)]
            await _until_all_is_delivered(running.database_url, healthy)
            await told.prove_all_true()
        say(await _prove(running.database_url, receiving, ids, injected))


async def _prove(database_url, receiving, ids, injected):
    """Check what must be true; answers what happened, in a line."""
    assert set(BAD) <= receiving.requests.keys()
    connection = await asyncpg.connect(database_url)
    try:

        async def column(sql, *arguments):
            return {str(row[0]) for row in await connection.fetch(sql, *arguments)}

        first = "SELECT first_position FROM webhook_endpoints WHERE id = $1"
        committed = f"""
            SELECT event_id FROM feed_entries
            WHERE split_part(type, '.', 1) = ANY($2) AND position > ({first})
        """
        for name in ("steady", "flaky", "flapping"):
            nouns = ["ledger", "transfer", "hold"] if name == "steady" else ["hold"]
            assert receiving.inboxes[name].ids == await column(committed, ids[name], nouns), name
        posted = await column(
            f"SELECT event_id FROM feed_entries WHERE type = 'transfer.posted' AND position > ({first})"
            " AND debit_id IN (SELECT id FROM ledgers) AND credit_id IN (SELECT id FROM ledgers)",
            ids["ordered"],
        )
        sides = {str(UUID(int=UUID(one).int | bits)) for one in posted for bits in DIRECTION_BITS.values()}
        assert receiving.inboxes["ordered"].ids == sides != set()
        assert receiving.disorder == []
        for inbox in receiving.inboxes.values():
            assert inbox.faults == []
        statuses = dict(await connection.fetch("SELECT url, status FROM webhook_endpoints"))
        assert statuses[receiving.inboxes["gone"].url] == "DISABLED"
        assert {statuses[receiving.inboxes[name].url] for name in (*HEALTHY, *MOODY)} == {"ENABLED"}
        for name in ("failing", "moved", "resetting"):
            assert statuses[receiving.inboxes[name].url] == "PAUSED", name
        deliveries, attempts, events = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM webhook_deliveries), (SELECT count(*) FROM webhook_attempts),"
            " (SELECT count(*) FROM events)"
        )
    finally:
        await connection.close()
    repeats = sum(inbox.repeats for inbox in receiving.inboxes.values())
    cuts = statistics.quantiles(receiving.delays_ms, n=100)
    return (
        f"{events:,} events, {deliveries:,} deliveries, {attempts:,} attempts, {repeats:,} repeats;"
        f" faults: {dict(injected)}; requests: {dict(receiving.requests)};"
        f" commit to receipt: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms"
    )
