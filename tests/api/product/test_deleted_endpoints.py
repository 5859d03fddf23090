"""A deleted endpoint is shown as deleted wherever it can still be met."""

CREATE = """
    mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks" }) {
        ... on WebhookSecretSuccess { endpoint { id deletedAt } }
    } }
"""
PING = (
    "mutation ($id: ID!) { pingWebhookEndpoint(endpointId: $id) { ... on WebhookDeliverySuccess { delivery { id } } } }"
)
DELETE = "mutation ($id: ID!) { deleteWebhookEndpoint(endpointId: $id) { __typename } }"
READ = """
    query ($id: ID!, $delivery: ID!) {
        webhookDelivery(id: $delivery) { status endpoint { id deletedAt } }
        webhookDeliveries(filter: { endpointId: $id }) { nodes { endpoint { deletedAt } } }
        node(id: $id) { id ... on WebhookEndpoint { url deletedAt } }
        webhookEndpoint(id: $id) { id }
        webhookEndpoints { id }
        events(filter: { resourceId: $id }) { nodes { type data previous } }
    }
"""


async def test_shows_a_deleted_endpoint_as_deleted(customer, work):
    created = (await customer.data(CREATE))["createWebhookEndpoint"]["endpoint"]
    assert created["deletedAt"] is None
    ids = {"id": created["id"]}
    ids["delivery"] = (await customer.data(PING, **ids))["pingWebhookEndpoint"]["delivery"]["id"]
    assert (await customer.data(READ, **ids))["node"]["deletedAt"] is None

    assert (await customer.data(DELETE, id=ids["id"]))["deleteWebhookEndpoint"]["__typename"] == "DeletedSuccess"
    await work()
    shown = await customer.data(READ, **ids)
    deleted_at = shown["webhookDelivery"]["endpoint"]["deletedAt"]
    assert deleted_at is not None
    assert shown["webhookDelivery"] == {"status": "CANCELLED", "endpoint": {"id": ids["id"], "deletedAt": deleted_at}}
    assert shown["webhookDeliveries"]["nodes"] == [{"endpoint": {"deletedAt": deleted_at}}]
    assert shown["node"] == {"id": ids["id"], "url": "http://127.0.0.1:9/hooks", "deletedAt": deleted_at}
    assert (shown["webhookEndpoint"], shown["webhookEndpoints"]) == (None, [])
    told = {event["type"]: event for event in shown["events"]["nodes"]}
    assert told["webhook_endpoint.created"]["data"]["deleted_at"] is None
    assert told["webhook_endpoint.deleted"]["data"]["deleted_at"] == deleted_at
    assert told["webhook_endpoint.deleted"]["previous"] == {"deleted_at": None}
