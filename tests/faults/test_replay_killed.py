"""A replay of thousands of events arrives to the last one, however often workers die on the way."""

import asyncio

import asyncpg
import pytest

from benchmarks.replaying import FILL
from tests.faults.client import Client
from tests.faults.processes import product
from tests.faults.receiver import receiver
from tests.faults.story import new_customer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

DONE_SECONDS_MAX = 400
COUNT = 4_000
KILLS = 4
REPLAY = """mutation($id: ID!) { done: replayWebhooks(input: {
    endpointId: $id, since: "2020-01-01T00:00:00Z", eventTypes: ["ledger.updated"] }) {
        ... on WebhookReplaySuccess { replay { id matched } } ... on Error { message } } }"""
PROGRESS = "query($id: ID!) { node(id: $id) { ... on WebhookReplay { matched scheduled finishedAt } } }"


async def test_sends_every_message_though_workers_are_killed_in_the_midst(tmp_path, seed):
    async with product(tmp_path) as running, receiver() as receiving:
        running.start_api()
        await running.until_ready()
        client = Client(running.addresses, await new_customer(running.database_url))
        database = await asyncpg.connect(running.database_url)
        try:
            inbox = receiving.inbox("replayed")
            made = await client.mutate(
                "createWebhookEndpoint",
                "... on WebhookSecretSuccess { secret endpoint { id } }",
                url=inbox.url,
                eventTypes=["ledger.*"],
            )
            inbox.secret = made["secret"]
            await database.execute(FILL, await database.fetchval("SELECT customer_id FROM customers"), COUNT)
            # The customer's endpoint is made, and asks only for what comes; all of this was before.
            await database.execute("UPDATE webhook_fan_outs SET position = (SELECT last_position FROM feeds)")
            replay = (await client.ask(REPLAY, id=made["endpoint"]["id"]))["done"]["replay"]
            assert replay["matched"] == COUNT
            workers = [running.start_worker(), running.start_worker()]
            for number in range(KILLS):
                await _until_scheduled(client, replay["id"], more_than=(number + 1) * COUNT // (KILLS + 2))
                workers[number % 2].kill()
                workers[number % 2].start()
            async with asyncio.timeout(DONE_SECONDS_MAX):
                while len(inbox.counts) < COUNT:
                    await asyncio.sleep(0.1)
            found = (await client.ask(PROGRESS, id=replay["id"]))["node"]
            assert (found["matched"], found["scheduled"]) == (COUNT, COUNT)
            assert found["finishedAt"] is not None
            assert inbox.ids == {
                str(row["id"]) for row in await database.fetch("SELECT id FROM events WHERE type = 'ledger.updated'")
            }
            assert inbox.faults == []
        finally:
            await database.close()
            await client.close()


async def _until_scheduled(client, replay_id, *, more_than):
    async with asyncio.timeout(DONE_SECONDS_MAX):
        while (await client.ask(PROGRESS, id=replay_id))["node"]["scheduled"] <= more_than:
            await asyncio.sleep(0.05)
