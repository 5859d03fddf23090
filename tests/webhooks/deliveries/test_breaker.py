"""An endpoint that keeps failing is paused, tried from time to time, and sent everything once it answers again."""

import asyncio
import random
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.pages import Page
from app.kernel.clock import utc_now
from app.webhooks.breaker import GIVEN_UP_REASON, PAUSED_REASON, Breaker
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes, promise_settling_of, put_back
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.probe_endpoints import claim_probes
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.turn_endpoint import enable_recovered, give_up_paused, pause_failing
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import DeliveryFilter, find_webhook_endpoint, read_webhook_deliveries
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.status import DeliveryStatus, EndpointStatus
from app.webhooks.vault import Vault

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
EGRESS = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=((80, 80),))
VAULT = Vault("a key of the settings for the tests")
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
SCHEDULE = RetrySchedule((1000.0,))
AT_ONCE = Breaker(failing=timedelta(0))
"""Ten failures are enough, however fast they come."""
OK, FAILED = Answer(1, status=200, body=""), Answer(1, status=500, error="status: the receiver answered 500", body="")


async def drain(pipeline, *, seconds=90):
    async with asyncio.timeout(seconds):
        await pipeline.drain(budget_seconds=seconds)


@pytest.fixture
async def endpoint(subscribe):
    made, _ = await subscribe(URL, event_types=["ledger.*"])
    return made


@pytest.fixture
def switch(actor, endpoint):
    async def run(**wanted):
        return await update_webhook_endpoint(
            actor, UpdateWebhookEndpoint(str(endpoint.id), **wanted), vault=VAULT, egress=EGRESS
        )

    return run


@pytest.fixture
def attempt(endpoint, fill):
    """A function that records results of deliveries of its own; answers what is to be turned."""

    async def run(*answers, breaker=None):
        await fill(endpoint, len(answers))
        lanes = await due_lanes()
        claimed = await claim_deliveries(endpoint.customer_id, [Wish(lane, 100) for lane in lanes], lease=LEASE)
        outcomes = [Outcome(one, utc_now(), answer) for one, answer in zip(claimed, answers, strict=True)]
        recorded = await record_attempts(
            endpoint.customer_id, outcomes, schedule=SCHEDULE, breaker=breaker or Breaker()
        )
        return recorded.turned

    return run


@pytest.fixture
async def paused(endpoint, attempt, settle):
    """The endpoint, paused with ten deliveries that failed once."""
    turned = await attempt(*[FAILED] * 10, breaker=AT_ONCE)
    assert turned.to_pause == {(endpoint.customer_id, endpoint.id)}
    await pause_failing(endpoint.customer_id, endpoint.id, breaker=AT_ONCE)
    await settle()
    return endpoint


async def status(endpoint):
    row = await fetchrow("SELECT status, status_reason FROM webhook_endpoints WHERE id = $1", endpoint.id)
    return tuple(row)


async def failing():
    return await fetchrow("SELECT * FROM webhook_failing_endpoints")


async def make_probe_due():
    await pool().execute("UPDATE webhook_failing_endpoints SET next_probe_at = now() WHERE paused_at IS NOT NULL")


async def go_back(seconds):
    """As if all failures so far had been so many seconds earlier."""
    await pool().execute(
        "UPDATE webhook_failing_endpoints SET failing_since = failing_since - make_interval(secs => $1),"
        " failed_at = failed_at - make_interval(secs => $1)",
        seconds,
    )


async def probe():
    return await claim_probes(lease=LEASE, breaker=Breaker())


async def record(claimed, answer):
    outcomes = [Outcome(one, utc_now(), answer) for one in claimed]
    return await record_attempts(claimed[0].customer_id, outcomes, schedule=SCHEDULE, breaker=Breaker())


async def told(actor):
    rows = await fetch(
        "SELECT type FROM events WHERE customer_id = $1 AND type LIKE 'webhook_endpoint.status.%' ORDER BY id",
        actor.customer_id,
    )
    return [row["type"].rsplit(".")[-1] for row in rows]


