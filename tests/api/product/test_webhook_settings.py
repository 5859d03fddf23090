"""Webhook endpoints over GraphQL: their secrets are shown once, and what is secret about them never again."""

import httpx
import pytest

from app.db.connection import fetchval, pool
from tests.api.product.test_other_customers import rows_of
from tests.webhooks.certificates import Authority

SHOWN = """id url filter holderId headerNames publicKey secretExpiresAt deletedAt"""
CREATE = f"""mutation ($input: CreateWebhookEndpointInput!) {{ createWebhookEndpoint(input: $input) {{
    ... on WebhookSecretSuccess {{ endpoint {{ {SHOWN} }} secret publicKey }}
    ... on Error {{ code message path }} }} }}"""
UPDATE = f"""mutation ($input: UpdateWebhookEndpointInput!) {{ updateWebhookEndpoint(input: $input) {{
    ... on WebhookEndpointSuccess {{ endpoint {{ {SHOWN} }} }} ... on Error {{ code message path }} }} }}"""
ROTATE = f"""mutation ($id: ID!, $hours: Int) {{ rotateWebhookSecret(endpointId: $id, overlapHours: $hours) {{
    ... on WebhookSecretSuccess {{ endpoint {{ {SHOWN} }} secret publicKey }}
    ... on Error {{ code message path }} ... on ConflictError {{ status }} }} }}"""
ENDPOINT = f"query ($id: ID!) {{ webhookEndpoint(id: $id) {{ {SHOWN} }} node(id: $id) {{ id }} }}"
URL = "http://127.0.0.1:9/hooks"


async def create(customer, **wanted):
    return (await customer.data(CREATE, input={"url": URL, **wanted}))["createWebhookEndpoint"]


async def update(customer, made, **wanted):
    answer = await customer.data(UPDATE, input={"endpointId": made["endpoint"]["id"], **wanted})
    return answer["updateWebhookEndpoint"]


async def test_makes_changes_and_empties_all_settings(customer):
    holder_id = await customer.create_holder()
    authority = Authority()
    certificate, key = authority.certify("us")
    made = await create(
        customer,
        url="https://127.0.0.1:9/hooks",
        filter={"metadata": {"brand": "north", "gone": None}},
        holderId=holder_id,
        headers=[{"name": "X-Api-Key", "value": "hush"}, {"name": "Authorization", "value": "Bearer hush"}],
        tls={"caCertificate": authority.pem, "clientCertificate": certificate, "clientKey": key},
    )
    shown = made["endpoint"]
    assert shown["filter"] == {"metadata": {"brand": "north", "gone": None}}
    assert (shown["holderId"], shown["headerNames"]) == (holder_id, ["X-Api-Key", "Authorization"])
    assert made["publicKey"] == shown["publicKey"]
    assert (await customer.data(ENDPOINT, id=shown["id"]))["webhookEndpoint"] == shown
    unchanged = await update(customer, made, filter=None, holderId=None, headers=None, tls=None, clear=None)
    assert unchanged["endpoint"] == shown
    nothing = {"caCertificate": None, "clientCertificate": None, "clientKey": None}
    assert (await update(customer, made, tls=nothing))["endpoint"] == shown
    emptied = await update(
        customer, made, clear=["FILTER", "HOLDER", "HEADERS", "CA_CERTIFICATE", "CLIENT_CERTIFICATE"]
    )
    assert (emptied["endpoint"]["filter"], emptied["endpoint"]["holderId"]) == (None, None)
    assert emptied["endpoint"]["headerNames"] == []
    row = "SELECT ca_certificate IS NULL AND sealed_client_key IS NULL FROM webhook_endpoints WHERE id = $1"
    assert await fetchval(row, shown["id"])


@pytest.mark.parametrize("enabled", [True, False])
async def test_keeps_every_setting_that_an_update_sends_as_null(customer, enabled):
    set_before = {
        "description": "Bookings",
        "eventTypes": ["ledger.*", "transfer.posted"],
        "payload": "NOTIFICATION",
        "ordered": True,
        "maxPerSecond": 7,
    }
    made = await create(customer, **set_before)
    assert "endpoint" in await update(customer, made, enabled=enabled)
    status = "ENABLED" if enabled else "DISABLED"
    nulls = dict.fromkeys((*set_before, "url", "enabled"))
    document = """mutation ($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) {
        ... on WebhookEndpointSuccess { endpoint {
            url description eventTypes payload ordered maxPerSecond status } } } }"""
    before = await rows_of(customer.customer_id)
    for name in nulls:
        alone = {"endpointId": made["endpoint"]["id"], name: None}
        answer = await customer.data(document, input=alone)
        assert answer["updateWebhookEndpoint"]["endpoint"] == {"url": URL, "status": status, **set_before}, name
    answer = await customer.data(document, input={"endpointId": made["endpoint"]["id"], **nulls})
    assert answer["updateWebhookEndpoint"]["endpoint"] == {"url": URL, "status": status, **set_before}
    assert await rows_of(customer.customer_id) == before


