"""Rich books of two customers, made once by each worker of pytest, and copied for each test."""

from typing import Any, NamedTuple

import pytest

from app.db.connection import pool
from tests.conftest import new_database
from tests.proof.named_objects import name_objects
from tests.rich_books import RichBooks, copied, opened, rich_template, unguard


@pytest.fixture(scope="session")
async def template(postgres, migrated_template):
    """The name of the database to copy, and the first customer's books."""
    async with rich_template(postgres, migrated_template) as made:
        yield made


@pytest.fixture
async def books(postgres, template):
    """One customer's rich books, in a database of this test's own that has another customer's beside them."""
    name, books = template
    async with copied(postgres, name) as url, opened(url):
        yield books


class Unguarded(NamedTuple):
    """Books that nothing protects, and the ids that damages and findings name."""

    books: RichBooks
    names: dict[str, Any]

    async def damage(self, sql: str) -> None:
        """Change rows in a way that the database would refuse."""
        await pool().execute(sql.format(**self.names))


@pytest.fixture(scope="session")
async def unguarded_template(postgres, template):
    """The name of a database to copy, and what is in it."""
    name, books = template
    async with new_database(postgres, f"TEMPLATE {name}") as unguarded:
        async with opened(postgres.url_of(unguarded)):
            names = await name_objects(books)
            await unguard()
        yield unguarded, Unguarded(books, names)


@pytest.fixture
async def unguarded(postgres, unguarded_template):
    """Such books in a database of this test's own."""
    name, made = unguarded_template
    async with copied(postgres, name) as url, opened(url):
        yield made
