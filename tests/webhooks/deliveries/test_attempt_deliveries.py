"""What is due is delivered, retried and recorded, each once."""

from datetime import timedelta
from uuid import UUID

import pytest
import standardwebhooks
import svix.webhooks
from aiohttp import web

from app.db.connection import fetch, fetchrow, pool
from app.kernel.clock import utc_now
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.message_body import message_body
from app.webhooks.queries import (
    attempts_of_deliveries,
    request_bodies,
)
from app.webhooks.status import DeliveryStatus, Payload
from tests.bookkeeping import open_account
from tests.told_events import told_event
from tests.webhooks.deliveries.steps import deliveries, drain, make_due

pytestmark = pytest.mark.postgres15


async def event_types(actor):
    rows = await fetch("SELECT type FROM events WHERE customer_id = $1 ORDER BY occurred_at, id", actor.customer_id)
    return [row["type"] for row in rows]


@pytest.mark.parametrize("verifier", [standardwebhooks.Webhook, svix.webhooks.Webhook])
async def test_delivers_the_frozen_bytes_signed(actor, subscribe, happen, receiver, pipeline, verifier):
    _, secret = await subscribe(receiver.url)
    event_id = await happen("ledger.status.ok")
    await drain(pipeline)
    [received] = receiver.received
    frozen = await fetchrow("SELECT body FROM events WHERE id = $1", event_id)
    assert received.body == frozen["body"].encode()
    verifier(secret).verify(received.body, received.headers)
    assert received.headers["webhook-id"] == str(event_id)
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"] == "Quaestor-Webhooks"
    assert received.headers["x-quaestor-attempt"] == "1"
    assert received.headers["x-quaestor-event-type"] == "ledger.status.ok"


async def test_records_the_attempt(actor, subscribe, happen, receiver, pipeline):
    await subscribe(receiver.url)
    await happen()
    before = utc_now()
    await drain(pipeline)
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count, delivery.next_attempt_at) == (DeliveryStatus.DELIVERED, 1, None)
    [attempt] = (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]
    assert (attempt.number, attempt.response_status, attempt.error, attempt.response_body) == (1, 200, None, "")
    assert before <= attempt.started_at <= utc_now()


async def test_tries_again_with_the_same_id_and_body(actor, subscribe, happen, receiver, pipeline):
    await subscribe(receiver.url)
    await happen()
    receiver.answer = 500
    await drain(pipeline)  # All three attempts: the schedule of this test waits zero seconds.
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert len({received.body for received in receiver.received}) == 1
    assert [received.headers["x-quaestor-attempt"] for received in receiver.received] == ["1", "2", "3"]


async def test_waits_as_the_schedule_says(actor, subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url)
    await happen()
    receiver.answer = 500
    before = utc_now()
    await drain(pipelines(waits=(1000.0, 10_000.0)))
    after = utc_now()
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    assert before + timedelta(seconds=800) <= delivery.next_attempt_at <= after + timedelta(seconds=1_200)
    receiver.answer = 200
    await drain(pipelines())
    assert len(receiver.received) == 1  # Not due yet.
    await make_due()
    await drain(pipelines())
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.DELIVERED, 2)


async def test_waits_as_long_as_retry_after_asks(actor, subscribe, happen, receiver, pipelines):
    async def be_busy(request):
        return web.Response(status=429, headers={"retry-after": "3600"})

    await subscribe(receiver.url)
    await happen()
    receiver.answer = be_busy
    before = utc_now()
    await drain(pipelines(waits=(1.0,)))
    [delivery] = await deliveries(actor)
    assert delivery.next_attempt_at - before > timedelta(minutes=59)


async def test_gives_up_after_the_last_attempt_and_tells(actor, subscribe, happen, receiver, receivers, pipeline):
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    watcher = await receivers()
    await subscribe(watcher.url, event_types=["webhook_delivery.exhausted"])
    await happen()
    receiver.answer = 500
    await drain(pipeline)
    [delivery] = await deliveries(actor, endpoint_id=endpoint.id)
    assert (delivery.status, delivery.attempt_count, delivery.next_attempt_at) == (DeliveryStatus.EXHAUSTED, 3, None)
    assert [attempt.number for attempt in (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]] == [
        1,
        2,
        3,
    ]
    await drain(pipeline)
    assert (await event_types(actor)).count("webhook_delivery.exhausted") == 1
    [told] = watcher.received
    assert told.json["type"] == "webhook_delivery.exhausted"
    assert told.json["resource"] == {"type": "webhook_delivery", "id": str(delivery.id), "version": 3}
    assert told.json["data"]["endpoint_id"] == str(endpoint.id)
    assert told.json["data"]["status"] == "EXHAUSTED"


async def test_does_not_tell_an_endpoint_of_its_own_failures(actor, subscribe, happen, receiver, pipeline):
    await subscribe(receiver.url)
    await happen()
    receiver.answer = 500
    await drain(pipeline)
    receiver.answer = 200
    await drain(pipeline)
    assert set(receiver.types) == {"ledger.updated"}


async def test_makes_no_event_of_a_failed_delivery_of_an_event_about_webhooks(
    actor, subscribe, receiver, receivers, pipeline
):
    failing = await receivers()
    failing.answer = 500
    await subscribe(failing.url)
    await subscribe(receiver.url)  # The first is told of the second, in vain.
    await drain(pipeline)
    await drain(pipeline)
    assert failing.types == ["webhook_endpoint.created"] * 3
    assert "webhook_delivery.exhausted" not in await event_types(actor)


