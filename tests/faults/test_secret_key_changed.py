"""Secrets are moved to another key as docs/running.md says, while ledgers are issued and webhooks arrive."""

import asyncio
import json
import sys

import asyncpg
import pytest

from app.webhooks.signing_secret import PURPOSES
from app.webhooks.vault import UnreadableSecret, Vault
from tests.faults.processes import SETTINGS, product
from tests.faults.story import story

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

OLD_KEY, NEW_KEY = SETTINGS["QUAESTOR_SECRET_KEY"], "the key that all secrets shall be under then"
MORE = """mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks", eventTypes: ["books.*"] }) {
    ... on WebhookSecretSuccess { secret } ... on Error { message } } }"""


def keys(present, other=""):
    return {"QUAESTOR_SECRET_KEY": present, "QUAESTOR_SECRET_KEY_OLD": other}


async def replaced(running, present, other=""):
    """Kill the processes one by one, and start each with these keys before the next."""
    for process in running.processes:
        process.kill()
        process.start(**keys(present, other))
        await running.until_ready()


async def rotate(running):
    """`quaestor secrets rotate`, with the new key and the old one."""
    known = {**SETTINGS, "DATABASE_URL": running.database_url, **keys(NEW_KEY, OLD_KEY)}
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli.main", "secrets", "rotate", "--json"),
        env=known,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await ran.communicate()
    assert ran.returncode == 0
    return json.loads(said)["moved"]


async def test_moves_secrets_to_another_key_while_everything_runs(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        running.start_worker()
        await running.until_ready()
        async with story(running.database_url, running.addresses, seed=seed) as told:
            async with told.issuing():
                await replaced(running, OLD_KEY, NEW_KEY)
                await told.client.ask(MORE)  # Under the old key still.
                await replaced(running, NEW_KEY, OLD_KEY)
                await told.client.ask(MORE)  # Under the new one.
                assert await rotate(running) == 4
                assert await rotate(running) == 0
                await replaced(running, NEW_KEY)
            await told.prove_all_done()  # Each message verified with the secret that the endpoint began with.
        connection = await asyncpg.connect(running.database_url)
        rows = await connection.fetch("SELECT * FROM webhook_secrets")
        await connection.close()
        assert len(rows) == 6
        for row in rows:
            whose = {"customer_id": row["customer_id"], "endpoint_id": row["endpoint_id"]}
            Vault(NEW_KEY).open(row["sealed"], purpose=PURPOSES[row["scheme"]], **whose)
            with pytest.raises(UnreadableSecret):
                Vault(OLD_KEY).open(row["sealed"], purpose=PURPOSES[row["scheme"]], **whose)
