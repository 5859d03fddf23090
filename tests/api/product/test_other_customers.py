"""What another customer's key, one holder's token, or a key without the scope, can reach: walked over the schema."""

import json

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from app.access.create_access_token import CreateAccessToken, create_access_token
from app.api.graphql.schema import schema
from app.db.connection import fetch
from app.kernel.actor import NOUNS_WITH_SCOPES
from tests.api.product.call import FOUND_NOTHING
from tests.api.product.calls import EXAMPLES
from tests.api.product.conftest import Client
from tests.api.product.objects import actor_of, objects_of

GRAPH = schema._schema
ROOTS = ("Query", "Mutation", "Subscription")


def fields_to_show():
    """Every field of the roots, and every field below them that takes a filter."""
    for type_name, made in GRAPH.type_map.items():
        for name, field in getattr(made, "fields", {}).items():
            if type_name in ROOTS or "filter" in getattr(field, "args", {}):
                yield f"{type_name}.{name}", field


def id_arguments(arguments, seen=()):
    """The names of all arguments and input fields of type ID."""
    for name, argument in arguments.items():
        named = get_named_type(argument.type)
        if named.name == "ID":
            yield name
        elif isinstance(named, GraphQLInputObjectType) and named.name not in seen:
            yield from id_arguments(named.fields, (*seen, named.name))


FIELDS = dict(fields_to_show())
CALLS = [(name, number) for name, example in EXAMPLES.items() for number in range(len(example.calls))]
ANSWERED_CALLS = [(name, number) for name, number in CALLS if not name.startswith("Subscription.")]


def test_has_an_example_of_every_field():
    missing = sorted(set(FIELDS) - set(EXAMPLES))
    assert missing == [], f"say in query_calls.py or mutation_calls.py how to call {missing}"
    assert sorted(set(EXAMPLES) - set(FIELDS)) == []


@pytest.mark.parametrize("name", FIELDS)
def test_passes_an_id_to_every_argument_that_takes_one(name):
    takes = set(id_arguments(FIELDS[name].args))
    shown = " ".join(call.document + json.dumps(call.variables(PLACEHOLDERS)) for call in EXAMPLES[name].calls)
    assert [
        argument for argument in sorted(takes) if f"{argument}:" not in shown and f'"{argument}"' not in shown
    ] == []


PLACEHOLDERS = {
    name: name
    for name in (
        *("holder", "quarantined", "unassigned", "ledger", "euro", "endpoint", "api_key", "delivery", "event"),
        *("iban", "uk", "own_holder", "own_unassigned", "gold", "transfer", "hold", "entry", "payment"),
        *("account", "wallet", "reference", "own_wallet", "key", "group", "replay", "access_token", "work"),
    )
}


@pytest.fixture
async def theirs(other_customer, work):
    return await objects_of(other_customer, work)


@pytest.fixture
async def ours(customer, work):
    return await objects_of(customer, work, whose="ours")


def reachable_ids(ids):
    return {value for name, value in ids.items() if name not in {"uk", "key"} and not name.startswith("own_")}


async def rows_of(customer_id):
    """Every row of a customer, but for when its keys were last used and how its feed is numbered."""
    tables = await fetch("SELECT table_name FROM information_schema.columns WHERE column_name = 'customer_id'")
    volatile = {"api_keys", "unnumbered_events", "feed_entries", "feeds"}
    return {
        row[0]: sorted(
            str(found[0])
            for found in await fetch(f"SELECT t::text FROM {row[0]} AS t WHERE customer_id = $1", customer_id)
        )
        for row in tables
        if row[0] not in volatile
    }


def expect_nothing(call, body):
    """The answer of somebody who has none of these objects."""
    answer = body["data"] and body["data"]["answer"]
    match call.missing:
        case "VALIDATION":
            assert {error["extensions"]["code"] for error in body["errors"]} == {"VALIDATION"}
        case None:
            assert answer is None
        case []:
            assert answer["nodes"] == []
            assert answer.get("edges", []) == []
            assert answer.get("totalCount", 0) == 0
        case "nulls":
            assert answer == [None] * len(answer)
        case "found nothing":
            assert answer == {"objects": [], "hasMore": False}
        case str() as type_name:
            told = answer.get("cause", answer)  # An atomic batch tells what was wrong with its item.
            assert (told["__typename"], told["code"]) == (type_name, "NOT_FOUND")


