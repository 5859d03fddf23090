"""What is left to do of a first start, found out without loading the product: later starts do not need it."""

from pathlib import Path

import asyncpg

from app.db.reachable import CONNECT_TIMEOUT_SECONDS, close_connection
from app.embedded.data_folder import UNFINISHED, WITHOUT_MONEY


async def finish_first_customer(database_url: str, data_dir: Path) -> None:
    """Make sure that there is a first customer with its key and its data."""
    if (data_dir / UNFINISHED).exists() or not await _has_customers(database_url):
        from app.cli.first_customer import make_first_customer  # noqa: PLC0415 - the whole product

        await make_first_customer(database_url, data_dir)


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