class TestFailuresInARow:
    async def test_pause_after_ten_over_a_minute(self, endpoint, attempt):
        assert (await attempt(*[FAILED] * 9)).to_pause == frozenset()
        await go_back(60)
        assert (await attempt(FAILED)).to_pause == {(endpoint.customer_id, endpoint.id)}

    async def test_do_not_pause_if_they_are_nine(self, attempt):
        await attempt(*[FAILED] * 8)
        await go_back(3600)
        assert (await attempt(FAILED)).to_pause == frozenset()

    async def test_do_not_pause_within_a_minute(self, attempt):
        await attempt(*[FAILED] * 30)
        await go_back(58)
        assert (await attempt(*[FAILED] * 30)).to_pause == frozenset()

    async def test_are_counted_anew_after_a_success(self, attempt):
        await attempt(*[FAILED] * 9)
        await go_back(3600)
        await attempt(OK)
        assert await failing() is None
        await attempt(*[FAILED] * 5, OK, *[FAILED] * 2)
        assert (await failing())["failure_count"] == 2

    async def test_leave_no_trace_of_an_endpoint_that_answers(self, attempt):
        await attempt(*[OK] * 5)
        assert await failing() is None

    async def test_count_only_where_the_lease_is_still_ours(self, endpoint, fill, attempt):
        await fill(endpoint, 1)
        late = await claim_deliveries(endpoint.customer_id, [Wish(one, 1) for one in await due_lanes()], lease=LEASE)
        await put_back(late)
        assert (await record(late, FAILED)).count == 0
        assert await failing() is None

    async def test_pause_once_with_several_workers_that_see_it(self, actor, endpoint, attempt):
        await attempt(*[FAILED] * 10, breaker=AT_ONCE)
        pauses = [pause_failing(actor.customer_id, endpoint.id, breaker=AT_ONCE) for _ in range(5)]
        assert await asyncio.gather(*pauses) == [True] * 5  # None of them may go on to send.
        assert await status(endpoint) == ("PAUSED", PAUSED_REASON)
        assert await told(actor) == ["paused"]

    async def test_do_not_pause_if_a_success_came_before(self, actor, endpoint, attempt):
        await attempt(*[FAILED] * 10, breaker=AT_ONCE)
        await attempt(OK)
        assert await pause_failing(actor.customer_id, endpoint.id, breaker=AT_ONCE) is False
        assert await status(endpoint) == ("ENABLED", None)


