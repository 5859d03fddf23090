"""An endpoint's status changes at once, and its open deliveries follow in batches, whatever happens between them."""

import asyncio
import random
from datetime import timedelta
from ipaddress import ip_network

import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.kernel.clock import utc_now
from app.outbox.claim import claim_messages, record_done
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries import settle_deliveries as settling
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.settle_deliveries import settle_deliveries
from app.webhooks.deliveries.turn_endpoint import disable_gone
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.vault import Vault

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
EGRESS = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=((80, 80),))
VAULT = Vault("a key of the settings for the tests")
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
SCHEDULE = RetrySchedule((1000.0,))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(settling, "BATCH_SIZE_MAX", 3)


@pytest.fixture
async def endpoint(subscribe):
    made, _ = await subscribe(URL)
    return made


@pytest.fixture
def switch(actor, endpoint):
    async def run(*, enabled):
        command = UpdateWebhookEndpoint(str(endpoint.id), enabled=enabled)
        return await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)

    return run


async def states():
    """How many deliveries there are of each status, and whether they have a time for their next attempt."""
    rows = await fetch(
        "SELECT status, next_attempt_at IS NOT NULL AS due, count(*) AS n FROM webhook_deliveries GROUP BY 1, 2"
    )
    return {(row["status"], row["due"]): row["n"] for row in rows}


async def claim(endpoint, count):
    lanes = [lane for lane in await due_lanes() if lane.endpoint_id == endpoint.id]
    return await claim_deliveries(endpoint.customer_id, [Wish(lane, count) for lane in lanes], lease=LEASE)


async def record(claimed, *, status):
    error = None if status == 200 else f"status: the receiver answered {status}"
    outcomes = [Outcome(one, utc_now(), Answer(1, status=status, error=error, body="")) for one in claimed]
    recorded = await record_attempts(claimed[0].customer_id, outcomes, schedule=SCHEDULE, breaker=Breaker())
    return recorded.count


async def promised():
    return await fetchval("SELECT count(*) FROM outbox_messages WHERE kind = 'settle_deliveries'")


async def test_suspends_all_that_is_open(endpoint, fill, switch, settle):
    await fill(endpoint, 10)
    await fill(endpoint, 4, status="RETRYING")
    await fill(endpoint, 2, status="DELIVERED")
    await switch(enabled=False)
    assert await states() == {("PENDING", True): 10, ("RETRYING", True): 4, ("DELIVERED", False): 2}
    assert await settle() == 1
    assert await states() == {("PENDING", False): 10, ("RETRYING", False): 4, ("DELIVERED", False): 2}
    assert await promised() == 0


async def test_suspends_what_is_due_last_first(actor, endpoint, fill, switch):
    """So that a look for what is due does not begin with what was settled."""
    ids = await fill(endpoint, 8)
    await switch(enabled=False)
    await settling._settle_batch(actor, endpoint.id, settling._Place(), is_last=True)
    rows = await fetch("SELECT id FROM webhook_deliveries WHERE next_attempt_at IS NULL")
    assert {row["id"] for row in rows} == set(ids[-3:])


async def test_resumes_all_that_is_suspended_the_oldest_first(endpoint, fill, switch, settle):
    ids = await fill(endpoint, 10)
    await fill(endpoint, 2, status="EXHAUSTED")
    await switch(enabled=False)
    await settle()
    await switch(enabled=True)
    await settle()
    assert await states() == {("PENDING", True): 10, ("EXHAUSTED", False): 2}
    rows = await fetch("SELECT id, next_attempt_at FROM webhook_deliveries WHERE status = 'PENDING'")
    due_at = {row["id"]: row["next_attempt_at"] for row in rows}
    assert [due_at[one] for one in ids] == sorted(due_at.values())
    assert len(await claim(endpoint, 100)) == 10


async def test_cancels_what_is_due_and_what_is_suspended(actor, endpoint, fill, switch, settle):
    await fill(endpoint, 5)
    await switch(enabled=False)
    await settle()
    await fill(endpoint, 7, status="RETRYING")
    await fill(endpoint, 2, status="DELIVERED")
    await delete_webhook_endpoint(actor, str(endpoint.id))
    await settle()
    assert await states() == {("CANCELLED", False): 12, ("DELIVERED", False): 2}
    assert await promised() == 0


async def test_leaves_other_endpoints_alone(endpoint, fill, subscribe, switch, settle):
    other, _ = await subscribe(URL)
    await fill(endpoint, 4)
    await fill(other, 4)
    await switch(enabled=False)
    await settle()
    rows = await fetch("SELECT next_attempt_at FROM webhook_deliveries WHERE endpoint_id = $1", other.id)
    assert len(rows) == 4
    assert all(row["next_attempt_at"] is not None for row in rows)


