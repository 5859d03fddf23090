"""An endpoint that is disabled, deleted, or wants no more, while its deliveries are under way."""

import asyncio
from collections import Counter
from contextvars import Context
from ipaddress import ip_network

import pytest
from aiohttp import web

from app.db.connection import fetch
from app.db.pages import Page
from app.webhooks.deliveries import claim_deliveries
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import DeliveryFilter, find_webhook_endpoint, read_webhook_deliveries
from app.webhooks.status import DeliveryStatus, EndpointStatus
from app.webhooks.vault import Vault

pytestmark = pytest.mark.postgres15

EGRESS = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=((80, 80),))
VAULT = Vault("a key of the settings for the tests")


async def drain(pipeline, *, seconds=90):
    async with asyncio.timeout(seconds):
        await pipeline.drain(budget_seconds=seconds)


async def deliveries(actor, **wanted):
    return await read_webhook_deliveries(actor, DeliveryFilter(**wanted), Page(1000))


async def event_types(actor):
    rows = await fetch("SELECT type FROM events WHERE customer_id = $1 ORDER BY occurred_at, id", actor.customer_id)
    return [row["type"] for row in rows]


async def test_disables_an_endpoint_that_is_gone(actor, subscribe, happen, receiver, pipeline, settle):
    endpoint, _ = await subscribe(receiver.url)
    for _ in range(3):
        await happen()
    receiver.answer = 410
    await drain(pipeline)
    gone = await find_webhook_endpoint(actor, endpoint.id)
    assert (gone.status, gone.status_reason) == (EndpointStatus.DISABLED, "The receiver answered 410 Gone.")
    assert (await event_types(actor)).count("webhook_endpoint.status.disabled") == 1
    await settle(later=True)
    assert {(one.status, one.next_attempt_at) for one in await deliveries(actor)} == {(DeliveryStatus.RETRYING, None)}
    sent = len(receiver.received)
    await happen()
    await drain(pipeline)
    assert len(receiver.received) == sent
    assert len(await deliveries(actor)) == 3


async def test_resumes_what_was_suspended_when_enabled(actor, subscribe, happen, receiver, pipeline, settle):
    endpoint, _ = await subscribe(receiver.url)
    await happen()
    receiver.answer = 410
    await drain(pipeline)
    await settle(later=True)
    receiver.answer = 200
    await update_webhook_endpoint(
        actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=True), vault=VAULT, egress=EGRESS
    )
    await settle()
    await drain(pipeline)
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 2)


async def test_suspends_a_delivery_whose_endpoint_was_disabled_during_the_request(
    actor, subscribe, happen, receiver, pipeline, settle
):
    endpoint, _ = await subscribe(receiver.url)

    async def disable_and_fail(request):
        await update_webhook_endpoint(
            actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=False), vault=VAULT, egress=EGRESS
        )
        await settle()  # It leaves what is under way alone, and comes back.
        return web.Response(status=500)

    receiver.answer = disable_and_fail
    await happen()
    await drain(pipeline)
    await settle(later=True)
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count, delivery.next_attempt_at) == (DeliveryStatus.RETRYING, 1, None)


@pytest.mark.parametrize(
    ("stop", "rest"),
    [
        (delete_webhook_endpoint, (DeliveryStatus.CANCELLED, None)),
        (
            lambda actor, one: update_webhook_endpoint(
                actor, UpdateWebhookEndpoint(one, enabled=False), vault=VAULT, egress=EGRESS
            ),
            (DeliveryStatus.PENDING, None),
        ),
    ],
    ids=["deleted", "disabled"],
)
async def test_sends_nothing_that_waited_in_the_worker_when_its_endpoint_was_stopped(
    actor, subscribe, happen, receiver, pipeline, settle, monkeypatch, caplog, stop, rest
):
    monkeypatch.setattr("app.webhooks.deliveries.still_wanted.ASK_AGAIN_AFTER_SECONDS", 0)
    stopped, eight_came = asyncio.Event(), asyncio.Event()

    async def wait(request):
        if len(receiver.received) == 8:
            eight_came.set()
        await stopped.wait()
        return web.Response()

    receiver.answer = wait
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    for _ in range(12):
        await happen()
    draining = asyncio.create_task(drain(pipeline))
    await eight_came.wait()
    await stop(actor, str(endpoint.id))
    stopped.set()
    await draining
    await settle(later=True)
    found = await deliveries(actor, endpoint_id=endpoint.id)
    assert Counter((one.status, one.next_attempt_at) for one in found) == {(DeliveryStatus.DELIVERED, None): 8, rest: 4}
    assert len(receiver.received) == 8
    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


async def test_says_nothing_of_keys_that_went_with_a_deleted_endpoint(
    actor, subscribe, happen, receiver, pipeline, settle, monkeypatch, caplog
):
    """It is deleted between the claim and the reading of what is sent."""
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"], ordered=True, max_per_second=100)
    await happen()
    claim = claim_deliveries.claim_in_order

    async def claim_and_delete(*arguments, **named):
        claimed = await claim(*arguments, **named)
        if claimed:
            await asyncio.create_task(delete_webhook_endpoint(actor, str(endpoint.id)), context=Context())
        return claimed

    monkeypatch.setattr(claim_deliveries, "claim_in_order", claim_and_delete)
    await drain(pipeline)
    await settle(later=True)
    [delivery] = await deliveries(actor, endpoint_id=endpoint.id)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.CANCELLED, 0)
    assert receiver.received == []
    assert [record for record in caplog.records if record.levelname != "INFO"] == []
