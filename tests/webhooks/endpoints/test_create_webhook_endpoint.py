"""An endpoint is made with its first signing secret."""

import asyncio
import dataclasses

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetch, fetchrow, fetchval
from app.db.identifiers import new_id
from app.kernel.actor import Via
from app.kernel.errors import Forbidden, Invalid, LimitExceeded
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.status import EndpointStatus, Payload
from app.webhooks.vault import Vault

URL = "http://127.0.0.1:9/hooks"
VAULT = Vault("a key of the settings for the tests")


async def test_answers_the_endpoint_and_its_secret(subscribe, actor):
    endpoint, secret = await subscribe(
        URL, description=" ours ", event_types=["ledger.*", "holder.created", "ledger.*"], payload=Payload.THIN
    )
    assert (endpoint.url, endpoint.description, endpoint.status) == (URL, "ours", EndpointStatus.ENABLED)
    assert (endpoint.event_types, endpoint.payload) == (("ledger.*", "holder.created"), Payload.THIN)
    assert (endpoint.scopes, endpoint.version) == (("*",), 1)
    assert secret.startswith("whsec_")
    assert len(secret) == len("whsec_") + 44


async def test_writes_exactly_one_event(subscribe, actor):
    endpoint, secret = await subscribe(URL)
    rows = await fetch("SELECT type, body FROM events WHERE resource_id = $1", endpoint.id)
    assert [row["type"] for row in rows] == ["webhook_endpoint.created"]
    assert secret not in rows[0]["body"]


async def test_stores_the_secret_sealed(subscribe, actor):
    endpoint, secret = await subscribe(URL)
    row = await fetchrow("SELECT sealed FROM webhook_secrets WHERE endpoint_id = $1 AND scheme = 'v1'", endpoint.id)
    opened = VAULT.open(row["sealed"], customer_id=actor.customer_id, endpoint_id=endpoint.id)
    assert opened not in row["sealed"]
    assert secret[len("whsec_") :].encode() not in row["sealed"]


async def test_gives_each_endpoint_its_own_secret(subscribe):
    (one, first), (other, second) = await subscribe(URL), await subscribe(URL)
    assert one.id != other.id
    assert first != second


@pytest.mark.parametrize(
    ("wanted", "path", "message"),
    [
        ({"url": "http://10.0.0.1/"}, ("url",), "not a public address"),
        ({"url": "nonsense"}, ("url",), "http"),
        ({"url": "http://user@127.0.0.1/"}, ("url",), "user name"),
        ({"url": "http://0177.0.0.1:9000/"}, ("url",), "four decimal numbers without leading zeros"),
        ({"url": "http://127.1/"}, ("url",), "four decimal numbers without leading zeros"),
        ({"url": "http://2130706433/"}, ("url",), "four decimal numbers without leading zeros"),
        ({"url": "http://0x7f000001/"}, ("url",), "four decimal numbers without leading zeros"),
        ({"url": "http://a..example/"}, ("url",), "no empty parts"),
        ({"url": "http://127.0.0.1:65536/"}, ("url",), "A port is a number from 1 to 65535"),
        ({"url": "http://[::1"}, ("url",), "The host of this URL cannot be read"),
        ({"description": "  "}, ("description",), "blank"),
        ({"description": "x" * 501}, ("description",), "at most 500"),
        ({"event_types": ["ledger.*", "ledger.exploded"]}, ("event_types", "1"), "no such type"),
        ({"event_types": ["*"]}, ("event_types", "0"), "no such type"),
        ({"filter": {"tags": [{"a": 1}] * 6}}, ("filter",), "at most 5 objects or lists; this has 6"),
        ({"event_types": ["ledger.created"] * 101}, ("event_types",), "At most 100"),
    ],
)
async def test_refuses_what_makes_no_sense_and_writes_nothing(subscribe, wanted, path, message):
    with pytest.raises(Invalid, match=message) as refused:
        await subscribe(wanted.pop("url", URL), **wanted)
    assert refused.value.path == path
    assert await fetchval("SELECT count(*) FROM webhook_endpoints") == 0
    assert await fetchval("SELECT count(*) FROM events WHERE type LIKE 'webhook%'") == 0


async def test_refuses_plain_http_where_it_is_not_allowed(actor):
    strict = EgressRules(allows_http=False, allowed_networks=(), allowed_ports=((443, 443),))
    with pytest.raises(Invalid, match="Plain http"):
        await create_webhook_endpoint(actor, CreateWebhookEndpoint(URL), vault=VAULT, egress=strict)


async def test_refuses_a_key_without_the_scope(subscribe, actor):
    _, key = await create_api_key(actor, CreateApiKey("reader", ["webhooks:read"]))
    reader = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    with pytest.raises(Forbidden) as refused:
        await subscribe(URL, by=reader)
    assert refused.value.required_scope == "webhooks:write"


async def test_refuses_an_actor_that_is_one_holders(subscribe, actor):
    with pytest.raises(Forbidden, match="the customer's"):
        await subscribe(URL, by=dataclasses.replace(actor, holder_id=new_id()))


async def test_refuses_more_than_the_quota_even_at_once(subscribe, monkeypatch):
    monkeypatch.setattr("app.webhooks.endpoints.create_webhook_endpoint.ENDPOINTS_MAX", 3)
    results = await asyncio.gather(*(subscribe(URL) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, LimitExceeded) for result in results) == 3
    assert await fetchval("SELECT count(*) FROM webhook_endpoints") == 3