async def test_shows_another_customer_nothing_and_changes_nothing(customer, other_customer, ours, theirs):
    known = await rows_of(other_customer.customer_id)
    ids = {**theirs, "own_holder": ours["holder"], "own_unassigned": ours["unassigned"], "own_wallet": ours["wallet"]}
    for name, number in ANSWERED_CALLS:
        call = EXAMPLES[name].calls[number]
        body = await customer.ask(call.document, **call.variables(ids))
        assert ("errors" in body) == (call.missing == "VALIDATION"), (name, body)
        assert "FORBIDDEN" not in json.dumps(body), name
        expect_nothing(call, body)
        if not name.startswith("Mutation."):  # A refusal says the id that was asked for, and nothing else.
            shown = json.dumps(body)
            assert [one for one in reachable_ids(theirs) if one in shown] == [], name
    assert await rows_of(other_customer.customer_id) == known


async def test_finds_all_of_this_for_the_customer_itself(other_customer, theirs):
    """The walk above would prove nothing if the same calls found nothing for anybody."""
    ids = {
        **theirs,
        "own_holder": theirs["holder"],
        "own_unassigned": theirs["unassigned"],
        "own_wallet": theirs["wallet"],
    }
    for name, number in ANSWERED_CALLS:
        call = EXAMPLES[name].calls[number]
        if call.missing is ... or call.missing == "VALIDATION" or name.startswith("Mutation."):
            continue
        answer = (await other_customer.data(call.document, **call.variables(ids)))["answer"]
        assert answer is not None, (name, number)
        assert answer != [], name
        assert None not in answer, name
        if call.missing == []:
            assert len(answer["nodes"]) > 0, (name, number)
        if call.missing == FOUND_NOTHING:
            assert len(answer["objects"]) > 0, (name, number)


async def test_lets_nobody_subscribe_to_another_customers_ledger(customer, theirs, subscriber):
    call = EXAMPLES["Subscription.ledgerChanged"].calls[0]
    body = await subscriber.first(await actor_of(customer), call.document, **call.variables(theirs))
    assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_FOUND"]


async def test_shows_a_subscriber_its_own_customers_events_only(customer, other_customer, theirs, subscriber):
    document = "subscription ($after: String) { events(after: $after) { event { id resourceId } } }"
    start = (await customer.data("{ events(first: 1) { pageInfo { endCursor } } }"))["events"]["pageInfo"]["endCursor"]
    first_own = (
        await customer.data("query ($after: String) { events(first: 1, after: $after) { nodes { id } } }", after=start)
    )["events"]["nodes"][0]["id"]
    body = await subscriber.first(await actor_of(customer), document, after=start)
    assert body["data"]["events"]["event"]["id"] == first_own


# ── one holder's token ──


@pytest.fixture
async def as_holder(customer):
    """A function that makes a client with a token of one holder, which may do all that its key may."""

    async def make(holder_id):
        _, token = await create_access_token(await actor_of(customer), CreateAccessToken(holder_id, ["*"]))
        client = Client(customer.application, token, customer.customer_id)
        return client, await client.actor()

    return make


async def test_shows_one_holder_nothing_of_another_and_changes_nothing(customer, work, ours, as_holder):
    own_holder = await customer.create_holder()
    await work()
    own_ledger = await customer.issue_ledger(holderId=own_holder)
    await work()
    client, _ = await as_holder(own_holder)
    known = await rows_of(customer.customer_id)
    ids = {**ours, "own_holder": own_holder, "own_unassigned": ours["unassigned"], "own_wallet": ours["wallet"]}
    for name, number in ANSWERED_CALLS:
        call = EXAMPLES[name].calls[number]
        body = await client.ask(call.document, **call.variables(ids))
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        assert codes <= {"FORBIDDEN", "VALIDATION" if call.missing == "VALIDATION" else "FORBIDDEN"}, (name, body)
        if name.startswith("Mutation."):
            answer = body["data"]["answer"]
            assert answer.get("cause", answer)["code"] in {"NOT_FOUND", "FORBIDDEN"}, (name, body)
        else:
            shown = json.dumps(body)
            assert [one for one in reachable_ids(ours) if one in shown] == [], name
    assert await rows_of(customer.customer_id) == known
    answer = await client.data("{ holders { nodes { id } totalCount } ledgers { nodes { id } totalCount } }")
    assert answer == {
        "holders": {"nodes": [{"id": own_holder}], "totalCount": 1},
        "ledgers": {"nodes": [{"id": own_ledger}], "totalCount": 1},
    }


