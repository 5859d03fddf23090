"""What is due is claimed once, and only of endpoints that are to be sent to."""

import asyncio
from collections import Counter
from datetime import timedelta
from ipaddress import ip_network

import pytest

from app.db.connection import fetch, fetchval, pool
from app.webhooks.deliveries.claim_deliveries import (
    TURN_CLAIMS_OF_CUSTOMER_MAX,
    DueLane,
    Wish,
    claim_deliveries,
    due_lanes,
)
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.status import DeliveryStatus
from app.webhooks.vault import Vault
from tests.webhooks.deliveries.steps import at_commit

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
EGRESS = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=((80, 80),))
VAULT = Vault("a key of the settings for the tests")
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))


@pytest.fixture
async def endpoint(subscribe):
    made, _ = await subscribe(URL)
    return made


async def stop(actor, endpoint, how):
    if how == "delete":
        await delete_webhook_endpoint(actor, str(endpoint.id))
    else:
        command = UpdateWebhookEndpoint(str(endpoint.id), enabled=False)
        await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)


async def test_names_the_lanes_with_something_due(actor, endpoint, fill):
    await fill(endpoint, 3)
    await fill(endpoint, 3, status="RETRYING")
    await fill(endpoint, 3, status="DELIVERED")
    lanes = [
        DueLane(actor.customer_id, endpoint.id, status, is_deliverable=True, is_settling=False)
        for status in (DeliveryStatus.PENDING, DeliveryStatus.RETRYING)
    ]
    assert await due_lanes() == lanes
    await pool().execute(
        "UPDATE webhook_deliveries SET next_attempt_at = now() + interval '1 hour' WHERE status = 'PENDING'"
    )
    assert await due_lanes() == lanes[1:]
    assert await due_lanes(but=[(actor.customer_id, endpoint.id)]) == []
    assert await due_lanes(but=[(actor.customer_id, actor.customer_id)]) == lanes[1:]


async def test_names_as_many_of_those_that_take_turns_as_a_turn_claims_for(actor, other_actor, subscribe, fill):
    made = [(await subscribe(URL))[0] for _ in range(TURN_CLAIMS_OF_CUSTOMER_MAX + 4)]
    of_another, _ = await subscribe(URL, by=other_actor)
    for endpoint in (*made[1:], of_another):
        await fill(endpoint, 1)
        await fill(endpoint, 1, status="RETRYING")
    [other, *in_turn] = [(actor.customer_id, endpoint.id) for endpoint in reversed(made)]
    last = (other_actor.customer_id, of_another.id)
    lanes = await due_lanes(in_turn=[*in_turn, last])
    named = [other, *in_turn[:TURN_CLAIMS_OF_CUSTOMER_MAX], last]
    assert Counter(lane.endpoint for lane in lanes) == dict.fromkeys(named, 2)
    # Those that have nothing due keep no place.
    first_without, *others = in_turn[::-1]
    lanes = await due_lanes(in_turn=[first_without, *others])
    assert {lane.endpoint for lane in lanes} == {other, *others[:TURN_CLAIMS_OF_CUSTOMER_MAX], last}


async def test_claims_no_more_than_it_is_asked_to_and_nothing_twice(actor, endpoint, fill):
    await fill(endpoint, 30)
    [lane] = await due_lanes()
    claims = await asyncio.gather(
        *(claim_deliveries(actor.customer_id, [Wish(lane, 7)], lease=LEASE) for _ in range(6))
    )
    assert max(len(claimed) for claimed in claims) <= 7
    ids = [delivery.id for claimed in claims for delivery in claimed]
    left = await claim_deliveries(actor.customer_id, [Wish(lane, 100)], lease=LEASE)
    ids += [delivery.id for delivery in left]
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.parametrize(
    ("settings", "commit"), [({}, "off"), ({"ordered": True}, "on"), ({"max_per_second": 100}, "on")]
)
async def test_waits_for_the_disk_only_where_an_order_or_a_pace_is_to_be_kept(actor, subscribe, fill, settings, commit):
    endpoint, _ = await subscribe(URL, **settings)
    await fill(endpoint, 3)
    lanes = await due_lanes()
    async with at_commit(
        "INSERT INTO seen VALUES (current_setting('synchronous_commit'))", "webhook_deliveries", "UPDATE"
    ):
        assert len(await claim_deliveries(actor.customer_id, [Wish(one, 3) for one in lanes], lease=LEASE)) == 3
        assert [row["setting"] for row in await fetch("SELECT DISTINCT setting FROM seen")] == [commit]


@pytest.mark.parametrize("how", ["disable", "delete"])
async def test_claims_nothing_of_an_endpoint_that_was_stopped_meanwhile(actor, endpoint, fill, how):
    await fill(endpoint, 3)
    [lane] = await due_lanes()
    await stop(actor, endpoint, how)
    assert await claim_deliveries(actor.customer_id, [Wish(lane, 3)], lease=LEASE) == []
    assert await fetchval("SELECT count(*) FROM webhook_deliveries WHERE lease_token IS NULL") == 3


@pytest.mark.parametrize("how", ["disable", "delete"])
async def test_says_whether_what_follows_is_promised(actor, endpoint, fill, how):
    await fill(endpoint, 3)
    await stop(actor, endpoint, how)
    [lane] = await due_lanes()
    assert (lane.is_deliverable, lane.is_settling) == (False, True)
    await pool().execute("DELETE FROM outbox_messages")
    [lane] = await due_lanes()
    assert (lane.is_deliverable, lane.is_settling) == (False, False)


@pytest.mark.parametrize(("how", "status"), [("disable", "PENDING"), ("delete", "CANCELLED")])
async def test_has_what_was_left_due_of_a_stopped_endpoint_settled(
    actor, endpoint, fill, pipeline, settle, how, status
):
    await stop(actor, endpoint, how)
    await settle()
    await fill(endpoint, 3)  # As a worker's that gave it back, or died.
    await fill(endpoint, 3, status="RETRYING")
    for _ in range(3):
        await pipeline.drain(budget_seconds=60)
    promised = await fetch("SELECT resource_id FROM outbox_messages WHERE kind = 'settle_deliveries'")
    assert [row["resource_id"] for row in promised] == [endpoint.id]
    await settle()
    assert await due_lanes() == []
    rows = await fetch("SELECT DISTINCT status, next_attempt_at FROM webhook_deliveries WHERE attempt_count = 0")
    assert [tuple(row) for row in rows] == [(status, None)]
