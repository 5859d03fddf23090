"""Metrics of webhooks: what is due, how endpoints stand, and what a worker counted."""

import logging
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.api.operations.delivery_metrics import attempt_metrics, due_deliveries, endpoints_by_status
from app.api.operations.metrics import _Collected
from app.db.connection import pool
from app.kernel.clock import rfc3339, utc_now
from app.webhooks.deliveries import attempt_delivery as attempting
from app.webhooks.deliveries.attempt_counts import AttemptCounts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.stored_events import StoredEvent

URL = "http://127.0.0.1:9/hooks"


def shown(*families):
    registry = CollectorRegistry()
    registry.register(_Collected(families))
    return dict(line.rsplit(" ", 1) for line in generate_latest(registry).decode().splitlines() if line[0] != "#")


async def due(*, counted_max=1000):
    values = shown(*await due_deliveries(counted_max=counted_max))
    return (
        float(values["quaestor_due_deliveries"]),
        float(values["quaestor_due_deliveries_oldest_seconds"]),
    )


async def test_counts_what_is_due_and_since_when(subscribe, fill):
    assert await due() == (0.0, 0.0)
    first, _ = await subscribe(URL)
    second, _ = await subscribe(URL)
    await fill(first, 5)
    late = await fill(first, 2, status="RETRYING")
    await fill(second, 3)
    await fill(second, 4, status="DELIVERED")
    await pool().execute(
        "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour' WHERE id = $1", late[0]
    )
    await pool().execute(
        "UPDATE webhook_deliveries SET next_attempt_at = now() + interval '1 hour' WHERE id = $1", late[1]
    )
    count, oldest = await due()
    assert count == 9.0
    assert oldest == pytest.approx(3600, abs=60)
    assert (await due(counted_max=4))[0] == 4.0


async def test_counts_endpoints_by_status(subscribe):
    for status in ("ENABLED", "ENABLED", "PAUSED", "DISABLED", "DISABLED", "DISABLED"):
        made, _ = await subscribe(URL)
        await pool().execute("UPDATE webhook_endpoints SET status = $2 WHERE id = $1", made.id, status)
    gone, _ = await subscribe(URL)
    await pool().execute("UPDATE webhook_endpoints SET deleted_at = now(), status = 'PAUSED' WHERE id = $1", gone.id)
    values = shown(await endpoints_by_status(counted_max=1000))
    assert {
        status: float(values[f'quaestor_webhook_endpoints{{status="{status}"}}'])
        for status in ("ENABLED", "PAUSED", "DISABLED")
    } == {
        "ENABLED": 2.0,
        "PAUSED": 1.0,
        "DISABLED": 3.0,
    }


async def test_counts_attempts_by_outcome_and_stage_and_the_time_to_the_receiver(
    subscribe, happen, receivers, pipelines, monkeypatch
):
    counts = AttemptCounts()
    monkeypatch.setattr(attempting, "attempt_counts", counts)
    well, ill = await receivers(), await receivers()
    ill.answer = 500
    await subscribe(well.url, event_types=["ledger.*"])
    await subscribe(ill.url, event_types=["ledger.*"])
    await subscribe(URL, event_types=["ledger.*"])
    await happen()
    await happen()
    await pipelines(waits=(0.0,)).drain(budget_seconds=10)
    values = shown(*attempt_metrics(counts))
    name = "quaestor_delivery_attempts_total"
    assert values[f'{name}{{outcome="delivered",stage=""}}'] == "2.0"
    assert values[f'{name}{{outcome="failed",stage="status"}}'] == "4.0"
    assert values[f'{name}{{outcome="failed",stage="connect"}}'] == "4.0"
    assert values["quaestor_delivery_seconds_count"] == "2.0"
    assert values['quaestor_delivery_seconds_bucket{le="+Inf"}'] == "2.0"
    assert 0 < float(values["quaestor_delivery_seconds_sum"]) < 60


class _Delivery:
    is_retry = False
    is_replayed = False

    def __init__(self, happened_at):
        self.event = StoredEvent(f'{{"id":"x","type":"y","timestamp":"{rfc3339(happened_at)}","data":{{}}}}')


def test_sorts_times_into_buckets():
    counts, now = AttemptCounts(), utc_now()
    for seconds in (0.004, 0.005, 0.3, 86_400.0, -1.0):
        counts.note(_Delivery(now - timedelta(seconds=seconds)), Answer(1, status=200), now=now)
    counts.note(_Delivery(now), None, now=now)
    receipts = dict(counts.receipts.up_to())
    assert (receipts[0.005], receipts[0.25], receipts[0.5], receipts[3600.0], receipts[float("inf")]) == (3, 3, 4, 4, 5)
    assert counts.attempts == {("delivered", ""): 5, ("put_off", ""): 1}
    assert counts.receipts.total == pytest.approx(86_400.309)


async def test_logs_each_failed_attempt_with_its_names(subscribe, happen, receiver, pipelines, caplog):
    caplog.set_level(logging.INFO, logger="app.webhooks")
    receiver.answer = 503
    endpoint, _ = await subscribe(receiver.url)
    event_id = await happen()
    await pipelines(waits=()).drain(budget_seconds=10)
    [record] = [
        one for one in caplog.records if one.name.endswith("attempt_delivery") and one.event_id == str(event_id)
    ]
    assert record.getMessage() == "attempt 1 failed: status: the receiver answered 503"
    assert (record.endpoint_id, record.event_type, record.stage) == (str(endpoint.id), "ledger.updated", "status")
