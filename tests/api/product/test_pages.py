"""Every list of the schema goes oldest or newest first, and from either end, while others write."""

import asyncio
import base64
import itertools
import json

import pytest
from graphql import get_named_type

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.api.graphql.schema import schema
from app.db.connection import fetchval
from app.kernel.clock import rfc3339
from app.main import create_app
from tests.api.product.conftest import Client, product_settings
from tests.api.product.test_instants import BAD
from tests.empty_tables import empty_all_tables
from tests.promised_work import PromisedWork

GRAPH = schema._schema
FEEDS = {"Query.events", "Query.ledgerChanges", "Query.walletChanges"}
"""Only oldest first: whoever follows them misses nothing."""
ROWS, PAGES = 7, 4
FIRST = """mutation {
    createHolder(input: { party: { person: { name: "Ada", dateOfBirth: "1987-04-01" } }, address: { country: "GB" } }) {
        ... on HolderSuccess { holder { id } } }
    createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks", eventTypes: ["webhook.ping"] }) {
        ... on WebhookSecretSuccess { endpoint { id } } }
    gold: issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } }
    pounds: issueLedger(input: { partnerProduct: "PayrNet-GBP-1", asset: "GBP", primaryUses: [PAYMENTS],
        assetsOwnedBy: ME, jurisdiction: "GB" }) { ... on LedgerSuccess { ledger { id } } }
    createAccount(input: { type: CHART, reference: "own", wallets: [
        { name: "cash", currency: "USD", accountingType: ASSET, decimalPlaces: 2 }
        { name: "debt", currency: "USD", accountingType: LIABILITY, decimalPlaces: 2 }] }) {
        ... on AccountSuccess { account { id wallets { nodes { id name } } } } } }"""
GROW = """mutation ($n: String!, $holder: ID!, $endpoint: ID!, $gold: ID!, $gold_too: ID!, $pounds: ID!, $cash: ID!,
    $debt: ID!, $own: String! = "own") {
    createHolder(input: { party: { person: { name: "Ada" } } }) { __typename }
    issueVirtualLedger(input: { holderId: $holder, asset: "GOLD" }) { __typename }
    createAccount(input: { type: GROUP, reference: $n, holderId: $holder }) { __typename }
    createWallet(input: { accountReference: $own,
        wallet: { name: $n, currency: "USD", accountingType: LIABILITY, decimalPlaces: 2 } }) { __typename }
    creditVirtualLedger(input: { idempotencyKey: $n, ledgerId: $gold, amount: { value: "2", asset: "GOLD" } }) {
        __typename }
    placeHold(input: { idempotencyKey: $n, debitId: $gold, creditId: $gold_too,
        amount: { value: "1", asset: "GOLD" } }) { __typename }
    postTransfer(input: { idempotencyKey: $n, debitId: $cash, creditId: $debt, amount: { value: "1", asset: "USD" } }) {
        __typename }
    simulateIncomingPayment(input: { idempotencyKey: $n, ledgerId: $pounds, amount: { value: "1", asset: "GBP" } }) {
        __typename }
    pingWebhookEndpoint(endpointId: $endpoint) { __typename } }"""
WHERE = {
    "Query": "%s",
    "Holder": 'holder(id: "HOLDER") { %s }',
    "Account": 'account(reference: "own") { %s }',
    "Ledger": 'ledger(id: "GOLD") { %s }',
    "Wallet": 'wallet(id: "CASH") { %s }',
    "WebhookEndpoint": 'webhookEndpoint(id: "ENDPOINT") { %s }',
    "Statement": 'statement(id: "CASH", from: "2020-01-01T00:00:00Z", to: "NOW") { %s }',
}
"""How a list of each type is reached: a list of another type needs a line here."""


def lists():
    """Every field that answers a connection."""
    for type_name, made in GRAPH.type_map.items():
        for name, field in getattr(made, "fields", {}).items():
            if get_named_type(field.type).name.endswith("Connection"):
                yield f"{type_name}.{name}", field


LISTS = {name: field for name, field in lists() if name not in FEEDS}


def test_walks_all_there_are():
    assert set(LISTS) >= {
        *(f"Query.{noun}" for noun in ("holders", "ledgers", "accounts", "wallets", "transfers", "holds", "payments")),
        *("Query.entries", "Query.webhookDeliveries", "Holder.ledgers", "Holder.accounts", "Account.wallets"),
        *("Ledger.entries", "Wallet.entries", "WebhookEndpoint.deliveries"),
    }


@pytest.mark.parametrize("name", LISTS)
def test_goes_both_ways_from_either_end(name):
    arguments = set(LISTS[name].args)
    assert arguments >= {"first", "after", "last", "before"}
    assert arguments & {"direction", "orderBy"}


