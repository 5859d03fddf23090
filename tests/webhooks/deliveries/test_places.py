"""Never more requests than the limit in any second, whatever stalls: a place that was missed is not made up for."""

import asyncio
import itertools
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.events.number_events import number_events
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries import places
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes
from app.webhooks.deliveries.claimed import Lease, Place
from app.webhooks.deliveries.connection import Connection
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.deliveries.places import NoPlaceYet, gap_of, wait_for_place
from app.webhooks.deliveries.probe_endpoints import claim_probes
from app.webhooks.deliveries.transport import Transport
from tests.webhooks.deliveries.test_endpoint_share import delivery

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
RATE = 10


@pytest.fixture
def begun(monkeypatch):
    """When each request was begun."""
    instants, request = [], Connection.request

    async def noting(self, octets):
        instants.append(time.monotonic())
        return await request(self, octets)

    monkeypatch.setattr(Connection, "request", noting)
    return instants


def most_in_a_second(instants):
    return max(sum(first <= one < first + 1 for one in instants) for first in instants)


async def drained(receiver, pipelines, count):
    async with asyncio.timeout(90):
        while len(receiver.received) < count:
            await asyncio.gather(*(one.drain(budget_seconds=1) for one in pipelines))


async def stall(seconds, begun):
    """Keep the event loop from everything, once some requests were begun."""
    while len(begun) < 5:
        await asyncio.sleep(0.01)
    for _ in range(3):
        await asyncio.sleep(0.35)
        time.sleep(seconds)  # noqa: ASYNC251 - it is to stall


@pytest.mark.thorough
@pytest.mark.parametrize("ordered", [False, True])
async def test_begins_no_more_than_the_limit_in_any_second_after_a_stall(
    subscribe, happen, receiver, pipelines, begun, ordered
):
    await subscribe(receiver.url, event_types=["ledger.*"], max_per_second=RATE, ordered=ordered)
    resources = [new_id() for _ in range(3)]
    for number in range(30):
        await happen(resource_id=resources[number % 3] if ordered else None)
    stalling = asyncio.create_task(stall(0.9, begun))
    await drained(receiver, [pipelines(), pipelines()], 30)
    await stalling
    assert most_in_a_second(begun) <= RATE
    assert len(begun) == 30


@pytest.mark.thorough
async def test_begins_no_more_than_the_limit_where_a_receiver_accepts_late(
    subscribe, happen, receiver, pipelines, begun, monkeypatch
):
    connect, opened = Transport._connect, asyncio.Event()

    async def late(self, *origin):
        await opened.wait()
        return await connect(self, *origin)

    monkeypatch.setattr(Transport, "_connect", late)
    await subscribe(receiver.url, event_types=["ledger.*"], max_per_second=RATE)
    for _ in range(15):
        await happen()
    asyncio.get_running_loop().call_later(2.5, opened.set)
    await drained(receiver, [pipelines(), pipelines()], 15)
    assert most_in_a_second(begun) <= RATE
    assert len(begun) == 15


async def test_keeps_to_the_pace_where_each_request_needs_a_connection(
    subscribe, happen, receiver, pipelines, begun, monkeypatch
):
    """Connecting takes longer than a place lasts, and yet few places are missed."""
    connect, take, missed = Transport._connect, places._take_place, []

    async def taking(*which):
        missed.append(which)
        return await take(*which)

    async def slowly(self, *origin):
        await asyncio.sleep(0.2)
        return await connect(self, *origin)

    monkeypatch.setattr(places, "_take_place", taking)
    monkeypatch.setattr(Transport, "_connect", slowly)
    monkeypatch.setattr(Transport, "_kept", lambda _self, _origin: None)
    await subscribe(receiver.url, event_types=["ledger.*"], max_per_second=RATE)
    for _ in range(25):
        await happen()
    await drained(receiver, [pipelines()], 25)
    assert len(missed) < 20  # The first ones, before it is known how long it takes, and then few.
    assert most_in_a_second(begun) <= RATE


async def test_gives_a_chain_of_one_resource_one_place_at_a_time(subscribe, happen):
    endpoint, _ = await subscribe(URL, event_types=["ledger.*"], max_per_second=RATE, ordered=True)
    one, other = new_id(), new_id()
    for resource_id in (one, one, other, one):
        await happen(resource_id=resource_id)
    await _fan_out(endpoint)
    claimed = await claim_deliveries(endpoint.customer_id, [Wish(lane, 100) for lane in await due_lanes()], lease=LEASE)
    assert [(got.resource_id, got.place is not None) for got in claimed] == [
        (one, True), (one, False), (other, True), (one, False),
    ]  # fmt: skip


