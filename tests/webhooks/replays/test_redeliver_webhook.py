"""One delivery is sent again, whatever became of it."""

import asyncio
import dataclasses

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.kernel.actor import Via
from app.kernel.errors import Forbidden, Invalid, InvalidState, NotFound
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.replays.redeliver_webhook import redeliver_webhook
from app.webhooks.status import DeliveryStatus
from tests.webhooks.conftest import VAULT
from tests.webhooks.deliveries.test_settle_deliveries import claim, record
from tests.webhooks.replays.conftest import deliveries

URL = "http://127.0.0.1:9/hooks"


@pytest.fixture
async def endpoint(subscribe, receiver):
    made, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    return made


async def only(endpoint):
    [row] = await deliveries(endpoint)
    return row


@pytest.mark.parametrize(("answer", "ended"), [(200, "DELIVERED"), (500, "EXHAUSTED")])
async def test_sends_a_finished_one_again(actor, endpoint, happen, receiver, pipelines, answer, ended):
    receiver.answer = answer
    pipeline = pipelines(waits=())
    await happen()
    await pipeline.drain(budget_seconds=10)
    delivery = await only(endpoint)
    assert delivery["status"] == ended
    again = await redeliver_webhook(actor, str(delivery["id"]))
    assert (again.id, again.status, again.attempt_count) == (delivery["id"], DeliveryStatus.RETRYING, 1)
    receiver.answer = 200
    await pipeline.drain(budget_seconds=10)
    first, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert second.headers["x-quaestor-attempt"] == "2"
    delivery = await only(endpoint)
    assert (delivery["status"], delivery["attempt_count"]) == ("DELIVERED", 2)


async def test_sends_one_that_waits_at_once_and_begins_its_schedule_anew(actor, endpoint, happen, receiver, pipelines):
    receiver.answer = 500
    pipeline = pipelines(waits=(3600.0,))
    await happen()
    await pipeline.drain(budget_seconds=10)
    delivery = await only(endpoint)
    await redeliver_webhook(actor, str(delivery["id"]))
    await pipeline.drain(budget_seconds=10)
    delivery = await only(endpoint)
    assert (delivery["status"], delivery["attempt_count"]) == ("RETRYING", 2)
    assert len(receiver.received) == 2


async def test_leaves_one_that_is_being_sent(actor, endpoint, fill):
    [delivery_id] = await fill(endpoint, 1)
    claimed = await claim(endpoint, 1)
    await pool().execute("UPDATE webhook_deliveries SET event_id = (SELECT id FROM events LIMIT 1)")
    again = await redeliver_webhook(actor, str(delivery_id))
    assert (again.status, again.attempt_count) == (DeliveryStatus.PENDING, 0)
    assert await record(claimed, status=200) == 1


async def test_makes_it_due_once_however_many_ask(actor, endpoint, happen, receiver, pipeline):
    await happen()
    await pipeline.drain(budget_seconds=10)
    delivery = await only(endpoint)
    await asyncio.gather(*(redeliver_webhook(actor, str(delivery["id"])) for _ in range(8)))
    await pipeline.drain(budget_seconds=10)
    assert len(receiver.received) == 2


async def test_sends_a_ping_again(actor, endpoint, receiver, pipeline):
    ping = await ping_webhook_endpoint(actor, str(endpoint.id))
    await pipeline.drain(budget_seconds=10)
    await redeliver_webhook(actor, str(ping.id))
    await pipeline.drain(budget_seconds=10)
    assert receiver.types == ["webhook.ping"] * 2


async def test_refuses_when_nothing_would_be_sent(actor, endpoint, happen, receiver, pipeline, settle):
    await happen()
    await pipeline.drain(budget_seconds=10)
    delivery = await only(endpoint)
    await update_webhook_endpoint(
        actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=False), vault=VAULT, egress=None
    )
    with pytest.raises(InvalidState, match="is DISABLED: enable it first") as refused:
        await redeliver_webhook(actor, str(delivery["id"]))
    assert refused.value.status == "DISABLED"
    await delete_webhook_endpoint(actor, str(endpoint.id))
    with pytest.raises(InvalidState, match="is deleted"):
        await redeliver_webhook(actor, str(delivery["id"]))
    assert await only(endpoint) == delivery


async def test_refuses_one_whose_event_is_gone(actor, endpoint, fill):
    [delivery_id] = await fill(endpoint, 1, status="DELIVERED")
    with pytest.raises(InvalidState, match="no longer kept"):
        await redeliver_webhook(actor, str(delivery_id))
    assert await fetchval("SELECT status FROM webhook_deliveries") == "DELIVERED"


async def test_refuses_who_may_not(actor, other_actor, endpoint, happen, receiver, pipeline):
    await happen()
    await pipeline.drain(budget_seconds=10)
    before = await only(endpoint)
    delivery_id = str(before["id"])
    with pytest.raises(Invalid):
        await redeliver_webhook(actor, "x")
    for absent in (redeliver_webhook(other_actor, delivery_id), redeliver_webhook(actor, str(new_id()))):
        with pytest.raises(NotFound):
            await absent
    for change in ({"holder_id": new_id()}, {"scopes": frozenset({"webhooks:read", "ledgers:read"})}):
        with pytest.raises(Forbidden):
            await redeliver_webhook(dataclasses.replace(actor, **change), delivery_id)
    _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:write", "holders:read"]))
    narrow = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    with pytest.raises(NotFound):  # It may not read ledgers.
        await redeliver_webhook(narrow, delivery_id)
    with pytest.raises(Forbidden):  # It may read this, but not all that the endpoint was made for.
        await redeliver_webhook(dataclasses.replace(narrow, scopes=narrow.scopes | {"ledgers:read"}), delivery_id)
    assert await only(endpoint) == before
    assert await fetchrow("SELECT FROM webhook_attempts OFFSET 1") is None
