"""/healthz says that the process lives, /readyz whether it can serve, and why not."""

import asyncio
import contextlib
import re
from importlib.metadata import version

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from app.api.operations import health
from app.api.operations.health import health_routes
from app.db.away import DATABASE_AWAY
from app.db.connection import close_database, open_database, pool
from app.db.migrate import migrations
from app.settings import load_settings
from app.webhooks.endpoints.secret_key_check import check_secret_key

SECRET_KEY = "a secret key that is long enough for it"


async def drop_sessions(connection):
    """End the sessions of the pool: the next ones begin with what the database says now."""
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'quaestor-health'"
    )
    with contextlib.suppress(*DATABASE_AWAY):
        await pool().execute("SELECT")


@pytest.fixture
async def ask(monkeypatch):
    """A function that asks; a machine that is slow just now is no fault here."""
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 60)
    monkeypatch.setattr(health, "LOOP_LAG_SECONDS_MAX", 60)
    monkeypatch.setattr(health, "GOOD_FOR_SECONDS", 0)
    monkeypatch.setattr(health, "DISK_GOOD_FOR_SECONDS", 0)
    monkeypatch.setenv("QUAESTOR_SECRET_KEY", SECRET_KEY)
    application = Starlette(routes=health_routes(load_settings()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://localhost") as client:

        async def ask(path):
            answer = await client.get(path)
            return answer.status_code, answer.json()

        yield ask


@pytest.fixture
async def migrated(fresh_migrated_url):
    """The process's pool on a database of its own, and another connection to spoil it with."""
    await open_database(fresh_migrated_url, pool_size=2, application_name="quaestor-health")
    other = await asyncpg.connect(fresh_migrated_url)
    yield other
    await other.close()
    await close_database()


async def test_lives_without_a_database(ask):
    assert await ask("/healthz") == (200, {"status": "ok", "version": version("quaestor")})


async def test_is_ready(ask, migrated):
    assert await ask("/readyz") == (200, {"status": "ok"})


async def test_is_not_ready_without_the_schema(ask, fresh_url):
    await open_database(fresh_url, pool_size=2)
    names = ", ".join(migration.name for migration in migrations())
    assert await ask("/readyz") == (
        503,
        {
            "status": "unavailable",
            "faults": {"schema": f"migrations are missing: {names}; run `quaestor migrate`"},
        },
    )
    await close_database()


async def test_is_not_ready_on_the_schema_of_a_newer_version(ask, migrated):
    await migrated.execute("INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')")
    status, body = await ask("/readyz")
    assert (status, list(body["faults"])) == (503, ["schema"])
    assert "9999_future" in body["faults"]["schema"]


async def test_stays_ready_on_the_schema_of_a_newer_version_that_is_safe_for_this_one(ask, migrated):
    newest = migrations()[-1].number
    await migrated.execute(
        "INSERT INTO schema_migrations (name, checksum, safe_from) VALUES ('9999_future', 'x', $1)", newest
    )
    assert await ask("/readyz") == (200, {"status": "ok"})


async def test_is_not_ready_when_the_database_refuses(ask, migrated, monkeypatch):
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.5)
    database = await migrated.fetchval("SELECT current_database()")
    await migrated.execute(f"ALTER DATABASE {database} CONNECTION LIMIT 0")
    await migrated.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'quaestor-health'"
    )
    status, body = await ask("/readyz")
    assert (status, body["status"]) == (503, "unavailable")
    assert set(body["faults"]) == {"database"}
    assert all(fault.startswith(("not reachable: ", "no answer within")) for fault in body["faults"].values())

    await migrated.execute(f"ALTER DATABASE {database} CONNECTION LIMIT -1")
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 60)
    assert await ask("/readyz") == (200, {"status": "ok"})


async def test_asks_the_database_once_for_a_thousand_who_ask_at_once(migrated, monkeypatch):
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 60)
    monkeypatch.setattr(health, "LOOP_LAG_SECONDS_MAX", 60)
    monkeypatch.setattr(health, "GOOD_FOR_SECONDS", 3600)
    readiness = health.Readiness(load_settings())
    queries = []
    async with pool().acquire() as connection:
        connection.add_query_logger(lambda record: queries.append(record.query))
    assert await asyncio.gather(*(readiness.faults() for _ in range(1_000))) == [{}] * 1_000
    assert queries.count(health.STATE) == 1
    assert await readiness.faults() == {}
    assert queries.count(health.STATE) == 1


async def test_is_not_ready_on_a_database_that_is_read_only(ask, migrated):
    database = await migrated.fetchval("SELECT current_database()")
    await migrated.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    await drop_sessions(migrated)
    assert await ask("/readyz") == (
        503,
        {"status": "unavailable", "faults": {"database": "read-only: default_transaction_read_only is on"}},
    )
    await migrated.execute("SET default_transaction_read_only = off")
    await migrated.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    await drop_sessions(migrated)
    assert await ask("/readyz") == (200, {"status": "ok"})


async def test_writes_to_the_disk_and_leaves_nothing_there(ask, migrated, postgres):
    """What it writes goes to a file, else a full disk would not be noticed."""
    told = "SELECT temp_files, temp_bytes FROM pg_stat_database WHERE datname = current_database()"
    before = await migrated.fetchrow(told)
    for _ in range(2):
        assert await health._disk() is None
    await drop_sessions(migrated)  # Then the statistics know of all that they did.
    while (after := await migrated.fetchrow(told))["temp_files"] < before["temp_files"] + 2:
        await asyncio.sleep(0.05)
    assert 2 * 100_000 < after["temp_bytes"] - before["temp_bytes"] < 2 * 2_000_000
    assert not list(postgres.files.glob("base/pgsql_tmp/*"))


async def test_is_not_ready_with_another_secret_key(ask, migrated, monkeypatch):
    """Also where the process began before the schema was there, and could try nothing."""
    await check_secret_key(migrated, "some other secret key, also long enough")
    status, body = await ask("/readyz")
    assert (status, list(body["faults"])) == (503, ["secret_key"])
    assert body["faults"]["secret_key"].startswith("QUAESTOR_SECRET_KEY is not the key that the secrets")


async def test_is_ready_with_the_old_key_beside_the_new_one(ask, migrated, monkeypatch):
    other = "some other secret key, also long enough"
    await check_secret_key(migrated, other)
    monkeypatch.setenv("QUAESTOR_SECRET_KEY_OLD", other)
    faults = await health.Readiness(load_settings()).faults()
    assert faults == {}


async def test_is_not_ready_when_no_connection_is_free(ask, migrated, monkeypatch):
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.05)
    held = [await pool().acquire() for _ in range(2)]
    assert await ask("/readyz") == (
        503,
        {
            "status": "unavailable",
            "faults": {"database": "no answer within 0 s"},
        },
    )
    for connection in held:
        await pool().release(connection)
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 60)
    assert await ask("/readyz") == (200, {"status": "ok"})


async def test_is_not_ready_when_the_event_loop_is_blocked(ask, migrated, monkeypatch):
    monkeypatch.setattr(health, "LOOP_LAG_SECONDS_MAX", -1)
    status, body = await ask("/readyz")
    assert (status, list(body["faults"])) == (503, ["event_loop"])
    assert re.fullmatch(r"one turn took \d+\.\d s", body["faults"]["event_loop"])


async def test_tells_no_address_and_no_password(ask, tmp_path, fresh_url, monkeypatch):
    await open_database(fresh_url, pool_size=1)
    held = await pool().acquire()
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.02)
    _, body = await ask("/readyz")
    assert fresh_url not in str(body)
    await pool().release(held)
    await asyncio.wait_for(close_database(), 60)
