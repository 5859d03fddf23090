"""`quaestor secrets rotate` moves stored secrets to another key, and may be killed at any moment."""

import asyncio
import json
import os
import signal
import subprocess
import time

import asyncpg
import pytest

from app.access.open_customer import open_customer
from app.db.connection import close_database, open_database, pool
from app.db.identifiers import new_id
from app.webhooks.endpoints.secret_key_check import check_secret_key
from app.webhooks.vault import Vault
from tests.cli.test_main import QUAESTOR, clean_environment, quaestor
from tests.empty_tables import empty_all_tables

OLD_KEY, NEW_KEY = "the key that all secrets are under now", "the key that all secrets shall be under"
SECRETS = 20_000


@pytest.fixture
def stored(migrated_url):
    """Many secrets of one endpoint under the old key, in an otherwise empty database."""

    async def fill():
        await open_database(migrated_url)
        try:
            await empty_all_tables()
            customer_id, endpoint_id = (await open_customer("Example Ltd")).customer_id, new_id()
            await pool().execute(
                "INSERT INTO webhook_endpoints (customer_id, id, url, status, event_types, payload, ordered, scopes,"
                " first_position, created_at, updated_at)"
                " VALUES ($1, $2, 'https://example.com', 'ENABLED', '{}', 'FULL', false, '{*}', 0, now(), now())",
                customer_id,
                endpoint_id,
            )
            sealed = Vault(OLD_KEY).seal(b"s" * 32, customer_id=customer_id, endpoint_id=endpoint_id)
            await pool().execute(
                "INSERT INTO webhook_secrets (customer_id, endpoint_id, id, scheme, sealed, created_at)"
                " SELECT $1, $2, gen_random_uuid(), 'v1', $3, now() FROM generate_series(1, $4::int)",
                customer_id,
                endpoint_id,
                sealed,
                SECRETS,
            )
            await pool().execute("TRUNCATE secret_key_check")
            async with pool().acquire() as connection:
                await check_secret_key(connection, OLD_KEY)
        finally:
            await close_database()
        return customer_id, endpoint_id, sealed

    return asyncio.run(fill())


def asked(url, query, *arguments):
    async def ask():
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    return asyncio.run(ask())


def settings(url, **changes):
    return {"DATABASE_URL": url, "QUAESTOR_SECRET_KEY": NEW_KEY, "QUAESTOR_SECRET_KEY_OLD": OLD_KEY, **changes}


@pytest.mark.thorough
def test_is_finished_by_the_next_one_after_it_was_killed(migrated_url, stored, tmp_path):
    customer_id, endpoint_id, sealed = stored
    left = "SELECT count(*) AS count FROM webhook_secrets WHERE sealed = $1"
    running = subprocess.Popen(
        [QUAESTOR, "secrets", "rotate"], env=clean_environment(**settings(migrated_url)), stdout=subprocess.PIPE
    )
    until = time.monotonic() + 60
    while asked(migrated_url, left, sealed)[0]["count"] == SECRETS and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait(60) == -signal.SIGKILL
    running.stdout.close()
    moved_before = SECRETS - asked(migrated_url, left, sealed)[0]["count"]
    assert 0 < moved_before < SECRETS
    both = Vault(NEW_KEY, OLD_KEY)
    rows = asked(migrated_url, "SELECT sealed FROM webhook_secrets")
    whose = {"customer_id": customer_id, "endpoint_id": endpoint_id}
    assert {both.open(row["sealed"], **whose) for row in rows} == {b"s" * 32}

    ran = quaestor("secrets", "rotate", "--json", **settings(migrated_url))
    assert json.loads(ran.stdout) == {"moved": SECRETS - moved_before, "unreadable": 0}
    rows = asked(migrated_url, "SELECT sealed FROM webhook_secrets")
    assert {Vault(NEW_KEY).open(row["sealed"], **whose) for row in rows} == {b"s" * 32}


@pytest.mark.thorough
def test_tells_how_many_it_moved_and_that_all_are_under_the_key(migrated_url, stored):
    ran = quaestor("secrets", "rotate", **settings(migrated_url))
    assert (ran.returncode, ran.stdout) == (
        0,
        "20,000 secrets were encrypted anew; all of them are under QUAESTOR_SECRET_KEY now\n",
    )
    again = quaestor("secrets", "rotate", "--json", **settings(migrated_url, QUAESTOR_SECRET_KEY_OLD=""))
    assert (again.returncode, json.loads(again.stdout)) == (0, {"moved": 0, "unreadable": 0})


def test_changes_nothing_with_keys_that_open_nothing(migrated_url, stored):
    wrong = settings(migrated_url, QUAESTOR_SECRET_KEY_OLD="a key that nothing was ever stored under")
    ran = quaestor("secrets", "rotate", **wrong)
    assert ran.returncode == 2
    assert ran.stderr.startswith(
        "QUAESTOR_SECRET_KEY is not the key that the secrets in this database are stored under"
    )
    assert (
        asked(migrated_url, "SELECT count(*) AS count FROM webhook_secrets WHERE sealed = $1", stored[2])[0]["count"]
        == SECRETS
    )
