"""What is left to do of a first start, found out without loading the product: later starts do not need it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import asyncpg

from app.db.away import DATABASE_UNUSABLE
from app.db.reachable import CONNECT_TIMEOUT_SECONDS, close_connection
from app.embedded.data_folder import UNFINISHED, WITHOUT_MONEY

SCREENED_WITHIN_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.05

_HAVE_PENDING = "SELECT EXISTS (SELECT FROM holders WHERE customer_id = $1 AND status = 'PENDING')"


async def finish_first_customer(database_url: str, data_dir: Path) -> None:
    """Make sure that there is a first customer with its key and its data."""
    if (data_dir / UNFINISHED).exists() or not await _has_customers(database_url):
        from app.cli.first_customer import make_first_customer  # noqa: PLC0415 - the whole product

        await make_first_customer(database_url, data_dir)


async def wait_for_demo_holders(
    database_url: str, data_dir: Path, *, seconds_max: float = SCREENED_WITHIN_SECONDS
) -> None:
    """Wait for a while until the worker has screened the holders of demo data that is new.

    A ledger that is issued to one before has the status ERROR at first, and the reader's first call may issue one.
    """
    marker = data_dir / WITHOUT_MONEY
    if not marker.exists():
        return
    with suppress(*DATABASE_UNUSABLE):  # Also when the time is up.
        async with asyncio.timeout(seconds_max):
            connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_SECONDS)
            try:
                customer_id = UUID(marker.read_text(encoding="utf-8"))
                while await connection.fetchval(_HAVE_PENDING, customer_id):  # noqa: ASYNC110 - a worker changes it
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
            finally:
                await close_connection(connection)


async def finish_demo_money(database_url: str, data_dir: Path) -> str | None:
    """Give the demo data its money, if it still has none; returns what to show about it."""
    if not (data_dir / WITHOUT_MONEY).exists():
        return None
    from app.cli.first_customer import try_to_move_demo_money  # noqa: PLC0415 - the whole product

    return await try_to_move_demo_money(database_url, data_dir)


async def _has_customers(database_url: str) -> bool:
    connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM customers)"))
    finally:
        await close_connection(connection)
