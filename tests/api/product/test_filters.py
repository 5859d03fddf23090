"""Filters, walked over the schema: an empty list matches nothing, and a value that there is not is refused."""

import pytest
from graphql import GraphQLEnumType, get_named_type, get_nullable_type, is_list_type

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.api.graphql.schema import schema
from app.main import create_app
from app.settings import load_settings
from tests.api.product.conftest import Client
from tests.api.product.objects import objects_of
from tests.empty_tables import empty_all_tables
from tests.promised_work import PromisedWork

GRAPH = schema._schema
WHERE = {
    "Query": "{{ {} }}",
    "Holder": "{{ holders {{ nodes {{ {} }} }} }}",
    "Ledger": "{{ ledgers {{ nodes {{ {} }} }} }}",
    "Wallet": "{{ wallets {{ nodes {{ {} }} }} }}",
    "WebhookEndpoint": "{{ webhookEndpoints {{ {} }} }}",
}
"""How a list of each type is reached: a new place of a filter needs a line here."""
OPEN_SETS = {"ids", "references", "currency"}
"""Lists of what callers name themselves, in which everything may be that is well formed, or that somebody has."""


def lists_in_filters():
    """Every field that takes a filter, with every field of it that is a list."""
    for type_name, made in GRAPH.type_map.items():
        for name, field in getattr(made, "fields", {}).items():
            if "filter" in getattr(field, "args", {}):
                for wanted, given in get_named_type(field.args["filter"].type).fields.items():
                    if is_list_type(get_nullable_type(given.type)):
                        yield type_name, name, wanted, get_named_type(given.type)


def fields_in_filters(type_name):
    """Every field that takes a filter, with every field of it that is of this type."""
    return [
        (made_name, name, wanted)
        for made_name, made in GRAPH.type_map.items()
        for name, field in getattr(made, "fields", {}).items()
        if "filter" in getattr(field, "args", {})
        for wanted, given in get_named_type(field.args["filter"].type).fields.items()
        if get_named_type(given.type).name == type_name
    ]


LISTS = list(lists_in_filters())
SPANS, AMOUNTS = fields_in_filters("DateTimeFilter"), fields_in_filters("AmountFilter")
TEXTS = [one[:3] for one in LISTS if one[2] not in OPEN_SETS and not isinstance(one[3], GraphQLEnumType)]


def document(type_name, name, given=""):
    arguments = f"(filter: {{ {given} }})" if given else ""
    return WHERE[type_name].format(f"found: {name}{arguments} {{ nodes {{ __typename }} }}")


def found(answer):
    """How many nodes there are in all lists called `found`."""
    if isinstance(answer, list):
        return sum(found(one) for one in answer)
    if not isinstance(answer, dict):
        return 0
    return sum(len(value["nodes"]) if name == "found" else found(value) for name, value in answer.items())


@pytest.fixture(scope="module")
async def client(migrated_url):
    """A customer with an object of each kind, made once: these tests change nothing."""
    settings = load_settings(
        database_url=migrated_url,
        database_pool_size=20,
        secret_key="a key of the settings for the tests",
        simulator_delay_seconds=0,
        webhook_allow_http=True,
        webhook_allowed_networks="127.0.0.0/8",
    )
    made = create_app(settings)
    async with made.app.router.lifespan_context(made):
        await empty_all_tables()
        opened = await open_customer("Example Ltd")
        client = Client(made, opened.api_key, opened.customer_id)
        await objects_of(client, PromisedWork(settings))
        yield client
        await finish_noting_last_use()


def test_walks_all_there_are():
    assert {name for _, name, _, _ in LISTS} >= {"ledgers", "holders", "transfers", "holds", "payments", "events"}
    assert {wanted for _, _, wanted in TEXTS} == {"asset", "partnerProduct", "types", "resourceType", "eventTypes"}


@pytest.mark.parametrize(("type_name", "name", "wanted"), [one[:3] for one in LISTS])
async def test_finds_nothing_with_an_empty_list(client, type_name, name, wanted):
    assert found(await client.data(document(type_name, name))) > 0
    assert found(await client.data(document(type_name, name, f"{wanted}: []"))) == 0


