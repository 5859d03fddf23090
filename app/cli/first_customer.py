"""The first customer, its key and the demo data, made in a database that was found empty."""

from pathlib import Path

from app.access.operators import operator_actor
from app.db.connection import close_database, fetchval, open_database
from app.embedded.data_folder import API_KEY, write_private
from app.nodes.fill_demo_data import fill_demo_data
from app.nodes.open_customer import open_customer
from app.partners.catalog import load_catalog
from app.settings import Environment, load_settings

NAME = "Demo"
CONNECTIONS = 2


async def make_first_customer(database_url: str, data_dir: Path) -> None:
    """Make the first customer, and write its key to `api-key` (mode 0600), if there is no customer at all.

    Except in LIVE it gets the demo data.
    """
    settings = load_settings()
    await open_database(database_url, pool_size=CONNECTIONS, application_name="quaestor-dev")
    try:
        if not await fetchval("SELECT EXISTS (SELECT FROM customers)"):
            opened = await open_customer(NAME)
            write_private(data_dir / API_KEY, f"{opened.api_key}\n")
            if settings.environment is not Environment.LIVE:
                await fill_demo_data(operator_actor(opened.customer_id), catalog=load_catalog(settings))
    finally:
        await close_database()


def read_api_key(data_dir: Path) -> str | None:
    """The first customer's key; None if it is not in the data folder."""
    file = data_dir / API_KEY
    return file.read_text(encoding="utf-8").strip() if file.exists() else None
