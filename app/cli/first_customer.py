"""The first customer, its key and the demo data, made in a database that was found empty."""

from pathlib import Path
from uuid import UUID

from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import FIRST_KEY_NAME, open_customer
from app.access.operators import operator_actor
from app.db.away import DATABASE_UNUSABLE
from app.db.connection import fetchval
from app.demo.fill_demo_data import fill_demo_data
from app.demo.fill_demo_money import fill_demo_money
from app.embedded.data_folder import API_KEY, UNFINISHED, WITHOUT_MONEY, read_api_key, write_private
from app.kernel.errors import DomainError
from app.partners.read_catalog import load_catalog
from app.process import database_for
from app.settings import Environment, Settings, load_settings

NAME = "Demo"

CONNECTIONS = 2


async def make_first_customer(database_url: str, data_dir: Path) -> None:
    """Make the first customer, and write its key to `api-key` (mode 0600), if there is no customer at all.

    Except in LIVE it gets the demo data. If an earlier start was killed, this finishes its work.
    """
    settings = load_settings()
    unfinished = data_dir / UNFINISHED
    async with database_for("quaestor-dev", database_url, pool_size=CONNECTIONS):
        if not await fetchval("SELECT EXISTS (SELECT FROM customers)"):
            write_private(unfinished, "")
            opened = await open_customer(NAME)
            write_private(data_dir / API_KEY, f"{opened.api_key}\n")
        if unfinished.exists():
            await _finish(data_dir, settings)
            unfinished.unlink()


async def _finish(data_dir: Path, settings: Settings) -> None:
    """Give the one customer what it lacks: a key that we know, and the demo data."""
    customer = operator_actor(await fetchval("SELECT customer_id FROM customers ORDER BY created_at LIMIT 1"))
    if read_api_key(data_dir) is None:
        _, key = await create_api_key(customer, CreateApiKey(FIRST_KEY_NAME, sorted(customer.scopes)))
        write_private(data_dir / API_KEY, f"{key}\n")
    if settings.environment is not Environment.LIVE:
        await fill_demo_data(customer, catalog=load_catalog(settings))
        write_private(data_dir / WITHOUT_MONEY, str(customer.customer_id))


async def try_to_move_demo_money(database_url: str, data_dir: Path) -> str | None:
    """Like `move_demo_money`; returns what to show about it. The rest of the product runs even if this fails."""
    try:
        movements = await move_demo_money(database_url, data_dir)
    except DomainError as problem:
        return f"the demo data has no money: {problem}"
    except DATABASE_UNUSABLE as problem:
        return f"the demo data has no money yet, the next start tries again: {problem}"
    return None if movements is None else f"moved money through the demo data: {movements} movements"


async def move_demo_money(database_url: str, data_dir: Path) -> int | None:
    """Move money through the demo data, if that was not done yet; answers how many movements, None for none to do.

    Needs a running worker, which opens the ledgers.

    :raises DomainError: somebody has changed the demo data meanwhile, and it is left as it is.
    """
    marker = data_dir / WITHOUT_MONEY
    if not marker.exists():
        return None
    try:
        async with database_for("quaestor-dev", database_url, pool_size=CONNECTIONS):
            customer = operator_actor(UUID(marker.read_text(encoding="utf-8")))
            moved = await fill_demo_money(customer, catalog=load_catalog(load_settings()))
    except DomainError:
        marker.unlink()
        raise
    marker.unlink()
    return moved
