"""A full disk is told in plain words: at the start in one line, later by /readyz; and it is over with space."""

import asyncio
import random
import subprocess

import asyncpg
import pytest

from app.api.operations import health
from app.db.connection import close_database, open_database
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres
from app.settings import load_settings
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.faults.small_disk import MEGABYTES, fill, small_disk
from tests.faults.test_restored import serving

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
__all__ = ["small_disk"]

FULL = "The disk is full: free some space, or choose another data folder with --data-dir. ("


def quaestor(*arguments, **changes):
    ran = subprocess.run(
        [QUAESTOR, *arguments],
        env=clean_environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    return ran.returncode, ran.stderr


def test_says_in_one_line_that_dev_cannot_start(small_disk):
    fill(small_disk)
    code, said = quaestor("dev", "--port", "1", "--data-dir", str(small_disk / "data"))
    assert code == 1
    assert said.startswith(FULL)
    assert said.count("\n") == 1


def test_says_in_one_line_that_a_database_cannot_be_made(small_disk):
    (small_disk / "filler").write_bytes(bytes((MEGABYTES - 20) << 20))
    code, said = quaestor("dev", "--port", "1", "--data-dir", str(small_disk / "data"))
    assert code == 1
    assert said.startswith(FULL)
    assert said.count("\n") == 1


async def test_says_in_one_line_that_the_schema_cannot_be_made(small_disk):
    """The database runs elsewhere, so its disk is not ours to look at."""
    server = EmbeddedPostgres(small_disk / "data", durable=False)
    server.start()
    await (await asyncpg.connect(server.url)).close()  # The first session of all writes a file.
    fill(small_disk)
    code, said = await asyncio.to_thread(quaestor, "migrate", DATABASE_URL=server.url)
    server.stop()
    assert code == 1
    assert said.startswith("The disk of the database is full: free some space, or give it more. (could not ")
    assert said.count("\n") == 1


async def test_is_not_ready_until_there_is_space_again(small_disk, monkeypatch):
    monkeypatch.setattr(health, "GOOD_FOR_SECONDS", 0)
    monkeypatch.setattr(health, "DISK_GOOD_FOR_SECONDS", 0)
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 60)
    monkeypatch.setattr(health, "LOOP_LAG_SECONDS_MAX", 60)
    server = EmbeddedPostgres(small_disk / "data", durable=False)
    server.start()
    await migrate(server.url)
    await open_database(server.url, pool_size=2)
    readiness = health.Readiness(load_settings())
    assert await readiness.faults() == {}

    filler = fill(small_disk)
    told = {"disk": "full: the database cannot write; free some space, or give it more"}
    assert await readiness.faults() == told
    connection = await asyncpg.connect(server.url)
    with pytest.raises(asyncpg.DiskFullError):
        await connection.execute("CREATE TABLE something AS SELECT generate_series(1, 10000)")
    filler.unlink()
    assert await readiness.faults() == {}
    await connection.execute("CREATE TABLE something AS SELECT generate_series(1, 10000)")
    await connection.close()
    await close_database()
    server.stop()


async def test_says_of_a_change_that_it_did_not_happen(small_disk, caplog):
    """It is asked until the last free page of the table is used up, with the disk full; then there is space again."""
    server = EmbeddedPostgres(small_disk / "data", durable=False)
    server.start()
    await migrate(server.url)
    async with serving(server) as client:
        made = 1
        await create_large(client, made)
        filler = fill(small_disk)
        while "errors" not in (body := await create_large(client, made + 1)):
            made += 1
            assert made < 500
        [error] = body["errors"]
        assert error["message"] == (
            "The disk of the database is full, so nothing was done: ask again later, with the same idempotency key."
        )
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert [record.getMessage() for record in caplog.records if record.exc_info] == []
        filler.unlink()
        again = await create_large(client, made + 1)
        assert again["data"]["createHolder"]["replayed"] is False
        holders = await client.data("{ holders(first: 1) { totalCount } }")
        assert holders["holders"]["totalCount"] == made + 1 + 1  # The customer itself is one.
    server.stop()


async def create_large(client, number):
    metadata = {str(place): random.randbytes(350).hex() for place in range(20)}
    document = """mutation ($input: CreateHolderInput!) { createHolder(input: $input) {
        ... on HolderSuccess { replayed } ... on Error { code message } } }"""
    party = {"person": {"name": "Ada Lovelace"}}
    return await client.ask(
        document, input={"idempotencyKey": f"holder-{number}", "party": party, "metadata": metadata}
    )
