"""Whatever a receiver sends: bounded memory, one recorded attempt with the right stage, and a worker that goes on."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from app.db.connection import fetch, fetchrow
from app.kernel.clock import utc_now
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.send_request import ANSWER_BYTES_KEPT_MAX
from tests.thoroughness import examples
from tests.webhooks.hostile import SCRIPTS, Hostile

pytestmark = pytest.mark.hypothesis

WRITTEN_MAX = 32 * 2**20
"""What the buffers of two sockets take, and what is read of an answer: far less than a gigabyte."""
NEVER_PAUSED = Breaker(failing=timedelta(days=1))


@pytest.fixture
async def hostile():
    async with Hostile().listening() as receiver:
        yield receiver


@settings(max_examples=examples(300, 20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=SCRIPTS)
async def test_records_one_attempt_whatever_a_receiver_sends(subscribe, happen, hostile, receiver, pipelines, script):
    if not hostile.requests and hostile.script is None:
        await subscribe(hostile.url, event_types=["ledger.updated"])
        await subscribe(receiver.url, event_types=["ledger.updated"])
    hostile.script, hostile.requests, hostile.written = script, 0, 0
    pipeline = pipelines(waits=(1000.0,) * 12, deadline_seconds=1, lease_seconds=60, breaker=NEVER_PAUSED)
    event_id = await happen()
    async with asyncio.timeout(90):
        await pipeline.drain(budget_seconds=60)
    delivery = await fetchrow(
        "SELECT delivery.* FROM webhook_deliveries AS delivery JOIN webhook_endpoints AS endpoint"
        " ON endpoint.id = delivery.endpoint_id WHERE endpoint.url = $1 AND message_id = $2",
        hostile.url,
        event_id,
    )
    [attempt] = await fetch("SELECT * FROM webhook_attempts WHERE delivery_id = $1", delivery["id"])
    assert (attempt["response_status"], attempt["error"]) == (script.status, script.error)
    assert len((attempt["response_body"] or "").encode()) <= 3 * ANSWER_BYTES_KEPT_MAX  # An octet may become three.
    assert hostile.requests == 1
    assert hostile.written <= WRITTEN_MAX
    if script.error is None:
        assert (delivery["status"], delivery["next_attempt_at"]) == ("DELIVERED", None)
    else:
        assert delivery["status"] == "RETRYING"
        assert delivery["next_attempt_at"] > utc_now() + timedelta(seconds=700)
    assert receiver.received[-1].headers["webhook-id"] == str(event_id)  # The worker serves others, too.
