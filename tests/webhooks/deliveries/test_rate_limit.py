"""An endpoint with a rate limit gets so many deliveries a second at most, from all workers together."""

import asyncio
import itertools
from datetime import timedelta
from time import monotonic

import pytest

from app.db.connection import fetchval, pool
from app.events.number_events import number_events
from app.kernel.errors import Invalid
from app.webhooks.deliveries import attempt_deliveries
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.status import EndpointField
from tests.journal.orders import until_waiting
from tests.webhooks.conftest import EGRESS, VAULT

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))


async def claim(endpoint, count=100):
    lanes = await due_lanes()
    return await claim_deliveries(endpoint.customer_id, [Wish(lane, count) for lane in lanes], lease=LEASE)


async def test_gives_a_second_of_places_to_all_workers_together(subscribe, fill):
    endpoint, _ = await subscribe(URL, max_per_second=20)
    await fill(endpoint, 30)
    await fill(endpoint, 30, status="RETRYING")
    began = monotonic()
    claims = await asyncio.gather(*(claim(endpoint, 4) for _ in range(8)))
    claimed = [one for claims_of_one in claims for one in claims_of_one]
    assert 18 <= len(claimed) <= 20 * (1 + monotonic() - began)
    for of_one in claims:
        begins = [one.send_after for one in of_one]
        assert all(later - earlier == pytest.approx(1.05 / 20) for earlier, later in itertools.pairwise(begins))
    assert len(await claim(endpoint)) <= 20 * (1 + monotonic() - began) - len(claimed)


async def test_takes_up_no_place_for_what_it_does_not_claim(subscribe, fill):
    endpoint, _ = await subscribe(URL, max_per_second=10)
    await fill(endpoint, 1)
    before = await fetchval("SELECT clock_timestamp()")
    assert len(await claim(endpoint)) == 1
    after = await fetchval("SELECT clock_timestamp()")
    next_at = await fetchval("SELECT next_at FROM webhook_paces")
    assert before <= next_at - timedelta(seconds=0.105) <= after


async def test_begins_no_delivery_before_its_time(subscribe, happen, receiver, pipelines):
    await subscribe(receiver.url, event_types=["ledger.*"], max_per_second=20)
    for _ in range(20):
        await happen()
    began = monotonic()
    async with asyncio.timeout(90):
        while len(receiver.received) < 20:
            await asyncio.gather(*(pipeline.drain(budget_seconds=1) for pipeline in (pipelines(), pipelines())))
    assert monotonic() - began > 19 / 20
    assert len({got.headers["webhook-id"] for got in receiver.received}) == len(receiver.received) == 20


async def test_claims_nothing_as_it_is_made(actor, subscribe, happen):
    await subscribe(URL, event_types=["ledger.*"], max_per_second=20)
    await happen()
    await number_events(actor.customer_id)
    done = await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 8)
    assert (done.deliveries, done.claimed, len(done.left_due)) == (1, [], 1)


@pytest.mark.parametrize("rate", [0, -1, 10_001])
async def test_refuses_a_rate_that_is_none(actor, subscribe, rate):
    with pytest.raises(Invalid, match="from 1 to 10,000") as refused:
        await subscribe(URL, max_per_second=rate)
    assert refused.value.path == ("max_per_second",)
    assert await fetchval("SELECT count(*) FROM webhook_endpoints") == 0


async def test_is_changed_and_taken_away(actor, subscribe, fill):
    endpoint, _ = await subscribe(URL)

    async def update(**wanted):
        command = UpdateWebhookEndpoint(str(endpoint.id), **wanted)
        return (await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)).max_per_second

    assert await update(max_per_second=5) == 5
    await fill(endpoint, 30)
    assert len(await claim(endpoint)) <= 6
    with pytest.raises(Invalid, match="to be emptied"):
        await update(max_per_second=5, clear=[EndpointField.RATE_LIMIT])
    assert await update(clear=[EndpointField.RATE_LIMIT]) is None
    assert len(await claim(endpoint)) >= 24


async def test_waits_for_the_paces_of_several_endpoints_in_one_order(subscribe, fill):
    endpoints = [(await subscribe(URL, max_per_second=20))[0] for _ in range(2)]
    for endpoint in endpoints:
        await fill(endpoint, 5)
        await claim(endpoint, 1)  # Each has a pace.
    first, second = sorted(endpoint.id for endpoint in endpoints)
    lanes = sorted(await due_lanes(), key=lambda lane: lane.endpoint_id, reverse=True)
    lock = "SELECT 1 FROM webhook_paces WHERE endpoint_id = $1 FOR UPDATE"

    async with pool().acquire() as other_worker, other_worker.transaction():
        await other_worker.execute(lock, first)
        wishes = [Wish(lane, 1) for lane in lanes]
        claiming = asyncio.create_task(claim_deliveries(endpoints[0].customer_id, wishes, lease=LEASE))
        await until_waiting()
        await other_worker.execute(f"{lock} NOWAIT", second)

    assert {one.endpoint_id for one in await claiming} == {first, second}


@pytest.mark.thorough
async def test_misses_no_look_because_somebody_else_asked_a_little_earlier(subscribe, fill, pipeline, monkeypatch):
    """A worker's sweep pokes the drain each second, too: just before the next look, it must not put it off."""
    looks = []

    async def look(**_which):
        looks.append(monotonic())
        return []

    async def poke():
        while True:
            await asyncio.sleep(0.9)
            pipeline.look_again()

    async def lasting():
        await asyncio.sleep(5.5)

    monkeypatch.setattr(attempt_deliveries, "due_lanes", look)
    poking = asyncio.create_task(poke())
    pipeline._spawn(lasting())  # Something is under way all the time.
    await pipeline.drain(budget_seconds=5.4)
    poking.cancel()
    gaps = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert len(gaps) >= 4
    assert sorted(gaps)[len(gaps) // 2] < 1.4  # Nearly two seconds, where each poke began a new second.
