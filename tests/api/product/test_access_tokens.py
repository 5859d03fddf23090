"""Access tokens through the doors: one holder's browser, its own objects, and the end of what it has open."""

import asyncio
import json

import pytest

from app.api.graphql import open_streams
from app.db.connection import fetchval
from tests.api.product.conftest import Client
from tests.api.rest.conftest import RestClient

CREATE = """mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
    __typename ... on Error { code message path } ... on ForbiddenError { requiredScope }
    ... on AccessTokenSuccess { token expiresAt accessToken { id prefix holderId apiKeyId scopes expiresAt revokedAt }
        query { viewer { accessToken { id } } } } } }"""
REVOKE = """mutation ($id: ID!) { revokeAccessToken(accessTokenId: $id) {
    __typename ... on Error { code path } ... on RevokedAccessTokenSuccess { accessToken { id revokedAt } } } }"""
LISTED = "query ($id: ID!) { accessTokens(holderId: $id) { id holderId } }"
SUBSCRIPTION = "subscription { events { cursor } }"


@pytest.fixture
async def holders(customer, work):
    """Two holders that are OK, with a ledger each."""
    made = [await customer.create_holder() for _ in range(2)]
    await work()
    ledgers = [await customer.issue_ledger(holderId=holder) for holder in made]
    await work()
    return list(zip(made, ledgers, strict=True))


async def create(client, holder_id, scopes=("*",), **more):
    """What `createAccessToken` answers."""
    asked = {"holderId": holder_id, "scopes": list(scopes), **more}
    return (await client.data(CREATE, input=asked))["createAccessToken"]


async def test_lets_a_browser_see_its_own_holder_over_every_door(customer, holders):
    (ada, ledger), (_, foreign) = holders
    made = await create(customer, ada, ["ledgers:read"], expiresInSeconds=60)
    shown = made["accessToken"]
    assert (shown["holderId"], shown["scopes"], shown["revokedAt"]) == (ada, ["ledgers:read"], None)
    assert shown["expiresAt"] == made["expiresAt"]
    assert made["token"].startswith(f"{shown['prefix']}_")
    assert made["query"] == {"viewer": {"accessToken": None}}
    client = Client(customer.application, made["token"])
    told = await client.data(
        """query ($own: ID!, $foreign: ID!) {
            viewer { customerId apiKey { id } accessToken { id holderId } scopes }
            own: ledger(id: $own) { id } foreign: ledger(id: $foreign) { id } ledgers { nodes { id } } }""",
        own=ledger,
        foreign=foreign,
    )
    assert told == {
        "viewer": {
            "customerId": customer.customer_id,
            "apiKey": None,
            "accessToken": {"id": shown["id"], "holderId": ada},
            "scopes": ["ledgers:read"],
        },
        "own": {"id": ledger},
        "foreign": None,
        "ledgers": {"nodes": [{"id": ledger}]},
    }
    rest = RestClient(customer.application, made["token"])
    assert (await rest.call("GET", f"/v1/customer/ledgers/{ledger}")).status_code == 200
    assert (await rest.call("GET", f"/v1/customer/ledgers/{foreign}")).status_code == 404
    assert (await rest.call("GET", "/v1/customer/endusers")).status_code == 403


async def test_says_what_is_wrong_with_a_request_for_one(customer, holders, nothing_changed):
    (ada, _), _ = holders
    await nothing_changed.remember()
    for asked, code, path in (
        ({"scopes": []}, "VALIDATION", ["input", "scopes"]),
        ({"scopes": ["ledgers:read", "everything"]}, "VALIDATION", ["input", "scopes", "1"]),
        ({"expiresInSeconds": 86_401}, "VALIDATION", ["input", "expiresInSeconds"]),
        ({"holder_id": "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"}, "NOT_FOUND", ["input", "holderId"]),
        ({"holder_id": "ada"}, "VALIDATION", ["input", "holderId"]),
    ):
        refused = await create(customer, **{"holder_id": ada, "scopes": ["*"], **asked})
        assert (refused["code"], refused["path"]) == (code, path)
    await nothing_changed()


async def test_makes_no_other_tokens(customer, holders, nothing_changed):
    (ada, _), (other, _) = holders
    client = Client(customer.application, (await create(customer, ada))["token"])
    await nothing_changed.remember()
    for holder in (ada, other):
        assert (await create(client, holder))["code"] == "FORBIDDEN"
    [error] = (await client.ask(LISTED, id=ada))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    await nothing_changed()


async def test_signs_out_here_and_everywhere(customer, holders):
    (ada, _), _ = holders
    first, second, third = [await create(customer, ada) for _ in range(3)]
    client = Client(customer.application, first["token"])
    assert len((await customer.data(LISTED, id=ada))["accessTokens"]) == 3
    ended = (await client.data(REVOKE, id=first["accessToken"]["id"]))["revokeAccessToken"]
    assert ended["accessToken"]["revokedAt"] is not None
    assert (await client.post(json={"query": "{ feedEnd }"})).status_code == 401
    listed = (await customer.data(LISTED, id=ada))["accessTokens"]
    assert [one["id"] for one in listed] == [one["accessToken"]["id"] for one in (third, second)]
    for one in listed:
        await customer.data(REVOKE, id=one["id"])
    for one in (second, third):
        response = await Client(customer.application, one["token"]).post(json={"query": "{ feedEnd }"})
        assert response.status_code == 401
    assert (await customer.data(LISTED, id=ada))["accessTokens"] == []


async def stream_of(client):
    """The messages of a stream that ends by itself."""
    async with asyncio.timeout(120):
        response = await client.post(json={"query": SUBSCRIPTION}, headers={"Accept": "text/event-stream"})
    return response.text


@pytest.mark.parametrize("why", ["its time is up", "it is revoked", "its key is revoked"])
async def test_ends_what_is_open_when(customer, holders, monkeypatch, why):
    (ada, _), _ = holders
    monkeypatch.setattr(open_streams, "ASK_EVERY_SECONDS", 600)
    is_open, watch = asyncio.Event(), open_streams.KeyWatches.watch

    def noted(watches, actor):
        is_open.set()
        return watch(watches, actor)

    monkeypatch.setattr(open_streams.KeyWatches, "watch", noted)
    key = """mutation { createApiKey(input: { name: "doomed", scopes: ["*"] }) { ... on ApiKeySuccess {
        key apiKey { id } } } }"""
    doomed = (await customer.data(key))["createApiKey"]
    seconds = {"expiresInSeconds": 1} if why == "its time is up" else {}
    made = await create(Client(customer.application, doomed["key"]), ada, **seconds)
    client = Client(customer.application, made["token"])
    stream = asyncio.create_task(stream_of(client))
    if why != "its time is up":
        await is_open.wait()
        document = (
            (REVOKE, {"id": made["accessToken"]["id"]})
            if why == "it is revoked"
            else ("mutation ($id: ID!) { revokeApiKey(apiKeyId: $id) { __typename } }", {"id": doomed["apiKey"]["id"]})
        )
        await customer.data(document[0], **document[1])
    text = await stream
    assert json.loads(text.split("data: ")[1].split("\n")[0])["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert text.endswith("event: complete\ndata:\n\n")
    assert await fetchval("SELECT count(*) FROM access_tokens") == 1
