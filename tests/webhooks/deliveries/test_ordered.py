"""An ordered endpoint gets the events of one resource strictly in order, and other resources do not wait for them."""

import asyncio
import random
from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from aiohttp import web

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.number_events import number_events
from app.webhooks.deliveries import claim_in_order as claiming
from app.webhooks.deliveries.change_status import change_status
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes, put_back
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import lock_endpoint
from app.webhooks.status import EndpointStatus
from tests.webhooks.conftest import EGRESS, VAULT

pytestmark = pytest.mark.postgres15

LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
ENABLED, PAUSED = EndpointStatus.ENABLED, EndpointStatus.PAUSED


class InOrder:
    """Answers by chance, and keeps what came out of order: sent before all earlier ones of its resource succeeded."""

    def __init__(self, receiver, *, seed=1, failing=0.0):
        self.chance = random.Random(seed)
        self.failing = failing
        self.stuck = set()
        self.expected = defaultdict(list)
        self.accepted = defaultdict(list)
        self.wrong = []
        self.receiver = receiver
        receiver.answer = self.answer

    async def answer(self, _request):
        got = self.receiver.received[-1]
        resource, message = got.json["resource"]["id"], got.headers["webhook-id"]
        place = self.expected[resource].index(message)
        if self.expected[resource][:place] != self.accepted[resource][:place]:
            self.wrong.append(message)
        await asyncio.sleep(self.chance.uniform(0, 0.01))
        if resource in self.stuck or self.chance.random() < self.failing:
            return web.Response(status=500)
        if message not in self.accepted[resource]:
            self.accepted[resource].append(message)
        return web.Response(status=200)

    @property
    def is_complete(self):
        return all(self.accepted[resource] == expected for resource, expected in self.expected.items())


@pytest.fixture
async def endpoint(subscribe, receiver):
    made, _ = await subscribe(receiver.url, event_types=["ledger.*"], ordered=True)
    return made


@pytest.fixture
def order(endpoint, receiver):
    return InOrder(receiver)


@pytest.fixture
def write(order, happen):
    """A function that writes so many events of each of these resources, in turn."""

    async def run(resources, count):
        for _ in range(count):
            for resource in resources:
                order.expected[str(resource)].append(str(await happen(resource_id=resource)))

    return run


async def drain(pipeline, *, seconds=90):
    async with asyncio.timeout(seconds):
        await pipeline.drain(budget_seconds=seconds)


async def until_complete(order, *pipelines):
    async with asyncio.timeout(90):
        while not order.is_complete:
            await asyncio.gather(*(pipeline.drain(budget_seconds=1) for pipeline in pipelines))


async def claim(endpoint, count=100):
    lanes = await due_lanes()
    return await claim_deliveries(endpoint.customer_id, [Wish(lane, count) for lane in lanes], lease=LEASE)


async def make_due(actor):
    """Everything so far is due, and nothing claimed."""
    await number_events(actor.customer_id)
    await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 0)


def ids(resources):
    return [str(one) for one in resources]


@pytest.mark.thorough
async def test_sends_in_order_with_three_workers_and_many_failures(order, write, pipelines):
    order.failing = 0.3
    resources = [new_id() for _ in range(5)]
    workers = [pipelines(waits=(0.0,) * 100) for _ in range(3)]
    await write(resources, 6)
    completing = asyncio.create_task(until_complete(order, *workers))
    await write(resources, 12)  # While they are sent.
    for worker in workers:
        worker.look_again()
    await completing
    assert order.wrong == []
    assert {len(found) for found in order.accepted.values()} == {18}


@pytest.mark.thorough
async def test_sends_in_order_though_workers_die(order, write, pipelines):
    """Their claims are left to the leases, which end while others are at work."""
    order.failing = 0.1
    resources = [new_id() for _ in range(4)]
    await write(resources, 15)
    for number in range(6):
        doomed = pipelines(waits=(0.0,) * 100, lease_seconds=1.0)
        draining = asyncio.create_task(doomed.drain(budget_seconds=60))
        await asyncio.sleep(0.02 + 0.03 * number)
        draining.cancel()
        for task in doomed._tasks:
            task.remove_done_callback(doomed._ended)
            task.cancel()
        await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE lease_token IS NOT NULL")
        await asyncio.gather(draining, return_exceptions=True)
    await until_complete(order, pipelines(waits=(0.0,) * 100), pipelines(waits=(0.0,) * 100))
    assert order.wrong == []


async def test_holds_back_nothing_of_other_resources(order, write, pipelines, actor, monkeypatch):
    monkeypatch.setattr(claiming, "LOOKED_AT_MAX", 10)
    stuck, others = new_id(), [new_id() for _ in range(3)]
    order.stuck.add(str(stuck))
    await write([stuck], 100)
    await write(others, 4)
    await make_due(actor)
    worker = pipelines(waits=(1000.0,))
    async with asyncio.timeout(60):
        while [len(order.accepted[one]) for one in ids(others)] != [4, 4, 4]:
            await worker.drain(budget_seconds=1)
    requests = Counter(got.json["resource"]["id"] for got in order.receiver.received)
    assert requests[str(stuck)] == 1
    assert order.wrong == []


async def test_goes_on_with_the_next_when_one_is_exhausted(order, write, pipelines):
    resource = new_id()
    await write([resource], 3)
    order.stuck.add(str(resource))
    worker = pipelines(waits=())
    async with asyncio.timeout(60):
        while await fetchval("SELECT count(*) FROM webhook_deliveries WHERE status = 'EXHAUSTED'") < 3:
            await worker.drain(budget_seconds=1)
    sent = [got.headers["webhook-id"] for got in order.receiver.received]
    assert sent == order.expected[str(resource)]


