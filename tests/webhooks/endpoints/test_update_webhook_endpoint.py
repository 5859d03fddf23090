"""An endpoint is changed, enabled or disabled."""

import asyncio
import dataclasses
from ipaddress import ip_network

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.kernel.actor import Via
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.status import EndpointField, EndpointStatus, Payload
from app.webhooks.vault import Vault

URL = "http://127.0.0.1:9/hooks"
VAULT = Vault("a key of the settings for the tests")
EGRESS = EgressRules(allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=((80, 80),))


@pytest.fixture
async def endpoint(subscribe):
    made, _ = await subscribe(URL, description="ours", event_types=["ledger.*"])
    return made


@pytest.fixture
def update(actor, endpoint):
    async def run(*, by=None, **wanted):
        command = UpdateWebhookEndpoint(str(endpoint.id), **wanted)
        return await update_webhook_endpoint(by or actor, command, vault=VAULT, egress=EGRESS)

    return run


async def events_of(endpoint):
    rows = await fetch(
        "SELECT type, resource_version FROM events WHERE resource_id = $1 ORDER BY resource_version", endpoint.id
    )
    return [(row["type"], row["resource_version"]) for row in rows]


async def test_changes_what_it_is_told_and_writes_one_event(update, endpoint):
    changed = await update(url="http://127.0.0.1:10/", event_types=[], payload=Payload.THIN, ordered=True)
    assert (changed.url, changed.event_types, changed.payload, changed.ordered) == (
        "http://127.0.0.1:10/", (), Payload.THIN, True,
    )  # fmt: skip
    assert (changed.description, changed.version) == ("ours", 2)
    assert await events_of(endpoint) == [("webhook_endpoint.created", 1), ("webhook_endpoint.updated", 2)]


async def test_clears_a_description(update):
    assert (await update(clear=[EndpointField.DESCRIPTION])).description is None


async def test_refuses_to_set_and_to_clear_a_description(update, endpoint):
    with pytest.raises(Invalid, match="given and to be emptied") as refused:
        await update(description="mine", clear=[EndpointField.DESCRIPTION])
    assert refused.value.path == ("clear",)
    assert await events_of(endpoint) == [("webhook_endpoint.created", 1)]


@pytest.mark.parametrize("field", ["url", "description", "event_types", "payload", "ordered", "enabled"])
async def test_takes_none_for_absent(update, endpoint, field):
    assert await update(**{field: None}) == endpoint
    assert await events_of(endpoint) == [("webhook_endpoint.created", 1)]


async def test_writes_nothing_when_nothing_changes(update, endpoint):
    unchanged = await update(url=URL, description="ours", enabled=True)
    assert unchanged.version == 1
    assert await events_of(endpoint) == [("webhook_endpoint.created", 1)]


async def test_disables_and_enables_with_one_event_each_however_often(update, endpoint):
    await asyncio.gather(*(update(enabled=False) for _ in range(4)))
    disabled = await update(enabled=False)
    assert (disabled.status, disabled.status_reason) == (EndpointStatus.DISABLED, "Disabled by request.")
    await asyncio.gather(*(update(enabled=True) for _ in range(4)))
    enabled = await update(enabled=True)
    assert (enabled.status, enabled.status_reason) == (EndpointStatus.ENABLED, None)
    assert await events_of(endpoint) == [
        ("webhook_endpoint.created", 1),
        ("webhook_endpoint.status.disabled", 2),
        ("webhook_endpoint.status.enabled", 3),
    ]


async def test_enables_a_paused_endpoint(update, endpoint):
    await pool().execute("UPDATE webhook_endpoints SET status = 'PAUSED'")
    assert (await update(enabled=True)).status is EndpointStatus.ENABLED


async def test_writes_two_events_when_it_changes_and_is_disabled(update, endpoint):
    await update(description="theirs", enabled=False)
    assert (await events_of(endpoint))[1:] == [
        ("webhook_endpoint.updated", 2),
        ("webhook_endpoint.status.disabled", 3),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/", "ftp://127.0.0.1/", "http://0177.0.0.1:9000/", "http://127.1/", "http://2130706433/",
        "http://0x7f000001/", "http://a..example/", "http://127.0.0.1:65536/", "http://[::1",
    ],
)  # fmt: skip
async def test_refuses_a_url_that_webhooks_may_not_go_to(update, endpoint, url):
    with pytest.raises(Invalid):
        await update(url=url)
    assert await events_of(endpoint) == [("webhook_endpoint.created", 1)]


async def test_refuses_a_key_that_holds_less_than_the_endpoint(update, endpoint, actor):
    _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:write", "webhooks:read"]))
    narrow = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    with pytest.raises(Forbidden) as refused:
        await update(by=narrow, url="http://127.0.0.1:10/")
    assert refused.value.required_scope == "*"


async def test_refuses_an_actor_that_is_one_holders(update, actor):
    with pytest.raises(Forbidden):
        await update(by=dataclasses.replace(actor, holder_id=new_id()), description="x")


async def test_finds_no_endpoint_of_another_customer_nor_a_deleted_one(update, endpoint, actor, other_actor):
    with pytest.raises(NotFound):
        await update(by=other_actor, description="x")
    await delete_webhook_endpoint(actor, str(endpoint.id))
    with pytest.raises(NotFound):
        await update(description="x")


async def test_refuses_a_malformed_id(actor):
    with pytest.raises(Invalid):
        await update_webhook_endpoint(actor, UpdateWebhookEndpoint("nonsense"), vault=VAULT, egress=EGRESS)
