"""Rich books of two customers, made once by each worker of pytest, and copied for each test."""

from typing import Any, NamedTuple

import pytest

from app.db.connection import pool
from tests.proof.named_objects import name_objects
from tests.rich_books import RichBooks, copied, opened, rich_template, unguard

KEEP = """
    CREATE SCHEMA kept;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
        END LOOP;
    END $$
"""
RESTORE = """
    SET LOCAL session_replication_role = replica;
    DO $$ DECLARE name text; differs boolean; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format(
                'SELECT (SELECT array_agg(t::text ORDER BY t::text) FROM public.%1$I AS t) IS DISTINCT FROM'
                '       (SELECT array_agg(t::text ORDER BY t::text) FROM kept.%1$I AS t)', name
            ) INTO differs;
            IF differs THEN
                EXECUTE format('DELETE FROM public.%1$I', name);
                EXECUTE format('INSERT INTO public.%1$I TABLE kept.%1$I', name);
            END IF;
        END LOOP;
    END $$
"""
"""What a test has damaged is what it was before."""


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
async def unguarded_books(postgres, template):
    """Such books, with a copy of each table in the schema `kept`; answers the URL of their database, too."""
    name, books = template
    async with copied(postgres, name) as url:
        async with opened(url):
            names = await name_objects(books)
            await unguard()
            await pool().execute(KEEP)
        yield url, Unguarded(books, names)


@pytest.fixture
async def unguarded(unguarded_books):
    """Such books, which are put in order again after the test: copies of a database take far longer."""
    url, made = unguarded_books
    async with opened(url):
        yield made
        async with pool().acquire() as connection, connection.transaction():
            await connection.execute(RESTORE)