async def test_sends_what_followed_a_failure_after_its_retry(order, write, pipelines, endpoint):
    resource = new_id()
    await write([resource], 5)
    order.stuck.add(str(resource))
    await drain(pipelines(waits=(1000.0, 1000.0)))
    assert len(order.receiver.received) == 1
    order.stuck.clear()
    # Those behind it may be looked at before, but wait for it.
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'PENDING'")
    assert await claim(endpoint) == []
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'RETRYING'")
    await drain(pipelines())
    assert order.is_complete
    assert order.wrong == []


async def test_claims_a_resource_for_one_worker(endpoint, order, write, actor):
    resources = [new_id() for _ in range(3)]
    await write(resources, 4)
    await make_due(actor)
    first = await claim(endpoint, 2)
    assert len(first) == 2
    second = await claim(endpoint)
    mine = {one.resource_id for one in first}
    assert mine == set(resources[:2])
    assert {one.resource_id for one in second} == {resources[2]}
    assert [str(one.message_id) for one in second] == order.expected[str(resources[2])]
    await put_back([*first, *second])
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now()")
    third = await claim(endpoint)
    assert len(third) == 12
    assert len({one.lease_token for one in third}) == 1


async def test_claims_in_order_with_many_at_it(endpoint, order, write, actor):
    resources = [new_id() for _ in range(4)]
    await write(resources, 10)
    await make_due(actor)
    for _ in range(4):
        claims = await asyncio.gather(*(claim(endpoint, 5) for _ in range(5)))
        owners = defaultdict(set)
        for worker, claimed in enumerate(claims):
            for resource in {one.resource_id for one in claimed}:
                owners[resource].add(worker)
                of_it = [str(one.message_id) for one in claimed if one.resource_id == resource]
                assert of_it == order.expected[str(resource)][: len(of_it)]
        assert {len(workers) for workers in owners.values()} <= {1}
        await pool().execute(
            "UPDATE webhook_deliveries SET next_attempt_at = now(), lease_token = NULL WHERE status = 'PENDING'"
        )


async def test_creates_nothing_claimed_behind_what_is_open(endpoint, order, write, actor):
    first, second = new_id(), new_id()
    await write([first], 2)
    await make_due(actor)
    await write([first, second], 2)
    await number_events(actor.customer_id)
    done = await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 8)
    assert [str(one.message_id) for one in done.claimed] == order.expected[str(second)]
    assert done.left_due == {(actor.customer_id, endpoint.id)}


async def test_keeps_the_order_when_it_is_paused_and_resumed(order, write, pipelines, settle, actor, endpoint):
    resources = [new_id() for _ in range(3)]
    order.failing = 0.2
    worker = pipelines(waits=(0.0,) * 100)
    for target in (PAUSED, ENABLED, PAUSED, ENABLED):
        await write(resources, 4)
        await worker.drain(budget_seconds=0.05)
        async with transaction() as tx:
            row = await lock_endpoint(tx, actor.customer_id, endpoint.id)
            await change_status(tx, actor, row, target, reason=None)
        await settle(later=True)
    await until_complete(order, worker, pipelines(waits=(0.0,) * 100))
    assert order.wrong == []


async def test_keeps_the_order_in_what_is_sent_again(order, write, pipelines):
    resources = [new_id() for _ in range(2)]
    await write(resources, 5)
    await until_complete(order, pipelines())
    order.accepted.clear()
    order.receiver.received.clear()
    await pool().execute("UPDATE webhook_deliveries SET status = 'PENDING', next_attempt_at = now()")
    await until_complete(order, pipelines(), pipelines())
    assert (order.wrong, len(order.receiver.received)) == ([], 10)


async def test_is_in_any_order_again_once_it_is_not_ordered(order, write, actor, endpoint):
    resource = new_id()
    await write([resource], 3)
    await make_due(actor)
    assert {row["is_ordered"] for row in await fetch("SELECT is_ordered FROM webhook_deliveries")} == {True}
    command = UpdateWebhookEndpoint(str(endpoint.id), ordered=False)
    await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)
    first = await claim(endpoint, 1)
    second = await claim(endpoint, 1)
    assert len(first) == len(second) == 1


async def test_lets_no_busy_resource_take_all_the_room(endpoint, order, write, actor, monkeypatch):
    monkeypatch.setattr(claiming, "LOOKED_AT_MAX", 20)
    busy, other = new_id(), new_id()
    await write([busy], 40)
    await write([other], 2)
    await make_due(actor)
    first = await claim(endpoint, 30)
    assert [str(one.message_id) for one in first] == order.expected[str(busy)][: claiming.CHAIN_MAX]
    second = await claim(endpoint, 30)  # What waits behind them is put off, so it sees the other resource.
    third = await claim(endpoint, 30)
    assert [str(one.message_id) for one in [*second, *third]] == order.expected[str(other)]


async def test_sends_a_long_backlog_of_one_resource(order, write, pipelines, actor, monkeypatch):
    monkeypatch.setattr(claiming, "LOOKED_AT_MAX", 20)
    resource = new_id()
    await write([resource], 60)
    await make_due(actor)
    await until_complete(order, pipelines())
    assert (order.wrong, len(order.receiver.received)) == ([], 60)