class TestProbes:
    async def test_are_one_delivery_the_first_in_the_feed(self, paused):
        assert await probe() == []  # Not before half a minute.
        row = await failing()
        assert row["next_probe_at"] - row["paused_at"] == timedelta(seconds=30)
        await make_probe_due()
        [claimed] = await probe()
        first = await fetchval("SELECT id FROM webhook_deliveries ORDER BY feed_position LIMIT 1")
        assert (claimed.id, claimed.is_probe, claimed.url) == (first, True, URL)
        assert await probe() == []

    async def test_wait_longer_after_each_failure_and_use_up_no_attempt(self, paused, settle):
        for number, seconds in enumerate((60, 120, 240, 480, 600, 600), 1):
            await make_probe_due()
            claimed = await probe()
            assert len(claimed) == 1
            before = utc_now()
            await record(claimed, FAILED)
            assert before <= (await failing())["next_probe_at"] - timedelta(seconds=seconds) <= utc_now()
            await settle()
            row = await fetchrow("SELECT * FROM webhook_deliveries WHERE id = $1", claimed[0].id)
            assert (row["status"], row["attempt_count"], row["unscheduled_count"]) == ("RETRYING", number + 1, number)
            assert (row["next_attempt_at"], row["lease_token"]) == (None, None)
        assert await fetchval("SELECT count(*) FROM webhook_attempts") == 10 + 6

    async def test_leave_the_schedule_where_it_was(self, paused, settle, switch):
        for _ in range(3):
            await make_probe_due()
            await record(await probe(), FAILED)
            await settle()
        await switch(enabled=True)
        await settle()
        # The schedule has two attempts. The first was before the pause.
        lanes = await due_lanes()
        claimed = await claim_deliveries(paused.customer_id, [Wish(lane, 100) for lane in lanes], lease=LEASE)
        await record(claimed, FAILED)
        rows = await fetch("SELECT status, attempt_count FROM webhook_deliveries ORDER BY feed_position")
        assert [tuple(row) for row in rows] == [("EXHAUSTED", 5), *[("EXHAUSTED", 2)] * 9]

    async def test_wait_as_long_as_the_receiver_asks(self, paused):
        await make_probe_due()
        busy = Answer(1, status=429, error="status: 429", body="", retry_after=timedelta(hours=2))
        await record(await probe(), busy)
        assert (await failing())["next_probe_at"] > utc_now() + timedelta(minutes=119)

    async def test_are_made_by_one_worker(self, paused):
        await make_probe_due()
        claims = await asyncio.gather(*(probe() for _ in range(6)))
        assert sum(map(len, claims)) == 1

    async def test_are_made_by_another_worker_when_one_died(self, actor, paused, settle):
        await make_probe_due()
        [lost] = await probe()
        assert (await failing())["next_probe_at"] > utc_now() + timedelta(seconds=500)
        await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE lease_token IS NOT NULL")
        await make_probe_due()
        [another] = await probe()  # What was lost is still claimed, by its row.
        assert another.id != lost.id
        [lane] = await due_lanes()
        assert (lane.is_deliverable, lane.is_settling) == (False, False)
        await promise_settling_of(lane)
        await settle()
        await record([another], OK)
        assert (await record([lost], FAILED)).count == 0

    async def test_wait_for_something_to_send(self, paused):
        await pool().execute("UPDATE webhook_deliveries SET status = 'CANCELLED'")
        await make_probe_due()
        assert await probe() == []
        row = await failing()
        assert (row["probe_count"], row["next_probe_at"] > utc_now() + timedelta(seconds=29)) == (0, True)

    async def test_enable_the_endpoint_when_one_is_answered(self, actor, paused, settle):
        await make_probe_due()
        claimed = await probe()
        turned = (await record(claimed, OK)).turned
        assert turned.to_enable == {(paused.customer_id, paused.id)}
        await enable_recovered(paused.customer_id, paused.id)
        assert await status(paused) == ("ENABLED", None)
        assert await failing() is None
        await settle()
        rows = await fetch(
            "SELECT feed_position FROM webhook_deliveries WHERE status = 'RETRYING' ORDER BY next_attempt_at"
        )
        positions = [row["feed_position"] for row in rows]
        assert len(positions) == 9
        assert positions == sorted(positions)
        assert await told(actor) == ["paused", "enabled"]

    async def test_enable_it_also_if_a_request_of_before_was_answered(self, endpoint, fill, attempt):
        await fill(endpoint, 1)
        early = await claim_deliveries(endpoint.customer_id, [Wish(one, 1) for one in await due_lanes()], lease=LEASE)
        await attempt(*[FAILED] * 10, breaker=AT_ONCE)
        await pause_failing(endpoint.customer_id, endpoint.id, breaker=AT_ONCE)
        assert (await record(early, OK)).turned.to_enable == {(endpoint.customer_id, endpoint.id)}

    async def test_come_at_once_when_the_endpoint_is_changed(self, paused, switch):
        await switch(url="http://127.0.0.1:10/hooks")
        [claimed] = await probe()
        assert claimed.url == "http://127.0.0.1:10/hooks"

    @pytest.mark.parametrize("change", ["enable", "disable", "delete", "older version"])
    async def test_end_when_the_endpoint_is_switched(self, actor, paused, switch, change):
        if change == "delete":
            await delete_webhook_endpoint(actor, str(paused.id))
        elif change == "older version":
            await pool().execute("UPDATE webhook_endpoints SET status = 'ENABLED'")
            await make_probe_due()
        else:
            await switch(enabled=change == "enable")
        assert await probe() == []
        assert await failing() is None


class TestFiveDays:
    async def test_disable_what_is_still_paused(self, actor, paused, switch, settle):
        await pool().execute("UPDATE webhook_failing_endpoints SET paused_at = now() - interval '5 days'")
        await make_probe_due()
        assert await probe() == []
        assert await status(paused) == ("DISABLED", GIVEN_UP_REASON)
        assert await failing() is None
        await settle()
        held = "SELECT count(*) FROM webhook_deliveries WHERE status = 'RETRYING' AND next_attempt_at IS NULL"
        assert await fetchval(held) == 10
        await switch(enabled=True)
        await settle()
        assert await fetchval(held) == 0
        assert [lane.is_deliverable for lane in await due_lanes()] == [True]
        assert await told(actor) == ["paused", "disabled", "enabled"]

    async def test_are_the_latest_time_of_a_probe(self, paused):
        await pool().execute(
            "UPDATE webhook_failing_endpoints SET paused_at = now() - interval '5 days' + interval '1 minute',"
            " probe_count = 10"
        )
        await make_probe_due()
        await record(await probe(), FAILED)
        row = await failing()
        assert row["next_probe_at"] == row["paused_at"] + timedelta(days=5)

    async def test_do_not_disable_one_that_was_enabled_meanwhile(self, paused, switch):
        await pool().execute("UPDATE webhook_failing_endpoints SET paused_at = now() - interval '5 days'")
        await switch(enabled=True)
        await give_up_paused(paused.customer_id, paused.id)
        assert await status(paused) == ("ENABLED", None)