async def test_leaves_what_is_claimed_to_its_worker_and_comes_back(endpoint, fill, switch, settle):
    await fill(endpoint, 9)
    claimed = await claim(endpoint, 4)
    before = utc_now()
    await switch(enabled=False)
    await settle()
    assert await states() == {("PENDING", False): 5, ("PENDING", True): 4}
    again_at = await fetchval("SELECT next_attempt_at FROM outbox_messages WHERE kind = 'settle_deliveries'")
    assert again_at >= before + settling.LOOK_AGAIN_AFTER
    assert await record(claimed[:1], status=200) == 1
    assert await record(claimed[1:2], status=500) == 1
    await settle(later=True)
    assert await states() == {
        ("DELIVERED", False): 1,
        ("PENDING", False): 5,
        ("RETRYING", False): 1,
        ("PENDING", True): 2,
    }
    assert await promised() == 1
    await record(claimed[2:], status=500)
    await settle(later=True)
    assert await states() == {("DELIVERED", False): 1, ("PENDING", False): 5, ("RETRYING", False): 3}
    assert await promised() == 0


@pytest.mark.parametrize("status", [200, 500])
async def test_records_what_was_under_way_when_the_endpoint_was_deleted(actor, endpoint, fill, settle, status):
    await fill(endpoint, 4)
    claimed = await claim(endpoint, 1)
    await delete_webhook_endpoint(actor, str(endpoint.id))
    await settle()
    assert await states() == {("CANCELLED", False): 3, ("PENDING", True): 1}
    assert await record(claimed, status=status) == 1
    await settle(later=True)
    ended = {("DELIVERED", False): 1, ("CANCELLED", False): 3} if status == 200 else {("CANCELLED", False): 4}
    assert await states() == ended
    assert await fetchval("SELECT count(*) FROM webhook_attempts") == 1
    assert await promised() == 0


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_takes_what_a_dead_worker_left(actor, endpoint, fill, switch, settle, is_deleted):
    await fill(endpoint, 4)
    claimed = await claim(endpoint, 2)
    if is_deleted:
        await delete_webhook_endpoint(actor, str(endpoint.id))
    else:
        await switch(enabled=False)
    await settle()
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE lease_token IS NOT NULL")
    await settle(later=True)
    assert await states() == ({("CANCELLED", False): 4} if is_deleted else {("PENDING", False): 4})
    assert await record(claimed, status=200) == 0  # It was not dead, but too late.
    assert await states() == ({("CANCELLED", False): 4} if is_deleted else {("PENDING", False): 4})


async def test_does_nothing_the_second_time(actor, endpoint, fill, switch, settle):
    await fill(endpoint, 7)
    await switch(enabled=False)
    await settle()
    once = await fetch("SELECT * FROM webhook_deliveries ORDER BY id")
    await settle_deliveries(actor, endpoint.id)
    assert await fetch("SELECT * FROM webhook_deliveries ORDER BY id") == once
    await switch(enabled=True)
    await settle()
    once = await fetch("SELECT * FROM webhook_deliveries ORDER BY id")
    await settle_deliveries(actor, endpoint.id)
    assert await fetch("SELECT * FROM webhook_deliveries ORDER BY id") == once
    assert await promised() == 0


async def test_does_each_once_with_several_at_it(actor, endpoint, fill, switch, settle):
    await fill(endpoint, 60)
    await switch(enabled=False)
    await asyncio.gather(*(settle_deliveries(actor, endpoint.id) for _ in range(4)))
    await settle(later=True)
    assert await states() == {("PENDING", False): 60}


async def test_promises_the_rest_when_its_time_is_up(actor, endpoint, fill, switch, settle, monkeypatch):
    await fill(endpoint, 8)
    await switch(enabled=False)
    await pool().execute("DELETE FROM outbox_messages")
    monkeypatch.setattr(settling, "SETTLING_SECONDS_MAX", 0.0)
    await settle_deliveries(actor, endpoint.id)
    assert await states() == {("PENDING", False): 3, ("PENDING", True): 5}
    assert await promised() == 1
    await settle()
    assert await states() == {("PENDING", False): 8}
    assert await promised() == 0


async def test_follows_the_status_when_it_changes_between_batches(actor, endpoint, fill, switch, monkeypatch):
    await fill(endpoint, 12)
    await switch(enabled=False)
    batches = []
    real = settling._settle_batch

    async def enable_after_the_second(*arguments, **named):
        place = await real(*arguments, **named)
        batches.append(await states())
        if len(batches) == 2:
            await switch(enabled=True)
        return place

    monkeypatch.setattr(settling, "_settle_batch", enable_after_the_second)
    await settle_deliveries(actor, endpoint.id)
    assert batches[:3] == [
        {("PENDING", False): 3, ("PENDING", True): 9},
        {("PENDING", False): 6, ("PENDING", True): 6},
        {("PENDING", False): 3, ("PENDING", True): 9},
    ]
    assert await states() == {("PENDING", True): 12}