@pytest.mark.parametrize(("type_name", "name", "wanted"), TEXTS)
async def test_refuses_a_value_that_there_is_not(client, type_name, name, wanted):
    errors = (await client.ask(document(type_name, name, f'{wanted}: ["no such thing"]')))["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"VALIDATION"}
    assert {tuple(error["extensions"]["path"]) for error in errors} == {("filter", wanted, "0")}
    assert all("There is no such" in error["message"] for error in errors)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ('ledgers(filter: { asset: ["GBP", "XAU"] })', "GBP, EUR, AUD"),
        ('ledgers(filter: { partnerProduct: ["payrnet-gbp-1"] })', "PayrNet-GBP-1"),
        ('events(filter: { resourceType: ["Ledger"] })', "holder, ledger, account, wallet, hold, transfer"),
        ('events(filter: { types: ["hold.burnt"] })', "hold.status.placed, hold.status.captured"),
        ('webhookDeliveries(filter: { eventTypes: ["burnt.*"] })', "api_key.*, books.*, holder.*, ledger.*"),
    ],
)
async def test_says_what_there_is(client, given, known):
    (error,) = (await client.ask(f"{{ {given} {{ nodes {{ __typename }} }} }}"))["errors"]
    assert known in error["message"]


async def test_takes_an_asset_in_small_letters(client):
    answer = await client.data('{ ledgers(filter: { asset: ["eur"] }) { nodes { balance { posted { asset } } } } }')
    assert answer["ledgers"]["nodes"] == [{"balance": {"posted": {"asset": "EUR"}}}]


@pytest.mark.parametrize("given", ["first: 2, last: 2", "first: 50, last: 2", "last: 2, first: 1"])
async def test_refuses_the_first_together_with_the_last(client, given):
    (error,) = (await client.ask(f"{{ ledgers({given}) {{ nodes {{ id }} }} }}"))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["last"])


async def test_takes_a_null_for_the_first_beside_the_last(client):
    document = "query ($first: Int, $last: Int) { ledgers(first: $first, last: $last) { nodes { id } } }"
    assert len((await client.data(document, first=None, last=2))["ledgers"]["nodes"]) == 2
    assert len((await client.data(document))["ledgers"]["nodes"]) > 2


async def refusal(client, text):
    (error,) = (await client.ask(text))["errors"]
    assert error["extensions"]["code"] == "VALIDATION"
    return error["extensions"]["path"], error["message"]


def test_walks_all_spans_and_amounts():
    assert {name for _, name, _ in SPANS} == {
        *("ledgers", "transfers", "holds", "entries", "payments", "events", "webhookDeliveries", "deliveries")
    }
    assert {name for _, name, _ in AMOUNTS} == {"transfers", "holds", "entries", "payments"}


@pytest.mark.parametrize(("type_name", "name", "wanted"), SPANS)
async def test_refuses_a_time_that_ends_before_it_begins(client, type_name, name, wanted):
    first, second = "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"
    given = f'{wanted}: {{ gte: "{second}", lt: "{first}" }}'
    path, message = await refusal(client, document(type_name, name, given))
    assert path == ["filter", wanted, "lt"]
    assert "ends before it begins" in message
    given = f'{wanted}: {{ gte: "{first}", lt: "{first}" }}'
    assert found(await client.data(document(type_name, name, given))) == 0


@pytest.mark.parametrize(("type_name", "name", "wanted"), AMOUNTS)
async def test_refuses_amounts_of_nothing(client, type_name, name, wanted):
    for given, end, said in (
        ('gte: "2.00", lte: "1.99", asset: "GBP"', "lte", "No amount is at least 2.00 and at most 1.99"),
        ('gte: "1", asset: "GPB"', "asset", "There is no such asset as GPB"),
        ('gte: "1"', "asset", "An amount of what?"),
    ):
        text = document(type_name, name, f"{wanted}: {{ {given} }}")
        if type_name != "Query" and end == "asset" and "GPB" not in given:
            continue  # Within a ledger or wallet its unit is meant.
        path, message = await refusal(client, text)
        assert path == ["filter", "amount", end]
        assert said in message
    for nobody_s in ("JPY", "WHISKY", "jpy"):
        answer = await client.ask(document(type_name, name, f'{wanted}: {{ gte: "1", asset: "{nobody_s}" }}'))
        if type_name == "Query":
            assert found(answer["data"]) == 0


async def test_takes_the_code_of_a_wallet_s_own_and_refuses_one_that_nobody_has(client):
    wallet = (await client.data("{ wallets(first: 1) { nodes { currency } } }"))["wallets"]["nodes"][0]["currency"]
    for template, path in (
        ("wallets(filter: {{ currency: {} }}) {{ nodes {{ id }} }}", ["filter", "currency"]),
        ("balances(asset: {}) {{ asset }}", ["asset"]),
    ):
        assert await client.data("{ " + template.format(f'["{wallet}", "JPY"]') + " }")
        at, message = await refusal(client, "{ " + template.format(f'["{wallet}", "N0BODYS"]') + " }")
        assert at == [*path, "1"]
        assert "There is no such asset as N0BODYS" in message