class Books:
    """A customer with some rows of every list, and more whenever it is told."""

    def __init__(self, client, ids):
        self.client, self.ids, self._numbers = client, ids, itertools.count()

    async def grow(self):
        """One more row in every list."""
        given = {name: one for name, one in self.ids.items() if name != "now"}
        answer = await self.client.data(GROW, n=f"row {next(self._numbers)}", **given)
        assert [name for name, one in answer.items() if not one["__typename"].endswith("Success")] == []

    async def page(self, name, **arguments):
        """A page of a list."""
        body = await self.ask(name, **arguments)
        assert "errors" not in body, body["errors"]
        found = body["data"] if name.startswith("Query.") else next(iter(body["data"].values()))
        return found["found"]

    async def ask(self, name, **arguments):
        """The answer to one who asks for a page of a list."""
        type_name, field = name.split(".")
        order = arguments.pop("direction")
        arguments = {key: f'"{value}"' if isinstance(value, str) else value for key, value in arguments.items()}
        if "orderBy" in LISTS[name].args:
            arguments["orderBy"] = f"{{ direction: {order} }}"
        else:
            arguments["direction"] = order
        given = ", ".join(f"{key}: {value}" for key, value in arguments.items())
        info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        text = WHERE[type_name] % f"found: {field}({given}) {{ nodes {{ id }} {info} }}"
        for one in ("holder", "gold", "cash", "endpoint", "now"):
            text = text.replace(f'"{one.upper()}"', f'"{self.ids[one]}"')
        return await self.client.ask(f"{{ {text} }}")


@pytest.fixture(scope="module")
async def books(migrated_url):
    settings = product_settings(migrated_url)
    made = create_app(settings)
    async with made.app.router.lifespan_context(made):
        await empty_all_tables()
        opened = await open_customer("Example Ltd")
        client = Client(made, opened.api_key, opened.customer_id)
        first = await client.data(FIRST)
        wallets = {one["name"]: one["id"] for one in first["createAccount"]["account"]["wallets"]["nodes"]}
        too = await client.data(
            'mutation { issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } } }'
        )
        ids = {
            "holder": first["createHolder"]["holder"]["id"],
            "endpoint": first["createWebhookEndpoint"]["endpoint"]["id"],
            "gold": first["gold"]["ledger"]["id"],
            "gold_too": too["issueVirtualLedger"]["ledger"]["id"],
            "pounds": first["pounds"]["ledger"]["id"],
            **wallets,
        }
        await PromisedWork(settings)()
        grown = Books(client, ids)
        for _ in range(ROWS):
            await grown.grow()
        grown.ids["now"] = rfc3339(await fetchval("SELECT clock_timestamp()"))
        yield grown
        await finish_noting_last_use()


@pytest.mark.parametrize("from_the_end", [False, True])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("name", LISTS)
async def test_shows_each_row_once_while_others_write(books, name, direction, from_the_end):
    known = [node["id"] for node in (await books.page(name, first=1000, direction=direction))["nodes"]]
    assert len(known) >= ROWS
    size, cursor, info = ("last", "before", "startCursor") if from_the_end else ("first", "after", "endCursor")
    more = "hasPreviousPage" if from_the_end else "hasNextPage"
    page_size = 1 + len(known) // PAGES  # However many rows the tests before have made.
    seen, arguments = [], {}
    # Rows that come meanwhile are ahead of some of these walks, so each ends when it has seen what was there.
    while not set(known) <= set(seen):
        page, _ = await asyncio.gather(
            books.page(name, **{size: page_size}, **arguments, direction=direction), books.grow()
        )
        found = [node["id"] for node in page["nodes"]]
        assert found, "it ends before it has shown all"
        seen = found + seen if from_the_end else seen + found
        arguments = {cursor: page["pageInfo"][info]}
        assert page["pageInfo"][more] or set(known) <= set(seen)
    assert [one for one in seen if one in set(known)] == known
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("name", LISTS)
async def test_refuses_a_cursor_of_the_other_direction(books, name):
    page = await books.page(name, first=1, direction="ASC")
    with pytest.raises(AssertionError, match="VALIDATION"):
        await books.page(name, first=1, after=page["pageInfo"]["endCursor"], direction="DESC")


def with_instant(cursor, instant):
    """The same cursor with another instant in it, and the one that it had."""
    tag, before, *rest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    made = base64.urlsafe_b64encode(json.dumps([tag, instant or before, *rest]).encode()).decode()
    return made.rstrip("="), before


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize("name", LISTS)
async def test_refuses_a_cursor_whose_instant_cannot_be(books, name, argument):
    size = "first" if argument == "after" else "last"
    page = await books.page(name, first=2, direction="DESC")
    cursor = page["pageInfo"]["endCursor"]
    same, instant = with_instant(cursor, None)
    goes_on = [await books.page(name, **{size: 1, argument: one}, direction="DESC") for one in (cursor, same)]
    assert goes_on[0] == goes_on[1]
    for bad in [*BAD, "infinity", instant[:10]]:
        body = await books.ask(name, **{size: 1, argument: with_instant(cursor, bad)[0]}, direction="DESC")
        [error] = body["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", [argument]), (bad, body)