async def test_rests_longer_after_suspending_than_after_resuming(actor, endpoint, fill, switch, monkeypatch):
    """A batch takes one second by this clock."""
    rested, clock = [], iter(range(100))

    async def rest(seconds):
        rested.append(seconds)

    monkeypatch.setattr(settling, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(settling, "SETTLING_SECONDS_MAX", 1000.0)
    monkeypatch.setattr(settling.asyncio, "sleep", rest)
    await fill(endpoint, 8)
    await switch(enabled=False)
    await settle_deliveries(actor, endpoint.id)
    assert rested == [6.0, 6.0]
    rested.clear()
    await switch(enabled=True)
    await settle_deliveries(actor, endpoint.id)
    assert rested == [1.0, 1.0]
    rested.clear()
    await delete_webhook_endpoint(actor, str(endpoint.id))
    await settle_deliveries(actor, endpoint.id)
    assert rested == [6.0, 6.0, 6.0]  # What is due, and then that nothing is suspended.


async def test_does_not_wait_for_the_disk_but_keeps_its_commits_in_order(actor, endpoint, fill, switch, monkeypatch):
    """What a crash may undo is followed by the commit that deletes the promised work, which waits for the disk."""
    waited, change_asked_for = [], settling._change_asked_for

    async def noting(tx, *arguments):
        waited.append(await tx.fetchval("SELECT current_setting('synchronous_commit')"))
        return await change_asked_for(tx, *arguments)

    monkeypatch.setattr(settling, "_change_asked_for", noting)
    await fill(endpoint, 4)
    await switch(enabled=False)
    await settle_deliveries(actor, endpoint.id)
    assert waited == ["off", "off"]
    [message] = [one for one in await claim_messages(limit=9, lease=timedelta(60)) if one.kind == "settle_deliveries"]
    commits = []

    async def note_commit(connection):
        commits.append(await connection.fetchval("SELECT current_setting('synchronous_commit')"))
        return await connection.execute("COMMIT")

    monkeypatch.setattr("app.db.transaction._commit", lambda tx: note_commit(tx.connection))
    assert await record_done(message)
    assert commits == ["on"]


async def test_ends_as_the_endpoint_stands_however_often_it_is_switched(actor, endpoint, fill, switch, settle):
    await fill(endpoint, 40)
    for wanted in (False, True):
        claimed = await claim(endpoint, 6)
        switches = [switch(enabled=random.random() < 0.5) for _ in range(6)]
        await asyncio.gather(*switches, settle(), settle(), *([record(claimed, status=500)] if claimed else []))
        await asyncio.gather(switch(enabled=wanted), settle())
        await settle(later=True)
        found = await states()
        assert {due for _, due in found} == {wanted}
        assert sum(found.values()) == 40
        assert await promised() == 0


@pytest.mark.parametrize("change", ["disable", "delete", "gone"])
async def test_changes_the_status_while_deliveries_are_locked(actor, endpoint, fill, switch, change):
    """As a batch locks them, or the recording of a result."""
    await fill(endpoint, 5)
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM webhook_deliveries FOR UPDATE")
        if change == "disable":
            await switch(enabled=False)
        elif change == "delete":
            await delete_webhook_endpoint(actor, str(endpoint.id))
        else:
            await disable_gone(actor.customer_id, endpoint.id)
    row = await fetchrow("SELECT status, deleted_at FROM webhook_endpoints")
    assert (row["status"], row["deleted_at"] is None) == (
        ("ENABLED", False) if change == "delete" else ("DISABLED", True)
    )
    assert await due_lanes_of(endpoint) == []
    assert await promised() == 1


async def due_lanes_of(endpoint):
    return [lane for lane in await due_lanes() if lane.endpoint_id == endpoint.id and lane.is_deliverable]


async def test_records_results_while_the_status_is_being_changed(endpoint, fill):
    await fill(endpoint, 5)
    claimed = await claim(endpoint, 2)
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute("UPDATE webhook_endpoints SET status = 'DISABLED'")
        assert await record(claimed, status=200) == 2
    assert await states() == {("DELIVERED", False): 2, ("PENDING", True): 3}


async def test_waits_for_a_change_of_status_under_way(actor, endpoint, fill):
    await fill(endpoint, 5)
    async with pool().acquire() as connection:
        changing = connection.transaction()
        await changing.start()
        await connection.execute("UPDATE webhook_endpoints SET status = 'DISABLED'")
        batch = asyncio.create_task(settle_deliveries(actor, endpoint.id))
        while not await fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            await asyncio.sleep(0.01)
        assert await states() == {("PENDING", True): 5}
        await changing.commit()
    await batch
    assert await states() == {("PENDING", False): 5}