async def test_pauses_and_holds_what_comes_and_sends_it_when_the_receiver_answers(
    actor, subscribe, happen, receiver, pipelines, settle
):
    pipeline = pipelines(waits=(0.0,) * 50, breaker=AT_ONCE)
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    events = [await happen() for _ in range(4)]
    receiver.answer = 500
    async with asyncio.timeout(60):
        while (await find_webhook_endpoint(actor, endpoint.id)).status is not EndpointStatus.PAUSED:
            await drain(pipeline)
            await settle()
    await settle(later=True)
    sent = len(receiver.received)
    assert 10 <= sent <= 30
    events += [await happen() for _ in range(4)]
    await drain(pipeline)
    assert len(receiver.received) == sent
    receiver.answer = 200
    receiver.received.clear()
    await make_probe_due()
    pipeline._next_probe_look_at = 0.0
    await drain(pipeline)
    assert [got.headers["webhook-id"] for got in receiver.received] == [str(events[0])]
    assert (await find_webhook_endpoint(actor, endpoint.id)).status is EndpointStatus.ENABLED
    await settle()
    await drain(pipeline)
    assert sorted(got.headers["webhook-id"] for got in receiver.received) == sorted(map(str, events))
    found = await read_webhook_deliveries(actor, DeliveryFilter(), Page(100))
    assert {one.status for one in found} == {DeliveryStatus.DELIVERED}


@pytest.mark.thorough
async def test_disables_a_paused_endpoint_whose_probe_is_answered_with_410(
    actor, subscribe, happen, receiver, pipelines, settle
):
    pipeline = pipelines(waits=(0.0,) * 50, breaker=AT_ONCE)
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    await happen()
    receiver.answer = 500
    await drain(pipeline)
    await settle(later=True)

    async def gone(request):
        return web.Response(status=410)

    receiver.answer = gone
    await make_probe_due()
    pipeline._next_probe_look_at = 0.0
    await drain(pipeline)
    assert (await find_webhook_endpoint(actor, endpoint.id)).status is EndpointStatus.DISABLED
    assert await fetchval("SELECT count(*) FROM webhook_failing_endpoints WHERE paused_at IS NOT NULL") == 0


async def test_ends_well_however_workers_and_users_meet(actor, endpoint, attempt, switch, settle):
    """In the end it is as it was asked for last, and its deliveries follow."""
    for _ in range(6):
        await attempt(*[FAILED] * 10, breaker=AT_ONCE)
        steps = [pause_failing(actor.customer_id, endpoint.id, breaker=AT_ONCE) for _ in range(2)]
        steps += [enable_recovered(actor.customer_id, endpoint.id), probe(), settle(), switch(enabled=True)]
        random.shuffle(steps)
        await asyncio.gather(*steps)
        await make_probe_due()
        await asyncio.gather(probe(), enable_recovered(actor.customer_id, endpoint.id), settle())
        await switch(enabled=True)
        await pool().execute("UPDATE webhook_deliveries SET lease_token = NULL WHERE lease_token IS NOT NULL")
        await settle(later=True)
        assert await status(endpoint) == ("ENABLED", None)
        open_ones = await fetch(
            "SELECT next_attempt_at FROM webhook_deliveries WHERE status IN ('PENDING', 'RETRYING')"
        )
        assert all(row["next_attempt_at"] is not None for row in open_ones)
        await pool().execute("UPDATE webhook_deliveries SET status = 'CANCELLED', next_attempt_at = NULL")
        await pool().execute("DELETE FROM webhook_failing_endpoints")
