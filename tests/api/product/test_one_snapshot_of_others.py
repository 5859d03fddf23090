"""One answer is one snapshot also where one field runs several statements, and of what is not money."""

import pytest

from app.api.graphql import errors
from app.db.connection import pool
from app.nodes import find_nodes
from tests.api.product.money import pounds, small_scene
from tests.api.product.test_one_snapshot import alone

HOLDER = """updateHolder(input: { holderId: $id, metadata: { number: 1 } }) { ... on HolderSuccess {
    changed: holder { metadata } query { again: holder(id: $id) { metadata } } } }"""
ENDPOINT = """updateWebhookEndpoint(input: { endpointId: $id, description: "first" }) { ... on WebhookEndpointSuccess {
    changed: endpoint { description } query { again: webhookEndpoint(id: $id) { description } } } }"""
PING = """pingWebhookEndpoint(endpointId: $id) { ... on WebhookDeliverySuccess {
    changed: delivery { status } query { deliveries: webhookDeliveries { nodes { status } } } } }"""
REPLAY = """replayWebhooks(input: { endpointId: $id, since: "2026-11-20T12:00:00Z" }) { ... on WebhookReplaySuccess {
    changed: replay { matched endpoint { id } } } }"""


@pytest.fixture
async def scene(customer, other_customer, work):
    return await small_scene(customer, other_customer, work)


@pytest.fixture
async def endpoint_id(customer):
    made = await customer.data(
        'mutation { made: createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks" }) {'
        " ... on WebhookSecretSuccess { endpoint { id } } } }"
    )
    return made["made"]["endpoint"]["id"]


@pytest.fixture
def then(monkeypatch):
    """Say what another request changes between a mutation's commit and its answer."""

    def say(sql):
        async def show(told, context):
            await alone(pool().execute(sql))
            await original(told, context)

        original = errors.show_in_snapshot
        monkeypatch.setattr(errors, "show_in_snapshot", show)

    return say


async def test_tells_a_ledger_and_the_hold_on_it_by_their_ids(scene, monkeypatch):
    held = await scene.done("placeHold", amount=pounds("1.00"))
    read = find_nodes.FIND_SEVERAL["holds"]
    captured = []

    async def later(actor, ids):
        captured.append(await alone(scene.done("captureHold", holdId=held["id"], amount=None)))
        return await read(actor, ids)

    monkeypatch.setitem(find_nodes.FIND_SEVERAL, "holds", later)
    told = await scene.client.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Ledger { balance { held { value } } } ... on Hold { status } } }""",
        ids=[scene.payer, held["id"]],
    )
    assert told["nodes"] == [{"balance": {"held": {"value": "1.00"}}}, {"status": "PLACED"}]
    assert [one["status"] for one in captured] == ["CAPTURED"]


async def test_tells_a_holder_once(customer, work, then):
    holder_id = await customer.create_holder()
    await work()
    then("UPDATE holders SET metadata = '{\"number\": 2}'")
    told = await customer.data(f"mutation ($id: ID!) {{ told: {HOLDER} }}", id=holder_id)
    assert told["told"] == {"changed": {"metadata": {"number": 2}}, "query": {"again": {"metadata": {"number": 2}}}}


async def test_tells_an_endpoint_once(customer, endpoint_id, then):
    then("UPDATE webhook_endpoints SET description = 'second'")
    told = await customer.data(f"mutation ($id: ID!) {{ told: {ENDPOINT} }}", id=endpoint_id)
    assert told["told"] == {"changed": {"description": "second"}, "query": {"again": {"description": "second"}}}


async def test_tells_a_delivery_once(customer, endpoint_id, then):
    then("UPDATE webhook_deliveries SET status = 'CANCELLED', next_attempt_at = NULL")
    told = await customer.data(f"mutation ($id: ID!) {{ told: {PING} }}", id=endpoint_id)
    assert told["told"]["changed"] == {"status": "CANCELLED"}
    assert told["told"]["query"]["deliveries"]["nodes"] == [{"status": "CANCELLED"}]


async def test_tells_a_replay_once(customer, endpoint_id, then):
    then("UPDATE webhook_replays SET matched = 7")
    told = await customer.data(f"mutation ($id: ID!) {{ told: {REPLAY} }}", id=endpoint_id)
    assert told["told"]["changed"] == {"matched": 7, "endpoint": {"id": endpoint_id}}