async def test_pings_this_endpoint_alone(actor, subscribe, receivers, pipeline):
    receiver, other = await receivers(), await receivers()
    endpoint, secret = await subscribe(receiver.url, event_types=["holder.*"])
    await subscribe(other.url)
    delivery = await ping_webhook_endpoint(actor, str(endpoint.id))
    await drain(pipeline)
    assert receiver.types == ["webhook.ping"]
    assert "webhook.ping" not in other.types
    assert receiver.received[0].headers["webhook-id"] == str(delivery.message_id)
    standardwebhooks.Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)


async def test_sends_notifications_flat(actor, customer, subscribe, happen, receiver, pipeline):
    endpoint, secret = await subscribe(receiver.url, payload=Payload.NOTIFICATION)
    event_id = await happen("ledger.status.ok")
    await happen("ledger.created")
    await ping_webhook_endpoint(actor, str(endpoint.id))
    await drain(pipeline)
    by_type = {received.json["type"]: received for received in receiver.received}
    assert set(by_type) == {"entity-ready-to-use", "webhook-test"}
    ready = by_type["entity-ready-to-use"]
    event = await fetchrow("SELECT resource_id FROM events WHERE id = $1", event_id)
    assert ready.json["ledger_id"] == str(event["resource_id"])
    assert ready.json["owner"] == str(customer.customer_id)
    assert ready.json["notification_id"] == ready.headers["webhook-id"] == str(event_id)
    standardwebhooks.Webhook(secret).verify(ready.body, ready.headers)


async def test_uses_up_no_attempt_for_a_fault_of_ours(actor, subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url)
    await happen()
    await pool().execute("UPDATE webhook_secrets SET sealed = sealed || '\\x00'::bytea")
    before = utc_now()
    await drain(pipelines())
    after = utc_now()
    [delivery] = await deliveries(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.PENDING, 0)
    assert before <= delivery.next_attempt_at - timedelta(seconds=30) <= after
    assert receiver.received == []


async def test_refuses_to_connect_where_the_rules_no_longer_allow(actor, subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url)
    await happen()
    await drain(
        pipelines(
            egress=EgressRules(allows_http=True, allowed_networks=(), allowed_ports=((1, 65535),)), waits=(1000.0,)
        )
    )
    [delivery] = await deliveries(actor)
    assert delivery.attempt_count == 0  # Another worker's settings may allow it.
    assert receiver.received == []


async def test_keeps_customers_apart(actor, other_actor, subscribe, happen, receivers, pipeline):
    mine, theirs = await receivers(), await receivers()
    await subscribe(mine.url)
    await subscribe(theirs.url, by=other_actor)
    await happen(by=actor)
    await drain(pipeline)
    assert mine.types == ["ledger.updated"]
    assert theirs.received == []
    assert await deliveries(other_actor) == []


class TestChangesOfBalance:
    """They have no bodies stored: each attempt makes its own anew, from the event of the transfer."""

    @pytest.fixture
    async def parties(self, actor):
        return await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)

    @pytest.mark.parametrize("payload", list(Payload))
    @pytest.mark.parametrize("verifier", [standardwebhooks.Webhook, svix.webhooks.Webhook])
    async def test_are_delivered_signed_under_ids_of_their_own(
        self, actor, subscribe, post, parties, receiver, pipeline, verifier, payload
    ):
        _, secret = await subscribe(receiver.url, event_types=["ledger.balance_changed"], payload=payload)
        transfer = await post(*parties)
        await drain(pipeline)
        event = await told_event("WHERE resource_id = $1", transfer.id)
        by_id = {received.headers["webhook-id"]: received for received in receiver.received}
        assert set(by_id) == {str(UUID(int=event["id"].int | bits)) for bits in (0b01, 0b10)}
        for delivery in await deliveries(actor):
            received = by_id[str(delivery.message_id)]
            verifier(secret).verify(received.body, received.headers)
            assert received.body.decode() == message_body(
                payload, event["body"], customer_id=actor.customer_id, message_id=delivery.message_id
            )
            named = received.json["notification_id" if payload is Payload.NOTIFICATION else "id"]
            assert named == str(delivery.message_id)
            assert received.headers["x-quaestor-event-type"] == "ledger.balance_changed"
            assert (delivery.event_id, delivery.status) == (event["id"], DeliveryStatus.DELIVERED)

    @pytest.mark.parametrize("payload", list(Payload))
    async def test_are_the_same_bytes_at_every_attempt(
        self, actor, subscribe, post, parties, receiver, pipeline, payload
    ):
        await subscribe(receiver.url, event_types=["ledger.balance_changed"], payload=payload)
        await post(*parties)
        receiver.answer = 500
        await drain(pipeline)
        attempts = [(received.headers["webhook-id"], received.body) for received in receiver.received]
        assert len(attempts) == 6
        assert len(set(attempts)) == 2
        for delivery in await deliveries(actor):
            body = (await request_bodies(actor, [delivery]))[delivery.id]
            assert (str(delivery.message_id), body.encode()) in attempts

    async def test_are_delivered_beside_the_transfer_itself(self, actor, subscribe, post, parties, receiver, pipeline):
        await subscribe(receiver.url, event_types=["ledger.balance_changed", "transfer.posted"])
        for _ in range(5):
            await post(*parties)
        await drain(pipeline)
        assert sorted(receiver.types) == ["ledger.balance_changed"] * 10 + ["transfer.posted"] * 5
        assert len({received.headers["webhook-id"] for received in receiver.received}) == 15