async def test_shows_one_holder_its_own_objects_and_events(customer, work, ours, as_holder):
    client, _ = await as_holder(ours["holder"])
    answer = await client.data(
        """query ($holder: ID!, $ledger: ID!, $euro: ID!, $event: ID!) {
            viewer { customerId apiKey { id } }
            holder(id: $holder) { id ledgers { nodes { id } } }
            ledger(by: { id: $ledger }) { id holder { id } }
            nodes(ids: [$holder, $ledger, $euro, $event]) { id }
            ledgers { nodes { id } }
            ledgerChanges { nodes { ledger { id } } }
            events { nodes { resourceId } }
            accounts { nodes { id holder { id } } }
            wallets { nodes { id account { reference } } }
            walletChanges { nodes { wallet { id } } }
        }""",
        holder=ours["holder"],
        ledger=ours["ledger"],
        euro=ours["euro"],
        event=ours["event"],
    )
    both = [{"id": ours["euro"]}, {"id": ours["ledger"]}]
    assert answer["viewer"]["apiKey"] is None
    assert answer["holder"] == {"id": ours["holder"], "ledgers": {"nodes": both}}
    assert answer["ledger"] == {"id": ours["ledger"], "holder": {"id": ours["holder"]}}
    assert answer["nodes"] == [{"id": ours[name]} for name in ("holder", "ledger", "euro", "event")]
    assert answer["ledgers"] == {"nodes": both}
    assert answer["accounts"] == {"nodes": [{"id": ours["account"], "holder": {"id": ours["holder"]}}]}
    assert answer["wallets"] == {"nodes": [{"id": ours["wallet"], "account": {"reference": ours["reference"]}}]}
    assert answer["walletChanges"] == {"nodes": [{"wallet": {"id": ours["wallet"]}}]}
    assert {change["ledger"]["id"] for change in answer["ledgerChanges"]["nodes"]} == {ours["ledger"], ours["euro"]}
    assert {event["resourceId"] for event in answer["events"]["nodes"]} == {
        ours["holder"],
        ours["ledger"],
        ours["euro"],
        ours["account"],
        ours["wallet"],
    }


async def test_lets_one_holder_subscribe_to_its_own_ledgers_only(customer, ours, as_holder, subscriber):
    own_holder = await customer.create_holder()
    _, actor = await as_holder(own_holder)
    call = EXAMPLES["Subscription.ledgerChanged"].calls[0]
    body = await subscriber.first(actor, call.document, **call.variables(ours))
    assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_FOUND"]


async def test_tells_one_holders_subscriber_of_its_own_objects_only(customer, work, ours, as_holder, subscriber):
    own_holder = await customer.create_holder()
    await work()
    _, actor = await as_holder(own_holder)
    start = (await customer.data("{ feedEnd }"))["feedEnd"]
    await customer.issue_ledger(holderId=ours["holder"])
    own = await customer.issue_ledger(holderId=own_holder)
    for field, shown in (("events", "event { resourceId }"), ("ledgerChanged", "ledger { id }")):
        document = f"subscription ($after: String) {{ answer: {field}(after: $after) {{ {shown} }} }}"
        body = await subscriber.first(actor, document, after=start)
        assert own in json.dumps(body), field


# ── scopes ──


async def key_with(customer, application, *scopes):
    made = await customer.data(
        """mutation ($scopes: [String!]!) { createApiKey(input: { name: "narrow", scopes: $scopes }) {
            ... on ApiKeySuccess { key } } }""",
        scopes=list(scopes),
    )
    return Client(application, made["createApiKey"]["key"])


