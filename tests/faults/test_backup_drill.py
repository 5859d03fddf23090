"""The drill of docs/running.md: a dump while money moves, restored into a new database, and on from there."""

import asyncio
import json
import subprocess
from contextlib import asynccontextmanager
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import pytest

from app.db.connection import fetch, fetchval
from app.db.migrate import migrate
from app.embedded.wheels import postgres_binaries
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.faults.test_restored import EVENTS, holders_delivered, refusals, restored, server, serving
from tests.workers.kafka.one_partition import Door

__all__ = ["server"]

pytestmark = [pytest.mark.faults, pytest.mark.timeout(200)]

CLIENTS = 4
BEFORE, DURING, AFTER = 30, 60, 20
"""How many transfers are posted before the dump, at least while it is made, and at least after it."""
GOLD = """mutation { issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } } }"""
CREDIT = """mutation ($id: ID!) { creditVirtualLedger(input: { idempotencyKey: "all", ledgerId: $id,
    amount: { value: "100000", asset: "GOLD" } }) { __typename } }"""
POST = """mutation ($input: PostTransferInput!) { postTransfer(input: $input) {
    __typename ... on TransferSuccess { transfer { id } replayed } ... on Error { code } } }"""
BALANCE = "query ($id: ID!) { ledger(id: $id) { balance { posted { minorUnits } } } }"
ENDPOINT = """mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks",
    eventTypes: ["transfer.posted"] }) { ... on WebhookSecretSuccess { endpoint { id } } } }"""


class Money:
    """Clients that move one piece of gold with each key, and what they were answered."""

    def __init__(self, client, debit_id, credit_id):
        self._client, self._sides = client, {"debitId": debit_id, "creditId": credit_id}
        self.posted = {}
        self.number = 0
        self.is_over = False

    async def post(self, key):
        asked = {"idempotencyKey": key, **self._sides, "amount": {"value": "1", "asset": "GOLD"}}
        answer = (await self._client.data(POST, input=asked))["postTransfer"]
        assert answer["__typename"] == "TransferSuccess", answer
        return answer

    async def post_next(self):
        self.number += 1
        key = f"key {self.number}"
        self.posted[key] = (await self.post(key))["transfer"]["id"]

    async def move(self):
        """Until it is over."""
        while not self.is_over:
            await self.post_next()

    async def until(self, count):
        while len(self.posted) < count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def moving(money):
    clients = [asyncio.create_task(money.move()) for _ in range(CLIENTS)]
    try:
        yield
    finally:
        money.is_over = True
        await asyncio.gather(*clients)


async def run(*command, **changes):
    """A program's output, while this process goes on."""
    environment = clean_environment(**changes)
    process = await asyncio.create_subprocess_exec(
        *map(str, command), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def restore(server, dump):
    """The steps 1 to 3 of the drill: a new database from the dump; answers the server with that database's address."""
    connection = await asyncpg.connect(server.url.replace("//quaestor@", "//postgres@"))
    await connection.execute("CREATE DATABASE copy OWNER quaestor")
    await connection.close()
    url = server.url_of("copy")
    await run(postgres_binaries() / "pg_restore", "--exit-on-error", "--jobs=2", f"--dbname={url}", dump)
    await migrate(url)
    return SimpleNamespace(url=url)


def account(reference):
    return {"operation": "create_account", "account_type": "group", "account_reference": reference, "wallets": []}


async def test_carries_on_from_a_dump_that_was_made_while_money_moved(server, tmp_path):
    await migrate(server.url)
    async with serving(server) as client:
        who = client.api_key, client.customer_id
        await client.data(ENDPOINT)
        debit, credit = [(await client.data(GOLD))["issueVirtualLedger"]["ledger"]["id"] for _ in range(2)]
        await client.data(CREDIT, id=debit)
        money = Money(client, debit, credit)
        door = Door(UUID(client.customer_id))
        await door.carry_out(account("before the dump"))
        for _ in range(BEFORE):
            await money.post_next()
        await holders_delivered(client)  # Of these there are deliveries, too.
        async with moving(money):
            dumping = run(
                postgres_binaries() / "pg_dump",
                "--format=custom",
                f"--file={tmp_path / 'dump'}",
                f"--dbname={server.url}",
            )
            await asyncio.gather(dumping, money.until(len(money.posted) + DURING))
            await money.until(len(money.posted) + AFTER)
        await door.carry_out(account("after the dump"), first=1)
        late = (await client.data(EVENTS, after=None))["events"]["pageInfo"]["endCursor"]
        lost = await client.create_holder()

    copy = await restore(server, tmp_path / "dump")
    assert restored(copy)["feeds"] == 1
    proof = json.loads(await run(QUAESTOR, "verify", "--safeguarding", "--json", DATABASE_URL=copy.url))
    assert proof["proven"], proof["findings"]

    async with serving(copy, *who) as client:
        kept = {str(row["id"]) for row in await fetch("SELECT id FROM transfers WHERE kind = 'INTER_LEDGER'")}
        assert BEFORE <= len(kept) < len(money.posted)
        assert kept <= set(money.posted.values())
        # Cursors from before the restore are refused, each way.
        assert await refusals(client, copy, late) == ["CURSOR_EXPIRED"] * 4
        # The same keys again: what the copy has is a replay, what it lacks is done now, and nothing twice.
        again = Money(client, debit, credit)
        for key, transfer_id in money.posted.items():
            answer = await again.post(key)
            assert answer["replayed"] == (transfer_id in kept), key
            assert (answer["transfer"]["id"] == transfer_id) == (transfer_id in kept), key
        moved = int((await client.data(BALANCE, id=credit))["ledger"]["balance"]["posted"]["minorUnits"])
        assert moved == len(money.posted) * 10_000
        assert await fetchval("SELECT count(*) FROM holders WHERE id = $1", UUID(lost)) == 0
        # Kafka's group is set back before the dump: what the copy has of it is known, the rest is carried out.
        door = Door(UUID(client.customer_id))
        [first] = await door.carry_out(account("before the dump"))
        [second] = await door.carry_out(account("after the dump"), first=1)
        assert await fetchval("SELECT count(*) FROM accounts") == 2
        assert await fetchval("SELECT count(*) FROM message_sources") == 2
        assert (first["status"], second["status"], second["replayed"]) == ("success", "success", False)
        # Each transfer is delivered once to the endpoint, whether it was in the copy or came after.
        await holders_delivered(client)
        delivered = await fetch("SELECT resource_id FROM webhook_deliveries WHERE event_type = 'transfer.posted'")
        stored = await fetch("SELECT id FROM transfers")
        assert sorted(row[0] for row in delivered) == sorted(row[0] for row in stored)

    proof = json.loads(await run(QUAESTOR, "verify", "--safeguarding", "--json", DATABASE_URL=copy.url))
    assert (proof["proven"], proof["checked"]["transfers"]) == (True, len(money.posted) + 1)
