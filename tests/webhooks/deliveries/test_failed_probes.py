"""The delivery of a failed probe waits with the others again, however the endpoint's status changes meanwhile."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.db.connection import fetch, fetchval, pool
from app.kernel.clock import utc_now
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries import probe_endpoints
from app.webhooks.deliveries import record_attempts as record_attempts_module
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.probe_endpoints import claim_probes
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.turn_endpoint import disable_gone, enable_recovered, pause_failing
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.retry_schedule import RetrySchedule
from tests.webhooks.deliveries.steps import at_commit

pytestmark = pytest.mark.postgres15

LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
AT_ONCE = Breaker(failing=timedelta(0))
FAILED = Answer(1, status=500, error="status: the receiver answered 500", body="")


async def fail(claimed):
    outcomes = [Outcome(one, utc_now(), FAILED) for one in claimed]
    return await record_attempts(claimed[0].customer_id, outcomes, schedule=RetrySchedule((1000.0,)), breaker=AT_ONCE)


@pytest.fixture
async def endpoint(subscribe):
    made, _ = await subscribe("http://127.0.0.1:9/hooks", event_types=["ledger.*"])
    return made


@pytest.fixture
def probe(endpoint, fill, settle):
    """A function that claims the probe of the endpoint, paused with ten deliveries that failed."""

    async def run():
        await fill(endpoint, 10)
        await fail(
            await claim_deliveries(endpoint.customer_id, [Wish(one, 10) for one in await due_lanes()], lease=LEASE)
        )
        await pause_failing(endpoint.customer_id, endpoint.id, breaker=AT_ONCE)
        await settle()
        await pool().execute("UPDATE webhook_failing_endpoints SET next_probe_at = now() WHERE paused_at IS NOT NULL")
        return await claim_probes(lease=LEASE, breaker=AT_ONCE)

    return run


async def open_ones():
    return await fetch(
        "SELECT id, status, next_attempt_at IS NULL AS is_suspended, lease_token FROM webhook_deliveries"
        " WHERE status IN ('PENDING', 'RETRYING') ORDER BY feed_position"
    )


async def promised():
    return await fetchval("SELECT count(*) FROM outbox_messages WHERE kind = 'settle_deliveries'")


async def test_it_is_suspended_with_its_record_and_nothing_is_promised(probe):
    [claimed] = await probe()
    assert await promised() == 0
    await fail([claimed])
    rows = await open_ones()
    assert [tuple(row)[1:] for row in rows] == [("RETRYING", True, None)] * 10
    assert await promised() == 0


async def test_each_is_suspended_where_several_of_an_endpoint_failed(probe):
    first = await probe()
    await pool().execute("UPDATE webhook_failing_endpoints SET next_probe_at = now()")
    second = await claim_probes(lease=LEASE, breaker=AT_ONCE)
    assert len({one.id for one in first + second}) == 2
    await fail(first + second)
    assert [row["is_suspended"] for row in await open_ones()] == [True] * 10


async def test_a_change_of_the_status_waits_for_the_record(probe, endpoint, settle, monkeypatch):
    [claimed] = await probe()
    planned, go_on, suspend = asyncio.Event(), asyncio.Event(), record_attempts_module._suspend

    async def held(*arguments):
        planned.set()
        await go_on.wait()
        await suspend(*arguments)

    monkeypatch.setattr(record_attempts_module, "_suspend", held)
    failing = asyncio.create_task(fail([claimed]))
    await planned.wait()
    enabling = asyncio.create_task(enable_recovered(endpoint.customer_id, endpoint.id))
    async with asyncio.timeout(60):
        while not await fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.01)
    assert not enabling.done()
    go_on.set()
    await asyncio.gather(failing, enabling)
    await settle()
    assert [row["is_suspended"] for row in await open_ones()] == [False] * 10


async def test_the_work_is_promised_where_it_was_disabled_meanwhile(probe, endpoint, settle):
    [claimed] = await probe()
    await disable_gone(endpoint.customer_id, endpoint.id)
    await pool().execute("DELETE FROM outbox_messages")  # Without what the change itself promised.
    await fail([claimed])
    assert await promised() == 1
    await settle()
    assert [row["is_suspended"] for row in await open_ones()] == [True] * 10


async def test_one_that_is_not_paused_any_more_is_settled(probe, endpoint, settle):
    """Its failures were left behind by a version that did not forget them."""
    await fail(await probe())
    await pool().execute("UPDATE webhook_endpoints SET status = 'ENABLED'")
    await pool().execute("UPDATE webhook_failing_endpoints SET next_probe_at = now()")
    assert await claim_probes(lease=LEASE, breaker=AT_ONCE) == []
    await settle()
    assert [row["is_suspended"] for row in await open_ones()] == [False] * 10


async def test_the_claim_does_not_wait_for_the_disk(probe):
    await fail(await probe())
    await pool().execute("UPDATE webhook_failing_endpoints SET next_probe_at = now()")
    statement = "INSERT INTO seen VALUES (current_setting('synchronous_commit'))"
    async with at_commit(statement, "webhook_deliveries", "UPDATE"):
        assert len(await claim_probes(lease=LEASE, breaker=AT_ONCE)) == 1
        assert await fetchval("SELECT string_agg(setting, ' ') FROM seen") == "off"


async def test_it_becomes_due_where_the_endpoint_was_enabled_before(probe, endpoint, settle):
    [claimed] = await probe()
    await enable_recovered(endpoint.customer_id, endpoint.id)
    await settle()
    await fail([claimed])
    await settle()
    assert [row["is_suspended"] for row in await open_ones()] == [False] * 10


@pytest.mark.parametrize("change", [enable_recovered, disable_gone, None], ids=["enabled", "disabled", "deleted"])
async def test_it_follows_the_status_however_both_meet(probe, actor, endpoint, settle, change):
    for _ in range(10 if change is enable_recovered else 1):
        claimed = await probe()
        changing = (
            change(endpoint.customer_id, endpoint.id) if change else delete_webhook_endpoint(actor, str(endpoint.id))
        )
        await asyncio.gather(fail(claimed), changing, settle())
        await settle(later=True)
        rows = await open_ones()
        if change is None:
            assert rows == []
            return
        assert [row["is_suspended"] for row in rows] == [change is disable_gone] * 10
        await pool().execute("UPDATE webhook_deliveries SET status = 'CANCELLED', next_attempt_at = NULL")
        await pool().execute("DELETE FROM webhook_failing_endpoints")


async def test_pauses_between_the_probes_of_many(subscribe, fill, settle, monkeypatch):
    pauses = []

    async def noting(seconds):
        pauses.append(seconds)

    for _ in range(3):
        made, _ = await subscribe("http://127.0.0.1:9/hooks", event_types=["ledger.*"])
        await fill(made, 10)
        wishes = [Wish(one, 10) for one in await due_lanes() if one.is_deliverable]
        await fail(await claim_deliveries(made.customer_id, wishes, lease=LEASE))
        await pause_failing(made.customer_id, made.id, breaker=AT_ONCE)
        await settle()
    await pool().execute("UPDATE webhook_failing_endpoints SET next_probe_at = now() WHERE paused_at IS NOT NULL")
    monkeypatch.setattr(probe_endpoints, "asyncio", SimpleNamespace(sleep=noting))
    assert len(await claim_probes(lease=LEASE, breaker=AT_ONCE)) == 3
    assert pauses == [probe_endpoints.PAUSE_SECONDS] * 2
