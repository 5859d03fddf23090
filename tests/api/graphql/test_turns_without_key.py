"""Who has no key never keeps customers waiting: of such requests one is answered at a time, and others in between."""

import asyncio

import httpx

from tests.api.graphql.conftest import KEY

SCHEMA = {"query": "{ __schema { types { name kind fields { name type { name kind } } } } }"}
BOOK = {"query": "{ book { id } }"}
CROWD = 50


async def answered_in_order(application, requests):
    """Sends all at once; answers the names in the order in which they were answered."""
    order = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://testserver") as client:

        async def send(name, body, headers):
            response = await client.post("/graphql", json=body, headers=headers)
            assert response.status_code == 200, response.text
            assert "errors" not in response.text
            order.append(name)

        await asyncio.gather(*(send(*request) for request in requests))
    return order


async def test_answers_a_customer_between_those_who_have_no_key(make_application):
    crowd = [("crowd", SCHEMA, {})] * CROWD
    order = await answered_in_order(make_application(), [*crowd, ("customer", BOOK, {"Authorization": KEY})])
    assert len(order) == CROWD + 1
    assert order.index("customer") < CROWD / 2


async def test_answers_everybody_who_has_no_key_in_a_stream_too(make_application):
    crowd = [("crowd", SCHEMA, {"Accept": "text/event-stream"})] * CROWD
    order = await answered_in_order(make_application(), [*crowd, ("customer", BOOK, {"Authorization": KEY})])
    assert len(order) == CROWD + 1
    assert order.index("customer") < CROWD / 2
