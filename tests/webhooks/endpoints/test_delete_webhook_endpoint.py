"""An endpoint is deleted, and what is open cancelled."""

import asyncio

import pytest

from app.db.connection import fetch, fetchval
from app.db.pages import Page
from app.kernel.errors import Invalid, NotFound
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.queries import (
    DeliveryFilter,
    find_webhook_endpoint,
    find_webhook_endpoints,
    list_webhook_endpoints,
    read_webhook_deliveries,
)
from app.webhooks.status import DeliveryStatus

URL = "http://127.0.0.1:9/hooks"


async def test_is_gone_with_its_secret_and_writes_one_event(actor, subscribe):
    endpoint, _ = await subscribe(URL)
    assert await delete_webhook_endpoint(actor, str(endpoint.id)) == endpoint.id
    assert await find_webhook_endpoint(actor, endpoint.id) is None
    assert await list_webhook_endpoints(actor) == []
    assert await fetchval("SELECT count(*) FROM webhook_secrets") == 0
    rows = await fetch("SELECT type FROM events WHERE resource_id = $1 ORDER BY resource_version", endpoint.id)
    assert [row["type"] for row in rows] == ["webhook_endpoint.created", "webhook_endpoint.deleted"]


async def test_cancels_what_is_open_and_keeps_what_was_delivered_on_record(
    actor, subscribe, happen, receiver, pipeline, settle
):
    endpoint, _ = await subscribe(receiver.url)
    await happen()
    await pipeline.drain(budget_seconds=10)
    await ping_webhook_endpoint(actor, str(endpoint.id))
    await delete_webhook_endpoint(actor, str(endpoint.id))
    await pipeline.drain(budget_seconds=10)
    await settle()
    kept = await read_webhook_deliveries(actor, DeliveryFilter(), Page(10))
    assert [delivery.status for delivery in kept] == [DeliveryStatus.CANCELLED, DeliveryStatus.DELIVERED]
    assert len(receiver.received) == 1
    assert (await find_webhook_endpoints(actor, [endpoint.id]))[endpoint.id].url == receiver.url


async def test_does_nothing_twice(actor, subscribe):
    endpoint, _ = await subscribe(URL)
    results = await asyncio.gather(
        *(delete_webhook_endpoint(actor, str(endpoint.id)) for _ in range(4)), return_exceptions=True
    )
    assert results.count(endpoint.id) == 1
    assert sum(isinstance(result, NotFound) for result in results) == 3
    assert await fetchval("SELECT count(*) FROM events WHERE type = 'webhook_endpoint.deleted'") == 1


async def test_leaves_another_customers_endpoint_alone(actor, other_actor, subscribe):
    endpoint, _ = await subscribe(URL)
    with pytest.raises(NotFound):
        await delete_webhook_endpoint(other_actor, str(endpoint.id))
    assert await find_webhook_endpoint(actor, endpoint.id) == endpoint


async def test_refuses_a_malformed_id(actor):
    with pytest.raises(Invalid):
        await delete_webhook_endpoint(actor, "nonsense")
