"""`quaestor listen` misses no event, however often the API is killed while it listens."""

import asyncio
import json
import os
import sys

import pytest

from tests.faults.client import Client
from tests.faults.processes import product
from tests.faults.story import PERSON, new_customer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

HOLDERS = 60
KILLS = 3


async def test_hears_every_event_once_though_the_api_is_killed(tmp_path, seed):
    async with product(tmp_path) as running:
        api = running.start_api()
        await running.until_ready()
        key = await new_customer(running.database_url)
        client = Client(running.addresses, key)
        environment = {**os.environ, "QUAESTOR_URL": running.addresses[0], "QUAESTOR_API_KEY": key}
        listening = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.cli.main", "listen", "--json", "--types", "holder.created"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await listening.stdout.readline()  # It listens, and says its secret.
            created = []
            for number in range(HOLDERS):
                if number % (HOLDERS // KILLS) == HOLDERS // KILLS // 2:
                    api.kill()
                    api.start()
                made = await client.mutate(
                    "createHolder",
                    "... on HolderSuccess { holder { id } }",
                    party=PERSON,
                    address={"country": "GB"},
                    idempotencyKey=f"holder-{number}",
                )
                created.append(made["holder"]["id"])
            async with asyncio.timeout(120):
                heard = [json.loads(await listening.stdout.readline()) for _ in range(HOLDERS)]
            assert [one["body"]["data"]["id"] for one in heard] == created
        finally:
            listening.terminate()
            await listening.wait()
            await client.close()