class TestPlace:
    @pytest.fixture
    async def endpoint(self, subscribe):
        made, _ = await subscribe(URL, max_per_second=RATE)
        return made

    def claimed(self, endpoint, place=None):
        whose = {"customer_id": endpoint.customer_id, "endpoint_id": endpoint.id}
        return replace(delivery(max_per_second=RATE), place=place, **whose)

    async def test_that_has_come_is_used_at_once(self, endpoint):
        now = time.monotonic()
        await wait_for_place(self.claimed(endpoint, Place(now, now + 60)))
        assert time.monotonic() - now < 1
        assert await fetchval("SELECT count(*) FROM webhook_paces") == 0

    async def test_that_is_to_come_is_waited_for(self, endpoint):
        now = time.monotonic()
        await wait_for_place(self.claimed(endpoint, Place(now + 0.2, now + 60)))
        assert time.monotonic() >= now + 0.2

    async def test_that_was_missed_or_never_given_is_taken_anew(self, endpoint):
        now = time.monotonic()
        await asyncio.gather(*(wait_for_place(self.claimed(endpoint, Place(now - 2, now - 1))) for _ in range(3)))
        await wait_for_place(self.claimed(endpoint))
        assert time.monotonic() >= now + 3 * gap_of(RATE).total_seconds()

    async def test_is_longer_where_the_worker_is_too_slow_for_short_ones(self, endpoint, monkeypatch):
        """Each time it wakes up, it is 150 ms late."""
        sleep = asyncio.sleep
        monkeypatch.setattr(
            "app.webhooks.deliveries.places.asyncio.sleep", lambda seconds: sleep(max(seconds, 0) + 0.15)
        )
        await pool().execute(
            "INSERT INTO webhook_paces (customer_id, endpoint_id, next_at)"
            " VALUES ($1, $2, clock_timestamp() + interval '0.3 s')",
            endpoint.customer_id,
            endpoint.id,
        )
        began = await fetchval("SELECT clock_timestamp()")
        await wait_for_place(self.claimed(endpoint))
        next_at = await fetchval("SELECT next_at FROM webhook_paces")
        # Three were taken at least: one that was too short, and two in a row. It begins within them.
        assert next_at >= began + timedelta(seconds=0.25) + 3 * gap_of(RATE)
        assert await fetchval("SELECT clock_timestamp()") < next_at + timedelta(seconds=1)

    async def test_that_is_too_far_ahead_is_not_waited_for(self, endpoint):
        await pool().execute(
            "INSERT INTO webhook_paces (customer_id, endpoint_id, next_at)"
            " VALUES ($1, $2, clock_timestamp() + interval '1 minute')",
            endpoint.customer_id,
            endpoint.id,
        )
        before = await fetchval("SELECT next_at FROM webhook_paces")
        with pytest.raises(NoPlaceYet):
            await wait_for_place(self.claimed(endpoint))
        assert await fetchval("SELECT next_at FROM webhook_paces") == before


async def test_puts_off_what_gets_no_place_without_an_attempt(subscribe, happen, receiver, pipelines, monkeypatch):
    async def none_yet(_delivery):
        raise NoPlaceYet

    await subscribe(receiver.url, event_types=["ledger.*"], max_per_second=RATE)
    await happen()
    monkeypatch.setattr("app.webhooks.deliveries.attempt_delivery.wait_for_place", none_yet)
    async with asyncio.timeout(60):
        await pipelines().drain(budget_seconds=0.5)
    row = await pool().fetchrow("SELECT *, next_attempt_at - now() AS wait FROM webhook_deliveries")
    assert (row["status"], row["attempt_count"], row["lease_token"]) == ("PENDING", 0, None)
    assert row["wait"] <= timedelta(seconds=1)
    assert receiver.received == []


async def test_gives_the_try_of_a_paused_endpoint_a_place_too(subscribe, fill):
    endpoint, _ = await subscribe(URL, max_per_second=RATE)
    await fill(endpoint, 1)
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = NULL")
    await pool().execute("UPDATE webhook_endpoints SET status = 'PAUSED'")
    await pool().execute(
        "INSERT INTO webhook_failing_endpoints"
        " (customer_id, endpoint_id, failure_count, failing_since, failed_at, paused_at, next_probe_at)"
        " VALUES ($1, $2, 10, now(), now(), now(), now())",
        endpoint.customer_id,
        endpoint.id,
    )
    [probe] = await claim_probes(lease=LEASE, breaker=Breaker())
    assert (probe.is_probe, probe.max_per_second) == (True, RATE)


def test_says_how_many_there_are_in_a_second():
    gap = gap_of(RATE).total_seconds()
    # Even where the first of them begins as late as it may.
    instants = [0.03, *itertools.accumulate([gap] * 30)]
    assert most_in_a_second(instants) == RATE


async def _fan_out(endpoint):
    await number_events(endpoint.customer_id)
    await fan_out(endpoint.customer_id, lease=LEASE, room=lambda _endpoint, _count: 0)