def required_scopes(body):
    """The scopes that an answer says are missing."""
    answer = (body.get("data") or {}).get("answer")
    told = [error["extensions"].get("requiredScope") for error in body.get("errors", ())]
    if isinstance(answer, dict) and answer.get("code") == "FORBIDDEN":
        told.append(answer["requiredScope"])
    return told


async def test_asks_for_the_scope_of_every_field(application, customer, ours):
    """With every scope but the one that a field needs it is refused, and says which; with that one it is not."""
    ids = {**ours, "own_holder": ours["holder"], "own_unassigned": ours["unassigned"], "own_wallet": ours["wallet"]}
    every_scope = [*(f"{noun}:{right}" for noun in NOUNS_WITH_SCOPES for right in ("read", "write"))]
    every_scope += ["holders:review", "ledgers:freeze", "books:write", "keys:write"]
    known = await rows_of(customer.customer_id)
    for scope in sorted({example.scope for example in EXAMPLES.values() if example.scope}):
        lacking = await key_with(customer, application, *(one for one in every_scope if one != scope))
        for name, number in ANSWERED_CALLS:
            if EXAMPLES[name].scope != scope:
                continue
            call = EXAMPLES[name].calls[number]
            body = await lacking.ask(call.document, **call.variables(ids))
            assert set(required_scopes(body)) == {scope}, (name, body)
            codes = {error["extensions"]["code"] for error in body.get("errors", ())}
            assert codes <= {"FORBIDDEN"}, (name, body)
    now = await rows_of(customer.customer_id)
    assert {table: rows for table, rows in now.items() if table != "events"} == {
        table: rows for table, rows in known.items() if table != "events"
    }


async def test_asks_for_no_other_scope(application, customer, ours):
    ids = {**ours, "own_holder": ours["holder"], "own_unassigned": ours["unassigned"], "own_wallet": ours["wallet"]}
    for scope in sorted({example.scope for example in EXAMPLES.values() if example.scope} - {"keys:write"}):
        narrow = await key_with(customer, application, scope)
        for name, number in ANSWERED_CALLS:
            if EXAMPLES[name].scope != scope or "." in name.replace("Query.", "").replace("Mutation.", ""):
                continue
            if name == "Mutation.deleteWebhookEndpoint":
                continue  # It would take the endpoint from the calls after it.
            call = EXAMPLES[name].calls[number]
            body = await narrow.ask(call.document, **call.variables(ids))
            assert not set(required_scopes(body)) - MORE_SCOPES.get(name, set()) - WIDER_GRANTS, (name, body)


MORE_SCOPES = {
    "Mutation.updateWebhookEndpoint": {"ledgers:read"},
    "Query.safeguarding": {"ledgers:read"},
    "Query.statement": {"ledgers:read", "accounts:read"},
}
"""What a field takes besides the scope of its example."""
WIDER_GRANTS = {"*"}
"""An endpoint that was made with more scopes may be changed only by who holds them."""


async def test_refuses_one_field_and_answers_the_rest(application, customer, ours):
    narrow = await key_with(customer, application, "ledgers:read")
    body = await narrow.ask(
        """query ($holder: ID!, $ledger: ID!) {
            ledger(by: { id: $ledger }) { id holder { id } }
            nodes(ids: [$ledger, $holder]) { id }
            events(first: 1000) { nodes { type } }
        }""",
        holder=ours["holder"],
        ledger=ours["ledger"],
    )
    assert body["data"]["ledger"] == {"id": ours["ledger"], "holder": None}
    assert body["data"]["nodes"] == [{"id": ours["ledger"]}, None]
    assert {event["type"].split(".")[0] for event in body["data"]["events"]["nodes"]} == {"ledger"}
    assert sorted(
        (error["path"], error["extensions"]["code"], error["extensions"]["requiredScope"]) for error in body["errors"]
    ) == [(["ledger", "holder"], "FORBIDDEN", "holders:read"), (["nodes", 1], "FORBIDDEN", "holders:read")]
