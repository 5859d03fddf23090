"""Two versions serve on one database while it is migrated and processes are replaced: no request fails for it."""

import asyncio
import re
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest

from app.api.operations.health import GOOD_FOR_SECONDS
from app.db import migrate as module
from app.db.migrate import Migration, migrate, migrations
from tests.faults.client import Client
from tests.faults.earlier_version import check_out_earlier_version
from tests.faults.money import Money, money
from tests.faults.processes import product, until_ready

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

ANSWERS = 150
"""In each stage."""


async def more_answers(told):
    wanted = told._number + ANSWERS
    while told._number < wanted:
        await asyncio.sleep(0.05)


async def readiness(address):
    """What `/readyz` answers, once it has looked again."""
    await asyncio.sleep(GOOD_FOR_SECONDS)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.get(f"{address}/readyz")
        return answer.status_code, answer.json()


async def bodies_of_transfers(url):
    """How the events of transfers are stored."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT DISTINCT CASE body WHEN '' THEN 'left out' ELSE 'stored' END FROM events WHERE type = 'transfer.posted'"
    )
    await connection.close()
    return {row[0] for row in rows}


def but_collisions(failures):
    """The earlier version reads what is selected of a mutation's answer once, and says INTERNAL where a migration is in
    the way. The mutation is done then, and the client asks again.
    """
    known = re.compile(r"UnknownOutcome: .*'path': \['done', .*'code': 'INTERNAL'")
    return [failure for failure in failures if not known.match(failure)]


async def test_moves_money_through_the_earlier_version_and_this_one(tmp_path, seed):
    earlier = check_out_earlier_version(tmp_path / "earlier")
    async with (
        product(tmp_path, migrates=lambda url: earlier.run(url, "migrate")) as running,
        AsyncExitStack() as clients,
    ):

        def client_of(addresses):
            client = Client(addresses, customer["api_key"])
            clients.push_async_callback(client.close)
            return client

        url = running.database_url
        running.start_api(REDIS_URL=running.servers.redis.url, **earlier.environment)  # It asks for one, too.
        running.start_worker(**earlier.environment)
        await running.until_ready()
        customer = await earlier.run(url, "customers", "create", "Example Ltd")
        of_earlier = client_of(running.addresses)
        told = Money(of_earlier, url, seed=seed)
        await told.open_ledgers()
        async with told.moving():
            await more_answers(told)
            applied = await migrate(url)
            await more_answers(told)
            running.start_api()
            running.start_worker()
            async with httpx.AsyncClient(trust_env=False) as client:
                await until_ready(client, running.addresses[-1])
            of_both = told.client = client_of(running.addresses)
            await more_answers(told)

        known = migrations()
        later = known[len(earlier.migrations) :]
        assert applied == [migration.name for migration in later if not migration.is_held]
        assert (but_collisions(of_earlier.failures), of_both.failures) == ([], [])
        await told.prove_all_true()
        status, body = await readiness(running.addresses[0])
        if applied and not earlier.knows_safe_migrations:
            assert (status, list(body["faults"])) == (503, ["schema"])
        else:
            assert (status, body) == (200, {"status": "ok"})
        assert await bodies_of_transfers(url) == {"stored"}

        for process in running.processes[:2]:
            process.kill()
        assert await migrate(url, finish=True) == [migration.name for migration in later if migration.is_held]
        running.start_api()
        async with httpx.AsyncClient(trust_env=False) as client:
            await until_ready(client, running.addresses[-1])
        finished = told.client = client_of(running.addresses[-1:])
        async with told.moving():
            await more_answers(told)
        assert finished.failures == []
        assert await bodies_of_transfers(url) == {"stored", "left out"}
        await told.prove_all_true()


async def test_stays_ready_on_a_newer_schema_until_an_unsafe_migration(tmp_path, seed, monkeypatch):
    """What the next version may do: the newest migration of this one stands for all that it knows."""
    known = migrations()
    safe = Migration(
        "9998_safe",
        f"-- Safe from: {known[-1].number}\n"
        "ALTER TABLE transfers ADD COLUMN later text; ALTER TABLE posting_accounts ADD COLUMN later text DEFAULT '';"
        "ALTER TABLE events ADD COLUMN later text; ALTER TABLE idempotency_keys ADD COLUMN later text;"
        "CREATE TABLE later (id integer)",
    )
    unsafe = Migration("9999_unsafe", "-- Unsafe: it is an example\nCREATE TABLE even_later (id integer)")
    async with product(tmp_path) as running:
        running.start_api()
        running.start_worker()
        await running.until_ready()
        async with money(running.database_url, running.addresses, seed=seed) as told:
            async with told.moving():
                await more_answers(told)
                monkeypatch.setattr(module, "migrations", lambda: [*known, safe])
                assert await migrate(running.database_url) == ["9998_safe"]
                await more_answers(told)
                assert await readiness(running.addresses[0]) == (200, {"status": "ok"})

                monkeypatch.setattr(module, "migrations", lambda: [*known, safe, unsafe])
                assert await migrate(running.database_url) == ["9999_unsafe"]
                await more_answers(told)
                status, body = await readiness(running.addresses[0])
            assert (status, list(body["faults"])) == (503, ["schema"])
            assert "9999_unsafe" in body["faults"]["schema"]
            assert told.client.failures == []
            await told.prove_all_true()
            connection = await asyncpg.connect(running.database_url)
            assert await connection.fetchval("SELECT count(*) > 0 FROM transfers WHERE later IS NULL")
            await connection.close()
