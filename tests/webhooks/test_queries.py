"""Endpoints, deliveries and attempts are read by their customer, as far as the actor may."""

import dataclasses
import itertools
from datetime import timedelta

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetchrow, pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.events.number_events import number_events
from app.kernel.actor import Via
from app.kernel.clock import utc_now
from app.kernel.cursor import encode_cursor
from app.kernel.errors import Forbidden, Invalid
from app.webhooks import queries
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import (
    DeliveryFilter,
    attempts_of_deliveries,
    find_webhook_delivery,
    find_webhook_endpoint,
    find_webhook_endpoints,
    list_webhook_endpoints,
    read_webhook_deliveries,
    request_bodies,
    stats_of_endpoints,
    webhook_delivery_cursors,
)
from app.webhooks.records import WebhookStats
from app.webhooks.status import DeliveryStatus, Payload
from tests.bookkeeping import open_account
from tests.webhooks.conftest import VAULT

URL = "http://127.0.0.1:9/hooks"


@pytest.fixture
async def delivered(actor, subscribe, happen, receiver, pipeline):
    """An endpoint, and the ids of the events of five deliveries: three of ledgers, two of holders."""
    endpoint, _ = await subscribe(receiver.url, payload=Payload.THIN)
    events = [await happen(name) for name in ["ledger.created"] * 3 + ["holder.created"] * 2]
    await pipeline.drain(budget_seconds=10)
    return endpoint, events


async def ids(actor, **wanted):
    found = await read_webhook_deliveries(actor, DeliveryFilter(**wanted), Page(100))
    return {delivery.event_id for delivery in found}


async def test_filters_deliveries(actor, delivered):
    endpoint, events = delivered
    holder = await fetchrow("SELECT resource_id FROM events WHERE id = $1", events[3])
    assert await ids(actor) == set(events)
    assert await ids(actor, endpoint_id=endpoint.id) == set(events)
    assert await ids(actor, endpoint_id=new_id()) == set()
    assert await ids(actor, event_types=("ledger.*",)) == set(events[:3])
    assert await ids(actor, event_types=("holder.created",)) == set(events[3:])
    assert await ids(actor, status=(DeliveryStatus.DELIVERED,)) == set(events)
    assert await ids(actor, status=(DeliveryStatus.PENDING, DeliveryStatus.EXHAUSTED)) == set()
    assert await ids(actor, resource_id=holder["resource_id"]) == {events[3]}
    now = utc_now()
    assert await ids(actor, created_at_gte=now) == set()
    assert await ids(actor, created_at_lt=now, created_at_gte=now - timedelta(minutes=1)) == set(events)


async def test_pages_newest_first_without_gap_or_repeat(actor, delivered):
    _, events = delivered
    wanted = DeliveryFilter()
    found, after = [], None
    for _ in itertools.repeat(None, 3):
        page = await read_webhook_deliveries(actor, wanted, Page(2, after))
        found += page
        [after] = webhook_delivery_cursors(wanted, page[-1:])
    assert {delivery.event_id for delivery in found} == set(events)
    assert len(found) == 5
    assert found == sorted(found, key=lambda delivery: (delivery.created_at, delivery.id), reverse=True)
    assert await read_webhook_deliveries(actor, wanted, Page(2, after)) == []


async def test_refuses_cursors_of_elsewhere_or_of_nowhere(actor, delivered):
    [delivery, *_] = await read_webhook_deliveries(actor, DeliveryFilter(), Page(1))
    [elsewhere] = webhook_delivery_cursors(DeliveryFilter(event_types=("ledger.*",)), [delivery])
    made_for = ["webhookDeliveries", None, None, None, None, None, None]
    for cursor in (elsewhere, "x", encode_cursor(made_for, ["yesterday", "me"]), encode_cursor(made_for, [1, 2])):
        with pytest.raises(Invalid):
            await read_webhook_deliveries(actor, DeliveryFilter(), Page(1, cursor))


async def test_shows_deliveries_only_of_what_the_actor_may_read(actor, delivered):
    _, events = delivered
    _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:read", "holders:read"]))
    narrow = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    assert await ids(narrow) == set(events[3:])
    hidden = await fetchrow("SELECT id FROM webhook_deliveries WHERE event_id = $1", events[0])
    assert await find_webhook_delivery(narrow, hidden["id"]) is None
    found = await find_webhook_delivery(actor, hidden["id"])
    assert found.event_id == events[0]
    assert await request_bodies(narrow, [found]) == {}


