"""Thousands of open deliveries follow their endpoint's status to the last one, however often workers die on the way."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest

from tests.faults.client import Client
from tests.faults.processes import Product, product
from tests.faults.receiver import Inbox, receiver
from tests.faults.story import PERSON, new_customer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

DONE_SECONDS_MAX = 600
COUNT = 8_000
SENT_COUNT = 6_000
"""What is settled costs less than what is sent."""
HOLDERS = 10
KILLS = 2
FILL = """
    INSERT INTO webhook_deliveries
        (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
         payload, status, attempt_count, next_attempt_at, lease_token, created_at, updated_at)
    -- An id that ends in two bits of 0 is of the event's own message.
    SELECT event.customer_id, gen_random_uuid(), $1, (left(gen_random_uuid()::text, 35) || '0')::uuid, event.id,
           event.type, event.resource_type, event.resource_id, n, 'FULL',
           CASE WHEN n % 2 = 0 THEN 'PENDING' ELSE 'RETRYING' END, n % 2,
           now() + CASE WHEN n % 100 = 0 THEN interval '5 s' ELSE -interval '1 s' END,
           -- Some were claimed by a worker that died.
           CASE WHEN n % 100 = 0 THEN gen_random_uuid() END, now() - n * interval '1 ms', now()
    FROM generate_series(1, $2::int) AS n
    CROSS JOIN (
        SELECT event.* FROM events AS event
        JOIN webhook_endpoints AS endpoint ON endpoint.customer_id = event.customer_id AND endpoint.id = $1
        WHERE event.type = 'holder.created' ORDER BY event.id LIMIT 1
    ) AS event
"""
SETTLED = """
    SELECT count(*) FROM webhook_deliveries
    WHERE endpoint_id = $1 AND next_attempt_at IS NULL AND status IN ('PENDING', 'RETRYING', 'CANCELLED')
"""
STATES = """
    SELECT status, next_attempt_at IS NOT NULL AS has_time, lease_token IS NOT NULL AS is_claimed, count(*) AS n
    FROM webhook_deliveries WHERE endpoint_id = $1 GROUP BY 1, 2, 3
"""
UNCLEAR = """
    SELECT (SELECT count(*) FROM outbox_messages)
        + (SELECT count(*) FROM unnumbered_events)
        + (SELECT sum(last_position) FROM feeds JOIN webhook_fan_outs USING (customer_id))
        - (SELECT sum(position) FROM webhook_fan_outs)
        + (SELECT count(*) FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL)
