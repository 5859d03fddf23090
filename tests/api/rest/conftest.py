"""The whole API in this process, and customers who ask it over REST."""

import json

import httpx
import pytest

from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import open_customer
from app.kernel.actor import Via
from tests.api.product.conftest import (
    Client,
    application,
    customer,
    nothing_changed,
    other_customer,
    settings,
    work,
)

__all__ = ["application", "customer", "nothing_changed", "other_customer", "settings", "work"]

GBP_LEDGER = {
    "ledger_primary_use_types": ["ledger-primary-use-types-payments"],
    "ledger_who_owns_assets": "ledger-assets-owned-by-me",
    "ledger_t_and_cs_country_of_jurisdiction": "GB",
    "partner_product": "PayrNet-GBP-1",
    "asset_type": "gbp",
    "asset_class": "currency",
    "ledger_type": "ledger-type-single-user",
}
GOLD_LEDGER = {"asset_class": "commodity", "asset_type": "gold"}
PERSON = {"person": {"name": "Ada Lovelace", "date_of_birth": "1987-04-01"}, "address": {"country": "GB"}}


class RestClient:
    """Asks over REST, without a socket, with one key. Amounts are read back as text, so that nothing is rounded."""

    def __init__(self, application, api_key, customer_id=None):
        self.application = application
        self.api_key = api_key
        self.customer_id = None if customer_id is None else str(customer_id)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url="http://testserver", trust_env=False, timeout=None
        )

    async def call(self, method, path, body=None, *, key=None, headers=None, content=None, params=None):
        """One request; answers the response."""
        sent = {"Authorization": f"API-Key {self.api_key}", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key.encode()
        if body is not None:
            content = json.dumps(body)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        return await self._http.request(method, path, headers=sent, content=content, params=params)

    async def done(self, method, path, body=None, **options):
        """One request that is done; answers its body."""
        response = await self.call(method, path, body, **options)
        assert response.status_code in (200, 201), response.text
        return json.loads(response.text, parse_float=str)

    async def issue(self, **wanted):
        """A GBP ledger, unless asked otherwise; answers its id."""
        return (await self.done("POST", "/v1/customer/ledgers", {**GBP_LEDGER, **wanted}))["ledger_id"]

    async def gold(self, amount=None, **wanted):
        """A virtual ledger, with so much in it; answers its id."""
        made = await self.done("POST", "/v1/customer/ledgers/virtual", {**GOLD_LEDGER, **wanted})
        if amount is not None:
            body = {"ledger_id": made["ledger_id"], "amount": amount}
            await self.done("POST", "/v1/customer/transactions/manual-credit", body, key=f"gold-{made['ledger_id']}")
        return made["ledger_id"]

    async def ledger(self, ledger_id):
        """The ledger, as it is fetched."""
        return await self.done("GET", f"/v1/customer/ledgers/{ledger_id}")

    async def with_scopes(self, *scopes):
        """The same customer with another key."""
        client = Client(self.application, self.api_key, self.customer_id)
        actor = await client.actor()
        assert actor.via is Via.GRAPHQL
        _, secret = await create_api_key(actor, CreateApiKey("narrow", list(scopes)))
        return RestClient(self.application, secret, self.customer_id)


@pytest.fixture
async def rest(application):
    opened = await open_customer("Example Ltd")
    return RestClient(application, opened.api_key, opened.customer_id)


@pytest.fixture
async def other_rest(application):
    opened = await open_customer("Other Ltd")
    return RestClient(application, opened.api_key, opened.customer_id)


def refusal(response, status, code):
    """The faults of a refusal with this status and code."""
    assert response.status_code == status, response.text
    body = response.json()
    assert {fault["code"] for fault in body["errors"]} == {code}, body
    return body["errors"]
