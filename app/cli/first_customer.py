"""The first customer and its key, made in a database that was found empty."""

from pathlib import Path

from app.db.connection import close_database, fetchval, open_database
from app.embedded.data_folder import API_KEY, write_private
from app.nodes.open_customer import open_customer

NAME = "Demo"
CONNECTIONS = 2


async def make_first_customer(database_url: str, data_dir: Path) -> None:
    """Make the first customer, and write its key to `api-key` (mode 0600), if there is no customer at all."""
    await open_database(database_url, pool_size=CONNECTIONS, application_name="quaestor-dev")
    try:
        if not await fetchval("SELECT EXISTS (SELECT FROM customers)"):
            opened = await open_customer(NAME)
            write_private(data_dir / API_KEY, f"{opened.api_key}\n")
    finally:
        await close_database()


def read_api_key(data_dir: Path) -> str | None:
    """The first customer's key; None if it is not in the data folder."""
    file = data_dir / API_KEY
    return file.read_text(encoding="utf-8").strip() if file.exists() else None