async def test_takes_null_for_absent_in_a_new_endpoint(customer):
    absent = dict.fromkeys(("filter", "holderId", "headers", "tls", "eventTypes", "description"))
    made = await create(customer, **absent)
    assert made["endpoint"]["filter"] is None
    assert made["endpoint"]["headerNames"] == []


async def test_names_the_path_of_what_is_wrong(customer):
    wrong = await create(customer, headers=[{"name": "X-Fine", "value": "a"}, {"name": "Host", "value": "a"}])
    assert (wrong["code"], wrong["path"]) == ("VALIDATION", ["input", "headers", "1", "name"])
    wrong = await create(customer, tls={"clientCertificate": "x", "clientKey": "y"})
    assert (wrong["code"], wrong["path"]) == ("VALIDATION", ["input", "tls", "clientCertificate"])
    wrong = await create(customer, holderId="0197a3c2-5b6e-7c11-8f00-0123456789a8")
    assert (wrong["code"], wrong["path"]) == ("NOT_FOUND", ["input", "holderId"])


async def test_rotates_a_secret(customer):
    made = await create(customer)
    rotated = (await customer.data(ROTATE, id=made["endpoint"]["id"], hours=48))["rotateWebhookSecret"]
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    assert rotated["publicKey"] == rotated["endpoint"]["publicKey"] != made["publicKey"]
    assert len(rotated["endpoint"]["secretExpiresAt"]) == 1
    by_default = (await customer.data(ROTATE, id=made["endpoint"]["id"], hours=None))["rotateWebhookSecret"]
    assert len(by_default["endpoint"]["secretExpiresAt"]) == 2
    for _ in range(2):
        await customer.data(ROTATE, id=made["endpoint"]["id"], hours=24)
    refused = (await customer.data(ROTATE, id=made["endpoint"]["id"], hours=24))["rotateWebhookSecret"]
    assert (refused["code"], refused["path"], refused["status"]) == ("INVALID_STATE", ["endpointId"], "ENABLED")
    ended = (await customer.data(ROTATE, id=made["endpoint"]["id"], hours=0))["rotateWebhookSecret"]
    assert ended["endpoint"]["secretExpiresAt"] == []


async def test_shows_the_public_keys_to_anybody_who_knows_the_endpoint(customer, application):
    made = await create(customer)
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(f"/.well-known/webhook-keys/{made['endpoint']['id']}")
    assert [key["webhook_key"] for key in answer.json()["keys"]] == [made["publicKey"]]


async def test_shows_the_public_key_of_a_deleted_endpoint_still(customer):
    made = await create(customer)
    delete = "mutation ($id: ID!) { deleteWebhookEndpoint(endpointId: $id) { __typename } }"
    await customer.data(delete, id=made["endpoint"]["id"])
    query = "query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { publicKey secretExpiresAt deletedAt } } }"
    shown = (await customer.data(query, id=made["endpoint"]["id"]))["node"]
    assert shown["publicKey"] == made["publicKey"]
    assert shown["deletedAt"] is not None


async def test_gives_endpoints_of_an_older_version_their_keys_in_one_query(customer):
    made = [await create(customer) for _ in range(3)]
    await pool().execute("DELETE FROM webhook_secrets WHERE scheme = 'v1a'")
    await pool().execute("UPDATE webhook_endpoints SET public_key = NULL")
    query = "{ webhookEndpoints { id publicKey } again: webhookEndpoints { publicKey } viewer { customerId } }"
    shown = await customer.data(query)
    keys = [endpoint["publicKey"] for endpoint in shown["webhookEndpoints"]]
    assert len(set(keys)) == len(made)
    assert [endpoint["publicKey"] for endpoint in shown["again"]] == keys
    assert (await customer.data(query))["webhookEndpoints"] == shown["webhookEndpoints"]


async def test_gives_an_endpoint_of_an_older_version_its_key_in_the_answer_of_a_mutation(customer):
    made = await create(customer)
    await pool().execute("UPDATE webhook_endpoints SET public_key = NULL")
    document = """mutation ($id: ID!) { updateWebhookEndpoint(input: { endpointId: $id, description: "x" }) {
        ... on WebhookEndpointSuccess {
            endpoint { publicKey again: publicKey } query { webhookEndpoints { publicKey } } }
    } }"""
    done = (await customer.data(document, id=made["endpoint"]["id"]))["updateWebhookEndpoint"]
    assert done["endpoint"]["publicKey"].startswith("whpk_")
    assert done["endpoint"]["again"] == done["endpoint"]["publicKey"]
    assert done["query"]["webhookEndpoints"] == [{"publicKey": done["endpoint"]["publicKey"]}]
