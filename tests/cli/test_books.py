"""`quaestor books`: the operator sees through when books are closed, and reopens them."""

import asyncio
import json
from uuid import UUID

import pytest

from app.access.operators import operator_actor
from app.cli import books
from app.db.connection import close_database, fetch, open_database
from app.journal.close_books import CloseBooks, close_books
from app.kernel.errors import InvalidState, NotFound
from tests.cli.test_customers_and_keys import NOBODY, call, customer

__all__ = ["call", "customer"]

OCTOBER, SEPTEMBER = "2025-10-31T12:00:00.000000Z", "2025-09-30T12:00:00.000000Z"


@pytest.fixture
def closed(customer, migrated_url):
    """The id of a customer whose books are closed through October."""

    async def close():
        await open_database(migrated_url)
        try:
            await close_books(operator_actor(UUID(customer["customer_id"])), CloseBooks(OCTOBER))
        finally:
            await close_database()

    asyncio.run(close())
    return customer["customer_id"]


def events_of(url, customer_id):
    async def read():
        await open_database(url)
        try:
            sql = "SELECT type, via, actor, body::jsonb -> 'data' AS data FROM events WHERE customer_id = $1 AND"
            return await fetch(f"{sql} resource_type = 'books' ORDER BY resource_version", UUID(customer_id))
        finally:
            await close_database()

    return asyncio.run(read())


def listed(call, customer_id):
    rows = json.loads(call(books.commands, "list", "--json"))
    return next(row["closed_through"] for row in rows if row["customer_id"] == customer_id)


def test_lists_and_reopens_books_and_tells(call, closed, migrated_url):
    assert listed(call, closed) == OCTOBER
    earlier = call(books.commands, "reopen", "--customer", closed, "--through", SEPTEMBER, "--reason", "A bill")
    assert earlier == f"reopened: closed through {SEPTEMBER}\n"
    assert listed(call, closed) == SEPTEMBER
    assert json.loads(call(books.commands, "reopen", "--customer", closed, "--json")) == {
        "customer_id": closed,
        "closed_through": None,
    }
    assert listed(call, closed) is None
    told = events_of(migrated_url, closed)
    assert [(row["type"], row["via"], row["actor"]) for row in told[1:]] == [("books.reopened", "cli", "operator")] * 2
    assert [row["data"]["reason"] for row in told] == [None, "A bill", None]


def test_refuses_what_is_not_closed_or_not_there(call, customer, closed):
    with pytest.raises(InvalidState, match="earlier instant"):
        call(books.commands, "reopen", "--customer", closed, "--through", OCTOBER)
    with pytest.raises(NotFound):
        call(books.commands, "reopen", "--customer", NOBODY)
    assert listed(call, closed) == OCTOBER
