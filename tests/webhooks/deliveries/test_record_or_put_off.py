"""A result that cannot be recorded spoils no other, and is not made again at once."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from app.db.connection import fetch
from app.db.pages import Page
from app.kernel.clock import utc_now
from app.webhooks.deliveries.record_attempts import record_attempts
from app.webhooks.queries import DeliveryFilter, attempts_of_deliveries, read_webhook_deliveries
from app.webhooks.status import DeliveryStatus


async def drain(pipeline):
    async with asyncio.timeout(90):
        await pipeline.drain(budget_seconds=90)


def refusing(monkeypatch, is_refused, error):
    """Let recording fail wherever an outcome is refused; answers the sizes of the batches that were tried."""
    sizes = []

    async def record(customer_id, outcomes, **named):
        sizes.append(len(outcomes))
        if any(is_refused(outcome) for outcome in outcomes):
            raise error
        return await record_attempts(customer_id, outcomes, **named)

    monkeypatch.setattr("app.webhooks.deliveries.record_or_put_off.record_attempts", record)
    return sizes


@pytest.mark.parametrize("error", [ValueError("a fault"), asyncpg.DataError("a fault"), asyncpg.CheckViolationError()])
async def test_records_the_others_of_a_batch(actor, subscribe, happen, receiver, pipelines, monkeypatch, caplog, error):
    await subscribe(receiver.url)
    events = [await happen() for _ in range(8)]
    bad = events[3]
    refusing(monkeypatch, lambda outcome: outcome.delivery.message_id == bad, error)
    before = utc_now()
    await drain(pipelines())
    found = await read_webhook_deliveries(actor, DeliveryFilter(), Page(10))
    assert {(one.message_id == bad, one.status, one.attempt_count) for one in found} == {
        (False, DeliveryStatus.DELIVERED, 1),
        (True, DeliveryStatus.PENDING, 0),
    }
    [row] = await fetch("SELECT lease_token, next_attempt_at FROM webhook_deliveries WHERE message_id = $1", bad)
    assert row["lease_token"] is None
    assert before <= row["next_attempt_at"] - timedelta(seconds=30) <= utc_now()
    assert len(receiver.received) == 8
    assert "results of deliveries could not be recorded" in caplog.text


async def test_records_without_its_texts_what_cannot_be_recorded_with_them(
    actor, subscribe, happen, receiver, pipelines, monkeypatch
):
    await subscribe(receiver.url)
    await happen()
    receiver.answer = 500
    refusing(monkeypatch, lambda outcome: outcome.answer.body is not None, ValueError("a fault"))
    await drain(pipelines(waits=(1000.0,)))
    [delivery] = await read_webhook_deliveries(actor, DeliveryFilter(), Page(10))
    assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
    [attempt] = (await attempts_of_deliveries(actor, [delivery.id]))[delivery.id]
    assert (attempt.response_status, attempt.error, attempt.response_body) == (
        500,
        "status: what came back could not be recorded",
        None,
    )
