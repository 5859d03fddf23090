"""A mutation is refused before it is done if what is selected of its answer takes a scope that the key lacks. Every
field is tried for which a refusal would empty the answer.
"""

import itertools
from dataclasses import replace

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLUnionType, get_named_type

from app.access.note_last_use import finish_noting_last_use
from app.api.graphql.context import Context
from app.api.graphql.execution.upstream import field_of_strawberry, graphql_schema
from app.api.graphql.operations import Operations
from app.api.graphql.readable_answers import NEEDS
from app.api.graphql.requests import GraphQLRequest
from app.api.graphql.schema import schema
from tests.api.product.objects import actor_of, objects_of
from tests.bookkeeping import nothing_changes

MOVED = '{ idempotencyKey: "KEY", ledgerId: "%(gold)s", amount: { value: "1", asset: "GOLD" } }'
PAID = """{ idempotencyKey: "KEY", ledgerId: "%(unassigned)s", amount: { value: "0.01", asset: "GBP" },
            counterparty: { name: "Grace Hopper", iban: "GB33BUKB20201555555555" } }"""
PLACED = """{ idempotencyKey: "KEY", debitId: "%(gold)s", creditId: "%(more_gold)s",
              amount: { value: "0.01", asset: "GOLD" } }"""
ANSWERED_BY = {
    "Holder": (
        "holders:write",
        (
            'updateHolder(input: { holderId: "%(holder)s", email: "KEY@example.com" })'
            " { ... on HolderSuccess { holder { ? } }"
        ),
    ),
    "Ledger": (
        "ledgers:write",
        (
            'updateLedger(input: { ledgerId: "%(ledger)s", metadata: { key: "KEY" } })'
            " { ... on LedgerSuccess { ledger { ? } }"
        ),
    ),
    "Account": (
        "accounts:write",
        (
            'updateAccount(input: { accountId: "%(account)s", metadata: { key: "KEY" } })'
            " { ... on AccountSuccess { account { ? } }"
        ),
    ),
    "Wallet": (
        "accounts:write",
        (
            'updateWallet(input: { walletId: "%(wallet)s", metadata: { key: "KEY" } })'
            " { ... on WalletSuccess { wallet { ? } }"
        ),
    ),
    "Transfer": (
        "transfers:write",
        f"creditVirtualLedger(input: {MOVED}) {{ ... on TransferSuccess {{ transfer {{ ? }} }}",
    ),
    "Entry": (
        "transfers:write",
        f"creditVirtualLedger(input: {MOVED}) {{ ... on TransferSuccess {{ transfer {{ entries {{ ? }} }} }}",
    ),
    "Hold": ("transfers:write", f"placeHold(input: {PLACED}) {{ ... on HoldSuccess {{ hold {{ ? }} }}"),
    "Payment": ("payments:write", f"sendPayment(input: {PAID}) {{ ... on PaymentSuccess {{ payment {{ ? }} }}"),
    "WebhookEndpoint": (
        "webhooks:write",
        (
            'updateWebhookEndpoint(input: { endpointId: "%(endpoint)s", description: "KEY" })'
            " { ... on WebhookEndpointSuccess { endpoint { ? } }"
        ),
    ),
    "WebhookDelivery": (
        "webhooks:write",
        'pingWebhookEndpoint(endpointId: "%(endpoint)s") { ... on WebhookDeliverySuccess { delivery { ? } }',
    ),
    "WebhookReplay": (
        "webhooks:write",
        (
            'replayWebhooks(input: { endpointId: "%(endpoint)s", since: "2020-01-01T00:00:00Z" })'
            " { ... on WebhookReplaySuccess { replay { ? } }"
        ),
    ),
}
"""By type: the scope of a mutation that answers it, and the mutation; `?` stands for what is selected."""
MORE_GOLD = """mutation {
    issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } }
    creditVirtualLedger(input: { idempotencyKey: "more", ledgerId: "%s", amount: { value: "10", asset: "GOLD" } }) {
        ... on TransferSuccess { transfer { id } } }
}"""
ENDPOINT = """mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks" }) {
    ... on WebhookSecretSuccess { endpoint { id } } } }"""
ARGUMENTS = {
    "balanceAt": '(at: "2026-01-01T00:00:00Z")',
    "activity": '(from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z")',
}
REFUSAL = "... on ForbiddenError { code message requiredScope } ... on Error { code message path } }"


def _fields_that_empty_an_answer():
    """Each field with a resolver that may not be null, of each type that an answer may hold where it may not either."""
    known = graphql_schema(schema)
    waiting, seen = [field.type for field in known.mutation_type.fields.values()], set()
    while waiting:
        type_ = get_named_type(waiting.pop())
        if type_.name in seen:
            continue
        seen.add(type_.name)
        for name, field in getattr(type_, "fields", {}).items():
            if not isinstance(field.type, GraphQLNonNull):
                continue
            definition = field_of_strawberry(field)
            if definition.base_resolver is not None:
                yield type_.name, name, definition
            if not isinstance(field.type.of_type, GraphQLList) or isinstance(
                field.type.of_type.of_type, GraphQLNonNull
            ):
                waiting.append(field.type)
        waiting += type_.types if isinstance(type_, GraphQLUnionType) else []


