"""One real PostgreSQL for all tests, emptied before each that asks for it. No socket leaves this machine."""

import ipaddress
import socket
import sys
from collections.abc import Iterator

import asyncpg
import pytest

from app.db.connection import close_database, fetch, open_database, pool
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres


def _refuse_the_world(event, arguments):
    if event == "socket.connect":
        connecting, address = arguments
        if connecting.family in (socket.AF_INET, socket.AF_INET6):
            target = ipaddress.ip_address(address[0].split("%")[0])
            assert target.is_loopback, f"a test tried to reach {address}"


sys.addaudithook(_refuse_the_world)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[EmbeddedPostgres]:
    """The embedded server; it does not outlive pytest, however that ends."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def migrated_url(postgres):
    """A database with our schema."""
    await migrate(postgres.url)
    return postgres.url


@pytest.fixture
async def database(migrated_url):
    """The process's pool on an empty database with our schema; answers its URL."""
    await open_database(migrated_url, pool_size=20, application_name="quaestor-tests")
    await empty_all_tables()
    yield migrated_url
    await close_database()


async def empty_all_tables():
    """Truncate every table of ours."""
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'")
    names = ", ".join(row["tablename"] for row in tables)
    for _ in range(5):
        try:
            await pool().execute(f"TRUNCATE {names} CASCADE")
        except asyncpg.DeadlockDetectedError:
            continue
        return