async def test_shows_changes_of_balance_to_who_may_read_ledgers(actor, subscribe, post):
    """Though they follow from transfers, which that one may not read."""
    await subscribe(URL, event_types=["ledger.balance_changed", "transfer.posted"])
    payer, payee = await open_account(actor.customer_id, balance=500), await open_account(actor.customer_id)
    await post(payer, payee)
    await number_events(actor.customer_id)
    lease = Lease(timedelta(seconds=30), timedelta(seconds=15))
    await fan_out(actor.customer_id, lease=lease, room=lambda _endpoint, _wanted: 0)
    _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:read", "ledgers:read"]))
    narrow = await authenticate(f"API-Key {key}", Via.GRAPHQL)

    found = await read_webhook_deliveries(narrow, DeliveryFilter(), Page(100))
    assert [one.event_type for one in found] == ["ledger.balance_changed"] * 3  # The payer was funded, and paid.
    assert sorted(one.resource_id for one in found) == sorted([payer, payer, payee])
    bodies = await request_bodies(narrow, found)
    assert set(bodies) == {one.id for one in found}
    of_payee = await read_webhook_deliveries(narrow, DeliveryFilter(resource_id=payee), Page(100))
    assert [one.event_type for one in of_payee] == ["ledger.balance_changed"]
    for wanted in (("ledger.*",), ("ledger.balance_changed",)):
        listed = await read_webhook_deliveries(narrow, DeliveryFilter(event_types=wanted), Page(100))
        assert listed == found


async def test_tells_what_was_sent(actor, delivered, receiver):
    found = await read_webhook_deliveries(actor, DeliveryFilter(), Page(100))
    bodies = await request_bodies(actor, found)
    sent = {received.headers["webhook-id"]: received.body.decode() for received in receiver.received}
    assert {str(one.message_id): bodies[one.id] for one in found} == sent


async def test_counts_the_last_seven_days(actor, delivered, subscribe, happen, receiver, pipelines):
    endpoint, _ = delivered
    idle, _ = await subscribe(URL, event_types=["hold.*"])
    await pool().execute("UPDATE webhook_outcomes SET hour = hour - interval '169 hours'")
    receiver.answer = 500
    pipeline = pipelines(waits=())
    await happen()
    await pipeline.drain(budget_seconds=10)
    receiver.answer = 200
    for _ in range(2):
        await happen()
        await pipeline.drain(budget_seconds=10)
    stats = await stats_of_endpoints(actor, [endpoint.id, idle.id], now=utc_now())
    # The event of the endpoint `idle` failed like the first one.
    assert stats == {endpoint.id: WebhookStats(2, 2, 0, None), idle.id: WebhookStats(0, 0, 0, None)}


async def test_counts_what_is_open_due_or_suspended(actor, subscribe, fill, settle):
    endpoint, _ = await subscribe(URL)
    rows = await fill(endpoint, 5)
    await fill(endpoint, 2, status="RETRYING")
    await fill(endpoint, 3, status="EXHAUSTED")
    change = "UPDATE webhook_deliveries SET created_at = now() - interval '1 hour' WHERE id = $1"
    await pool().execute(change, rows[0])
    for enabled in (True, False):
        await update_webhook_endpoint(
            actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=enabled), vault=VAULT, egress=None
        )
        await settle()
        stats = (await stats_of_endpoints(actor, [endpoint.id], now=utc_now()))[endpoint.id]
        assert (stats.delivered, stats.failed, stats.pending) == (0, 0, 7)
        assert stats.oldest_pending_seconds == pytest.approx(3600, abs=60)


async def test_counts_no_further_than_its_limit(actor, subscribe, fill, monkeypatch):
    monkeypatch.setattr(queries, "PENDING_COUNTED_MAX", 10)
    endpoint, _ = await subscribe(URL)
    await fill(endpoint, 25)
    stats = await stats_of_endpoints(actor, [endpoint.id], now=utc_now())
    assert stats[endpoint.id].pending == 10


async def test_finds_nothing_of_another_customer(actor, other_actor, delivered):
    endpoint, _ = delivered
    [delivery, *_] = await read_webhook_deliveries(actor, DeliveryFilter(), Page(1))
    assert await find_webhook_endpoint(other_actor, endpoint.id) is None
    assert await find_webhook_endpoints(other_actor, [endpoint.id]) == {}
    assert await list_webhook_endpoints(other_actor) == []
    assert await find_webhook_delivery(other_actor, delivery.id) is None
    assert await ids(other_actor) == set()
    assert await ids(other_actor, endpoint_id=endpoint.id) == set()
    assert await attempts_of_deliveries(other_actor, [delivery.id]) == {delivery.id: []}
    assert await request_bodies(other_actor, [delivery]) == {}
    assert await stats_of_endpoints(other_actor, [endpoint.id], now=utc_now()) == {endpoint.id: WebhookStats()}


@pytest.mark.parametrize("change", [{"holder_id": new_id()}, {"scopes": frozenset({"ledgers:read"})}])
async def test_refuses_who_may_not_read_webhooks(actor, change):
    limited = dataclasses.replace(actor, **change)
    for ask in (
        find_webhook_endpoint(limited, new_id()),
        find_webhook_endpoints(limited, []),
        list_webhook_endpoints(limited),
        find_webhook_delivery(limited, new_id()),
        read_webhook_deliveries(limited, DeliveryFilter(), Page(1)),
        attempts_of_deliveries(limited, []),
        request_bodies(limited, []),
        stats_of_endpoints(limited, [], now=utc_now()),
    ):
        with pytest.raises(Forbidden):
            await ask