FIELDS = sorted(_fields_that_empty_an_answer(), key=lambda one: one[:2])


def selection(type_name, name):
    """The field as it is selected."""
    field = graphql_schema(schema).get_type(type_name).fields[name]
    leaf = not hasattr(get_named_type(field.type), "fields") and not hasattr(get_named_type(field.type), "types")
    return f"{name}{ARGUMENTS.get(name, '')}{'' if leaf else ' { __typename }'}"


@pytest.fixture
async def ask(customer, work, settings):
    """A function that asks for something with these scopes; answers the body."""
    ids = await objects_of(customer, work)
    made = await customer.data(MORE_GOLD % ids["gold"])
    ids["more_gold"] = made["issueVirtualLedger"]["ledger"]["id"]
    actor, operations, keys = await actor_of(customer), Operations(schema, settings), itertools.count(1)
    await finish_noting_last_use()

    async def run(document, scopes, *, times=1):
        key = next(keys)
        text = (document % ids).replace("KEY", f"key{key}")
        for _ in range(times):
            ready = operations.prepare(GraphQLRequest(text, None, {}))
            context = Context(replace(actor, scopes=frozenset(scopes)), settings, "request")
            answer = await operations.run(ready, context)
        return answer.body

    # Made with no more scopes than its tests have.
    made = await run(ENDPOINT, {"webhooks:write"})
    ids["endpoint"] = made["data"]["createWebhookEndpoint"]["endpoint"]["id"]
    return run


def test_knows_a_mutation_for_every_type():
    assert {type_name for type_name, _, _ in FIELDS} <= set(ANSWERED_BY)


@pytest.mark.parametrize("type_name", ANSWERED_BY)
async def test_refuses_before_it_is_done_what_could_not_be_read(ask, type_name):
    scope, mutation = ANSWERED_BY[type_name]
    of_type = [(name, definition.metadata.get(NEEDS)) for of, name, definition in FIELDS if of == type_name]
    assert of_type
    for name, needed in of_type:
        document = f"mutation {{ {mutation.replace('?', selection(type_name, name))} {REFUSAL} }}"
        if needed is not None:
            # Also when the document is known, and run by generated code.
            async with nothing_changes():
                body = await ask(document, {scope}, times=3)
            [answer] = body["data"].values()
            assert "errors" not in body, body
            assert (answer["code"], answer["requiredScope"]) == ("FORBIDDEN", needed), (name, answer)
            assert f"`{name}` in the answer" in answer["message"]
        body = await ask(document, {scope} if needed is None else {scope, needed})
        [answer] = body["data"].values()
        assert "errors" not in body, (name, body)
        assert "code" not in answer, (name, answer)


async def test_leaves_alone_what_is_not_selected_after_all(ask):
    scope, mutation = ANSWERED_BY["WebhookEndpoint"]
    for directive in ("@include(if: false)", "@skip(if: true)"):
        document = f"mutation {{ {mutation.replace('?', f'id stats {directive} {{ failed }}')} {REFUSAL} }}"
        body = await ask(document, {scope}, times=3)
        assert body["data"]["updateWebhookEndpoint"]["endpoint"]["id"]
        selected = document.replace("false", "FALSE").replace("true", "false").replace("FALSE", "true")
        assert (await ask(selected, {scope}))["data"]["updateWebhookEndpoint"]["code"] == "FORBIDDEN"


async def test_finds_it_in_fragments(ask):
    scope, mutation = ANSWERED_BY["WebhookDelivery"]
    document = f"""mutation {{ {mutation.replace("?", "endpoint { ... on WebhookEndpoint { ...counts } }")} {REFUSAL} }}
        fragment counts on WebhookEndpoint {{ stats {{ failed }} }}"""
    assert (await ask(document, {scope}))["data"]["pingWebhookEndpoint"]["requiredScope"] == "webhooks:read"


async def test_answers_null_where_that_is_enough(ask):
    scope, mutation = ANSWERED_BY["WebhookDelivery"]
    what = "{ id requestBody } query { trialBalance { balanced } } }"
    document = f"mutation {{ {mutation.replace('{ ? } }', what)} }} }}"
    body = await ask(document, {scope})
    answer = body["data"]["pingWebhookEndpoint"]
    assert (bool(answer["delivery"]["id"]), answer["delivery"]["requestBody"], answer["query"]) == (True, None, None)
    assert sorted(error["path"][-1] for error in body["errors"]) == ["requestBody", "trialBalance"]
    assert {error["extensions"]["code"] for error in body["errors"]} == {"FORBIDDEN"}


async def test_shows_a_party_that_may_not_be_read_as_undisclosed(ask):
    """So nothing of it is refused."""
    scope, mutation = ANSWERED_BY["Transfer"]
    what = "credit { __typename ... on Ledger { entries { nodes { id } } } }"
    document = f"mutation {{ {mutation.replace('?', what)} {REFUSAL} }}"
    body = await ask(document, {scope})
    assert body["data"]["creditVirtualLedger"]["transfer"]["credit"] == {"__typename": "UndisclosedParty"}
    refused = await ask(document, {scope, "ledgers:read"})
    assert refused["data"]["creditVirtualLedger"]["requiredScope"] == "transfers:read"
