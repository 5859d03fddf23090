"""Whatever an attempt raises is a recorded attempt or waits by the schedule; nothing is made again at once."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from app.db.connection import fetch, pool
from app.db.pages import Page
from app.kernel.clock import utc_now
from app.webhooks.deliveries.attempt_delivery import FAULT_IN_OUR_PROGRAM
from app.webhooks.deliveries.faults_of_ours import faults_of_ours
from app.webhooks.queries import DeliveryFilter, attempts_of_deliveries, read_webhook_deliveries
from app.webhooks.status import DeliveryStatus, Payload


async def drain(pipeline):
    async with asyncio.timeout(90):
        await pipeline.drain(budget_seconds=90)


async def only_delivery(actor):
    [delivery] = await read_webhook_deliveries(actor, DeliveryFilter(), Page(10))
    return delivery


def broken(*_arguments, **_named):
    raise RuntimeError("a fault for this test")


@pytest.mark.parametrize(
    "place",
    [
        "app.webhooks.deliveries.attempt_delivery.message_headers",
        "app.webhooks.deliveries.attempt_delivery.message_body",
        "app.webhooks.deliveries.send_request.Sender.send",
        "app.webhooks.vault.Vault.open",
    ],
)
async def test_counts_an_attempt_that_a_fault_in_our_program_ended(
    actor, subscribe, happen, receiver, pipelines, monkeypatch, caplog, place
):
    await subscribe(receiver.url)
    await happen()
    before = utc_now()
    with monkeypatch.context() as patched:
        patched.setattr(place, broken)
        await drain(pipelines(waits=(1000.0,)))
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    assert before + timedelta(seconds=800) <= delivery.next_attempt_at <= utc_now() + timedelta(seconds=1_200)
    [attempt] = (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]
    assert (attempt.error, attempt.response_status) == (FAULT_IN_OUR_PROGRAM, None)
    [told] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told.delivery_id == str(delivery.id)
    assert "a fault for this test" in str(told.exc_info[1])
    assert receiver.received == []


async def test_counts_an_attempt_whose_event_cannot_be_read(actor, subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url, payload=Payload.THIN)
    await happen()
    await pool().execute("UPDATE events SET body = 'no JSON'")
    await drain(pipelines(waits=(1000.0,)))
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    assert receiver.received == []


@pytest.mark.parametrize("location", ["mailto:x", "http://256.1.1.1/", "http://[::1"])
async def test_counts_an_attempt_that_was_answered_with_a_strange_redirect(
    actor, subscribe, happen, receiver, pipelines, location
):
    async def redirect(_request):
        return web.Response(status=302, headers={"location": location})

    receiver.answer = redirect
    await subscribe(receiver.url)
    await happen()
    await drain(pipelines(waits=(1000.0,)))
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    [attempt] = (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]
    assert (attempt.response_status, attempt.error) == (302, "status: the receiver answered 302")
    assert len(receiver.received) == 1


@pytest.mark.parametrize("url", ["http://0177.0.0.1:9000/", "http://127.1/", "http://2130706433/", "http://a:99999/"])
async def test_counts_an_attempt_at_a_url_that_was_accepted_once_and_cannot_be_sent_to(
    actor, subscribe, happen, receiver, pipelines, url
):
    await subscribe(receiver.url)
    await pool().execute("UPDATE webhook_endpoints SET url = $1", url)
    await happen()
    await drain(pipelines(waits=(1000.0,)))
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    [attempt] = (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]
    assert attempt.error.startswith(("blocked: An IPv4 address is written as four", "blocked: A port is a number from"))
    assert receiver.received == []


async def test_waits_longer_the_older_a_delivery_is_that_a_fault_of_ours_keeps_back(
    actor, subscribe, happen, receiver, pipelines
):
    await subscribe(receiver.url)
    await happen()
    await pool().execute("UPDATE webhook_secrets SET sealed = sealed || '\\x00'::bytea")
    pipeline = pipelines(waits=(5.0, 30.0, 120.0, 600.0))
    await drain(pipeline)
    await pool().execute("UPDATE webhook_deliveries SET created_at = created_at - interval '1 hour'")
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now()")
    before = utc_now()
    await drain(pipeline)
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.PENDING, 0)
    assert before <= delivery.next_attempt_at - timedelta(minutes=10) <= utc_now()
    assert receiver.received == []


async def test_a_short_fault_of_ours_uses_up_no_attempt_of_an_old_delivery(
    actor, subscribe, happen, receiver, pipelines
):
    await subscribe(receiver.url)
    await happen()
    await pool().execute("UPDATE webhook_secrets SET sealed = sealed || '\\x00'::bytea")
    await drain(pipelines())
    await pool().execute(
        "UPDATE webhook_deliveries SET created_at = created_at - interval '5 days', next_attempt_at = now()"
    )
    await drain(pipelines())
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.PENDING, 0)


async def test_a_fault_of_ours_counts_as_an_attempt_once_it_has_lasted_three_days(
    actor, subscribe, happen, receiver, pipelines
):
    endpoint, _ = await subscribe(receiver.url)
    await happen()
    await pool().execute("UPDATE webhook_secrets SET sealed = sealed || '\\x00'::bytea")
    now = utc_now()
    for minutes in range(3 * 24 * 60 + 10, 0, -10):
        faults_of_ours.note((actor.customer_id, endpoint.id), now - timedelta(minutes=minutes))
    await drain(pipelines(waits=(1000.0,)))
    delivery = await only_delivery(actor)
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    [attempt] = (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]
    assert attempt.error.startswith("blocked: ")


async def test_a_request_that_is_made_ends_the_faults_of_its_endpoint(actor, subscribe, happen, receiver, pipelines):
    endpoint, _ = await subscribe(receiver.url)
    key = (actor.customer_id, endpoint.id)
    faults_of_ours.note(key, utc_now() - timedelta(minutes=5))
    await happen()
    await drain(pipelines())
    assert (await only_delivery(actor)).status is DeliveryStatus.DELIVERED
    assert faults_of_ours.note(key, utc_now()) == timedelta(0)


async def test_puts_nothing_back_for_at_once_whatever_escapes(
    actor, subscribe, happen, receiver, pipelines, monkeypatch, caplog
):
    await subscribe(receiver.url)
    await happen()
    calls = []

    async def escape(*_arguments, **_named):
        calls.append(1)
        raise RuntimeError("a fault for this test")

    monkeypatch.setattr("app.webhooks.deliveries.attempt_deliveries.attempt_delivery", escape)
    before = utc_now()
    await drain(pipelines())
    assert len(calls) == 1
    [row] = await fetch("SELECT lease_token, next_attempt_at FROM webhook_deliveries")
    assert row["lease_token"] is None
    assert before <= row["next_attempt_at"] - timedelta(seconds=30) <= utc_now()
    assert "a fault for this test" in caplog.text
