"""A test event goes to one endpoint."""

import dataclasses

import pytest

from app.db.connection import fetchval
from app.db.identifiers import new_id
from app.kernel.errors import Forbidden, InvalidState, NotFound
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.status import DeliveryStatus

URL = "http://127.0.0.1:9/hooks"


async def test_answers_the_delivery_of_a_new_event(actor, subscribe):
    endpoint, _ = await subscribe(URL, event_types=["holder.*"])
    first = await ping_webhook_endpoint(actor, str(endpoint.id))
    second = await ping_webhook_endpoint(actor, str(endpoint.id))
    assert (first.endpoint_id, first.event_type, first.status) == (endpoint.id, "webhook.ping", DeliveryStatus.PENDING)
    assert first.event_id != second.event_id
    assert await fetchval("SELECT count(*) FROM events WHERE type = 'webhook.ping'") == 2


async def test_refuses_an_endpoint_that_is_not_enabled(actor, subscribe):
    endpoint, _ = await subscribe(URL)
    await update_webhook_endpoint(
        actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=False), vault=None, egress=None
    )
    with pytest.raises(InvalidState) as refused:
        await ping_webhook_endpoint(actor, str(endpoint.id))
    assert refused.value.status == "DISABLED"
    assert await fetchval("SELECT count(*) FROM webhook_deliveries") == 0


async def test_finds_no_endpoint_of_another_customer(actor, other_actor, subscribe):
    endpoint, _ = await subscribe(URL)
    with pytest.raises(NotFound):
        await ping_webhook_endpoint(other_actor, str(endpoint.id))
    with pytest.raises(Forbidden):
        await ping_webhook_endpoint(dataclasses.replace(actor, holder_id=new_id()), str(endpoint.id))
    assert await fetchval("SELECT count(*) FROM webhook_deliveries") == 0
