"""A customer and its keys, for the tests of access."""

import pytest

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.kernel.actor import Via


@pytest.fixture
async def customer(database):
    yield await open_customer("Example Ltd")
    await finish_noting_last_use()


@pytest.fixture
async def actor(customer):
    return await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
