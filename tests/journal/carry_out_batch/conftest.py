"""A customer with two accounts."""

import pytest

from tests.bookkeeping import open_account


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def payer(actor):
    return await open_account(actor.customer_id, balance=1_000)


@pytest.fixture
async def payee(actor):
    return await open_account(actor.customer_id)
