"""The whole API in this process, two customers, and the promised work done on demand."""

from contextlib import aclosing
from dataclasses import replace
from functools import cache
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.access.queries import is_still_valid
from app.api.graphql.context import Context
from app.api.graphql.http import graphql_routes
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.api.graphql.schema import schema
from app.db.connection import fetch
from app.kernel.actor import Via
from app.main import create_app
from app.settings import LOOPBACK_NETWORKS, load_settings
from tests.api.product.money import make_scene, small_scene
from tests.bookkeeping import fund
from tests.empty_tables import empty_all_tables
from tests.promised_work import PromisedWork

HOLDER_STORY = """
    mutation ($input: CreateHolderInput!) { createHolder(input: $input) {
        __typename
        ... on HolderSuccess { holder { id status } }
        ... on Error { code message path }
    } }
"""
LEDGER_STORY = """
    mutation ($input: IssueLedgerInput!) { issueLedger(input: $input) {
        __typename
        ... on LedgerSuccess { ledger { id status } }
        ... on Error { code message path }
    } }
"""


class Client:
    """Asks the API over HTTP, without a socket, with one key."""

    def __init__(self, application, api_key=None, customer_id=None):
        self.application = application
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url="http://testserver", trust_env=False, timeout=None
        )
        self._headers = {} if api_key is None else {"Authorization": f"API-Key {api_key}"}
        self.api_key = api_key
        self.customer_id = None if customer_id is None else str(customer_id)

    async def post(self, **options):
        """One POST to /graphql; answers the response."""
        headers = {**self._headers, **options.pop("headers", {})}
        return await self._client.post("/graphql", headers=headers, **options)

    async def ask(self, query, **variables):
        """One operation; answers the body."""
        response = await self.post(json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        return response.json()

    async def data(self, query, **variables):
        """One operation that has no error; answers its data."""
        body = await self.ask(query, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def create_holder(self, **wanted):
        """A person that lacks nothing, unless asked otherwise; answers its id."""
        party = {"person": {"name": "Ada Lovelace", "dateOfBirth": "1987-04-01"}}
        made = {"party": party, "address": {"country": "GB"}, **wanted}
        answer = (await self.data(HOLDER_STORY, input=made))["createHolder"]
        assert answer["__typename"] == "HolderSuccess", answer
        return answer["holder"]["id"]

    async def issue_ledger(self, **wanted):
        """A GBP ledger, unless asked otherwise; answers its id."""
        made = {
            "partnerProduct": "PayrNet-GBP-1",
            "asset": "GBP",
            "primaryUses": ["PAYMENTS"],
            "assetsOwnedBy": "ME",
            "jurisdiction": "GB",
            **wanted,
        }
        answer = (await self.data(LEDGER_STORY, input=made))["issueLedger"]
        assert answer["__typename"] == "LedgerSuccess", answer
        return answer["ledger"]["id"]

    async def actor(self):
        """Who asks with this client's key."""
        return await authenticate(f"API-Key {self.api_key}", Via.GRAPHQL)


@cache
def product_settings(database_url):
    return load_settings(
        database_url=database_url,
        database_pool_size=20,
        secret_key="a key of the settings for the tests",
        simulator_delay_seconds=0,
        webhook_allow_http=True,
        webhook_allowed_networks=LOOPBACK_NETWORKS,
    )


@cache
def application_of(settings):
    """The API with these settings, which starts and stops for each test that uses it."""
    return create_app(settings)


@pytest.fixture
def settings(migrated_url):
    return product_settings(migrated_url)


@pytest.fixture
async def application(settings):
    """The API with its pool and its listening connection, on an empty database."""
    made = application_of(settings)
    async with made.app.router.lifespan_context(made):
        await empty_all_tables()
        yield made
        await finish_noting_last_use()


@pytest.fixture
async def customer(application):
    opened = await open_customer("Example Ltd")
    return Client(application, opened.api_key, opened.customer_id)


@pytest.fixture
async def other_customer(application):
    opened = await open_customer("Other Ltd")
    return Client(application, opened.api_key, opened.customer_id)


@pytest.fixture
def work(settings):
    return PromisedWork(settings)


@pytest.fixture(scope="module")
async def shared_scene(migrated_url):
    """Two customers with money of every kind, made once for a whole module of tests that change nothing."""
    settings = product_settings(migrated_url)
    made = application_of(settings)
    async with made.app.router.lifespan_context(made):
        await empty_all_tables()
        opened = [await open_customer(name) for name in ("Example Ltd", "Other Ltd")]
        clients = [Client(made, one.api_key, one.customer_id) for one in opened]
        yield await make_scene(*clients, PromisedWork(settings))
        await finish_noting_last_use()


@pytest.fixture
async def ada_and_bob(customer, other_customer, work):
    """Ada's two ledgers and Bob's, with money in them; nobody's are in the scene already."""
    made = await small_scene(customer, other_customer, work)
    for name in ("ada", "bob"):
        made.ids[f"{name}_holder"] = await customer.create_holder()
    await work()
    for name, owner in (("ada", "ada"), ("ada_too", "ada"), ("bob", "bob")):
        made.ids[name] = await customer.issue_ledger(holderId=made.ids[f"{owner}_holder"])
    await work()
    await fund(made.customer_id, UUID(made.ada), 5_000)
    return made


@pytest.fixture
async def as_actor(scene, settings):
    """A function that makes a client of an actor that differs so from the customer's own."""

    async def make(**differing):
        actor = replace(await scene.client.actor(), **differing)

        async def authenticate(_authorization):
            return actor

        return Client(Starlette(routes=graphql_routes(schema, settings, authenticate, is_still_valid)), "any")

    return make


@pytest.fixture
async def ada(scene, as_actor):
    """A client whose every request is Ada's."""
    return await as_actor(holder_id=UUID(scene.ada_holder), api_key_id=None, name="access_token")


class Subscriber:
    """Runs subscriptions in this process, without a transport."""

    def __init__(self, settings):
        self._operations = Operations(schema, settings)
        self._settings = settings

    async def stream(self, actor, document, **variables):
        """Every answer, until the caller stops."""
        ready = self._operations.prepare(GraphQLRequest(document, None, variables))
        async with aclosing(self._operations.stream(ready, Context(actor, self._settings, "request"))) as answers:
            async for answer in answers:
                yield answer.body

    async def first(self, actor, document, **variables):
        """The first answer."""
        async with aclosing(self.stream(actor, document, **variables)) as answers:
            return await anext(answers)


@pytest.fixture
def subscriber(settings):
    return Subscriber(settings)


async def stored_rows():
    """How many rows each table has."""
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    counts = " UNION ALL ".join(f"SELECT '{row[0]}' AS name, count(*) AS n FROM {row[0]}" for row in tables)
    return {row["name"]: row["n"] for row in await fetch(counts)}


@pytest.fixture
async def nothing_changed(application):
    """A function that asserts that no table has more or fewer rows, and no object another version, than before."""

    async def everything():
        await finish_noting_last_use()
        versions = " UNION ALL ".join(
            f"SELECT '{table}' AS name, id, version::bigint AS version FROM {table}"
            for table in ("holders", "ledgers", "webhook_endpoints")
        )
        return await stored_rows(), {(row["name"], row["id"]): row["version"] for row in await fetch(versions)}

    class Before:
        async def remember(self):
            self.known = await everything()

        async def __call__(self):
            assert await everything() == self.known

    before = Before()
    await before.remember()
    return before