"""
"""What is left to do of any sort: in the end what is suspended or cancelled is not."""

ENABLED = """mutation($id: ID!, $enabled: Boolean!) { done: updateWebhookEndpoint(
    input: { endpointId: $id, enabled: $enabled }) { __typename } }"""
DELETED = "mutation($id: ID!) { done: deleteWebhookEndpoint(endpointId: $id) { __typename } }"


@dataclass
class Backlog:
    """A customer with an endpoint that has many open deliveries, and one that has none."""

    running: Product
    database: asyncpg.Connection
    client: Client
    count: int
    stopped_id: str
    stopped: Inbox
    healthy: Inbox

    async def switch(self, *, enabled):
        answer = await self.client.ask(ENABLED, id=self.stopped_id, enabled=enabled)
        assert answer["done"]["__typename"] == "WebhookEndpointSuccess"

    async def delete(self):
        answer = await self.client.ask(DELETED, id=self.stopped_id)
        assert answer["done"]["__typename"] == "DeletedSuccess"

    async def settled(self):
        return await self.database.fetchval(SETTLED, self.stopped_id)

    async def until_partly_settled(self, *, after=0):
        """Wait until more than `after` are settled; not all are."""

        async def more():
            return await self.settled() > after

        await _until(more)
        count = await self.settled()
        assert after < count < self.count
        return count

    async def until_nothing_is_left_to_do(self):
        async def none_is_left():
            return await self.database.fetchval(UNCLEAR) == 0

        await _until(none_is_left)

    async def states(self):
        rows = await self.database.fetch(STATES, self.stopped_id)
        return {(row["status"], row["has_time"], row["is_claimed"]): row["n"] for row in rows}

    async def create_holders(self):
        for number in range(HOLDERS):
            await self.client.mutate(
                "createHolder",
                "... on HolderSuccess { holder { id } }",
                party=PERSON,
                address={"country": "GB"},
                idempotencyKey=f"holder-{number}",
            )

    async def prove_healthy_heard_all_once(self):
        kinds = Counter(body["type"] for body in self.healthy.bodies.values())
        assert kinds == {"holder.created": HOLDERS, "holder.status.ok": HOLDERS}
        assert (self.healthy.repeats, self.healthy.faults) == (0, [])


@asynccontextmanager
async def backlog(tmp_path, *, count=COUNT):
    """The API runs, and no worker yet."""
    async with product(tmp_path) as running, receiver() as receiving:
        running.start_api()
        await running.until_ready()
        client = Client(running.addresses, await new_customer(running.database_url))
        database = await asyncpg.connect(running.database_url)
        try:
            stopped, healthy = receiving.inbox("stopped"), receiving.inbox("healthy")
            stopped_id = await _subscribe(client, stopped, "ledger.updated")
            await _subscribe(client, healthy, "holder.*")
            await database.execute(FILL, stopped_id, count)
            yield Backlog(running, database, client, count, stopped_id, stopped, healthy)
        finally:
            await database.close()
            await client.close()


async def _until(is_so):
    async with asyncio.timeout(DONE_SECONDS_MAX):
        while not await is_so():
            await asyncio.sleep(0.03)


async def _subscribe(client, inbox, event_type):
    made = await client.mutate(
        "createWebhookEndpoint",
        "... on WebhookSecretSuccess { secret endpoint { id } }",
        url=inbox.url,
        eventTypes=[event_type],
    )
    inbox.secret = made["secret"]
    return made["endpoint"]["id"]


async def _prove_settled_though_workers_die(that, expected):
    """The worker is killed with a part settled, again and again; another does the rest, and serves the neighbor."""
    worker, count = that.running.start_worker(), 0
    for _ in range(KILLS):
        count = await that.until_partly_settled(after=count)
        worker.kill()
        count = await that.settled()
        assert count < COUNT
        worker.start()
    count = await that.until_partly_settled(after=count)
    worker.kill()
    await that.create_holders()  # With no worker: a request whose worker dies is sent again, and here none is.
    worker.start()
    await that.until_nothing_is_left_to_do()
    assert await that.states() == expected
    assert that.stopped.counts.total() == 0
    await that.prove_healthy_heard_all_once()


async def test_suspends_every_delivery_though_workers_are_killed_among_the_batches(tmp_path):
    async with backlog(tmp_path) as that:
        await that.switch(enabled=False)
        half = COUNT // 2
        await _prove_settled_though_workers_die(
            that, {("PENDING", False, False): half, ("RETRYING", False, False): half}
        )


async def test_cancels_every_delivery_though_workers_are_killed_among_the_batches(tmp_path):
    async with backlog(tmp_path) as that:
        await that.delete()
        await _prove_settled_though_workers_die(that, {("CANCELLED", False, False): COUNT})


async def test_sends_every_delivery_once_that_was_enabled_again_among_the_batches(tmp_path):
    async with backlog(tmp_path, count=SENT_COUNT) as that:
        await that.switch(enabled=False)
        that.running.start_worker()
        await that.until_partly_settled()
        await that.switch(enabled=True)
        await that.create_holders()
        await that.until_nothing_is_left_to_do()
        assert await that.states() == {("DELIVERED", False, False): SENT_COUNT}
        assert (len(that.stopped.counts), that.stopped.repeats, that.stopped.faults) == (SENT_COUNT, 0, [])
        await that.prove_healthy_heard_all_once()
