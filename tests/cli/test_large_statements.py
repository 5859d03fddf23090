"""`quaestor statement` of 100,000 entries: the command keeps none of them."""

import asyncio
import subprocess
import sys
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.cli.statement import FORMATS
from app.embedded.data_folder import running_servers
from tests.cli.running_dev import QUAESTOR, clean_environment, running_dev
from tests.statements.many_entries import ENTRIES, post_many

# A process begins with the memory of the one that started it, as far as its peak goes: so a small one starts it.
MEASURED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
    " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
GROWN_BYTES_MAX = 24_000_000
BYTES_OF_ENTRY_MIN = 50
WALLETS = [
    {
        "currency": "USD",
        "accounting_type": "LIABILITY",
        "decimal_places": 2,
        "allow_negative": True,
        "wallet_name": name,
    }
    for name in ("v", "w")
]


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    """A product of its own, since what is written into its books by hand is not proved."""
    with running_dev(tmp_path_factory.mktemp("dev")) as running:
        yield running


@pytest.fixture(scope="module")
def wallet(dev):
    """One of two wallets between which very much was moved."""
    with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": f"API-Key {dev.api_key}"}) as client:
        body = {"account_type": "group", "account_reference": "many", "wallets": WALLETS}
        first, second = (
            one["wallet_id"] for one in client.post(f"{dev.url}/api/v1/account", json=body).json()["wallets"]
        )

    async def fill():
        connection = await asyncpg.connect(running_servers(dev.data_dir).database_url)
        customer_id = await connection.fetchval("SELECT customer_id FROM wallets WHERE id = $1", UUID(first))
        await post_many(connection, customer_id, UUID(first), UUID(second))
        await connection.close()

    asyncio.run(fill())
    return second


def written(dev, wallet, path, format_name, until):
    """How many bytes the command wrote, and the most memory that it had."""
    options = ("--from", "2026-01-01", "--to", until, "--format", format_name, "--out", str(path))
    environment = clean_environment(QUAESTOR_URL=dev.url, QUAESTOR_API_KEY=dev.api_key)
    command = [sys.executable, "-c", MEASURED, QUAESTOR, "statement", wallet, *options]
    told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return path.stat().st_size, int(told.stdout) * 1_024


@pytest.mark.thorough
@pytest.mark.timeout(1_800)
def test_takes_no_more_memory_for_many_entries_than_for_one(dev, wallet, tmp_path):
    for name in FORMATS:
        _, least = written(dev, wallet, tmp_path / "one", name, "2026-01-01T00:00:02Z")
        size, most = written(dev, wallet, tmp_path / "many", name, "2026-06-01")
        assert size > ENTRIES * BYTES_OF_ENTRY_MIN
        assert most - least < GROWN_BYTES_MAX, name
