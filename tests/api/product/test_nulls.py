"""Null is absent: a client that sends a null for everything it did not set is answered like one that left it out."""

import copy
import re
from uuid import UUID

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLUnionType,
    coerce_input_value,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
)
from graphql.type import is_required_input_field
from graphql.utilities import type_from_ast

from app.api.graphql.execution.coercion import Coercions
from app.api.graphql.execution.nulls import without_nulls
from app.api.graphql.schema import schema
from app.db.connection import fetch
from tests.api.product.calls import EXAMPLES
from tests.api.product.objects import objects_of
from tests.api.product.test_other_customers import rows_of
from tests.bookkeeping import fund

CORE = schema._schema
MUTATIONS = sorted(name for name in EXAMPLES if name.startswith("Mutation."))
OWN = re.compile(r"^(id|key|prefix|token)$|Id$|At$|Key$|[sS]ecret")
"""Names of what is each object's own."""
NEEDS_FUNDS = {
    f"Mutation.{name}"
    for name in ("reverseTransfer", "sendPayment", "postTransfers", "placeHolds", "debitVirtualLedger")
}
INPUTS = sorted(
    name for name, made in CORE.type_map.items() if isinstance(made, GraphQLInputObjectType) and name[:2] != "__"
)


def with_nulls(value, type_):
    """The same with a null for every optional field that is left out, at every depth, and how many those are."""
    nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(nullable, GraphQLList) and isinstance(value, list):
        made = [with_nulls(item, nullable.of_type) for item in value]
        return [one for one, _ in made], sum(count for _, count in made)
    if not isinstance(nullable, GraphQLInputObjectType) or not isinstance(value, dict):
        return value, 0
    filled, total = {}, 0
    for name, field in nullable.fields.items():
        if name in value:
            filled[name], count = with_nulls(value[name], field.type)
            total += count
        elif not is_required_input_field(field):
            filled[name] = None
            total += 1
    return filled, total


def is_one_of(type_):
    return type_.extensions["strawberry-definition"].is_one_of


def least(type_):
    """The least value of an input type: what is required, and one field where one must be chosen."""
    nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    match nullable:
        case GraphQLList():
            return [least(nullable.of_type)]
        case GraphQLEnumType():
            return next(iter(nullable.values))
        case GraphQLInputObjectType():
            fields = list(nullable.fields.items())
            wanted = fields[:1] if is_one_of(nullable) else [one for one in fields if is_required_input_field(one[1])]
            return {name: least(field.type) for name, field in wanted}
    simple = {"Int": 1, "Float": 1.5, "Boolean": True, "JSON": {"a": None}, "DateTime": "2026-01-01T00:00:00Z"}
    return simple.get(nullable.name, "text")


def filled_variables(document, variables):
    """The variables of a document with all those nulls."""
    definitions = parse(document).definitions[0].variable_definitions or ()
    types = {one.variable.name.value: type_from_ast(CORE, one.type) for one in definitions}
    made = {name: with_nulls(value, types[name]) for name, value in variables.items()}
    return {name: value for name, (value, _) in made.items()}, sum(count for _, count in made.values())


@pytest.mark.parametrize("name", INPUTS)
def test_coerces_every_input_as_if_it_had_no_null(name):
    type_ = GraphQLNonNull(CORE.type_map[name])
    value = least(type_)
    filled, count = with_nulls(value, type_)
    optional = [one for one in CORE.type_map[name].fields.values() if not is_required_input_field(one)]
    assert count >= len(optional) - is_one_of(CORE.type_map[name])
    expected = coerce_input_value(value, type_)
    [definition] = parse(f"query ($v: {name}!) {{ __typename }}").definitions[0].variable_definitions
    assert without_nulls(CORE, [definition], {"v": filled}) == {"v": value}
    assert Coercions().of(type_)(copy.deepcopy(filled)) == expected


def input_of(name):
    """The type of a mutation's first argument, which is its input, or an id."""
    declared = CORE.mutation_type.fields[name.removeprefix("Mutation.")]
    return get_named_type(next(iter(declared.args.values())).type)


def leaves_something_out(type_):
    """Whether this input, or one within it, has a field that need not be sent, besides its key."""
    return isinstance(type_, GraphQLInputObjectType) and any(
        not is_required_input_field(field) or leaves_something_out(get_named_type(field.type))
        for name, field in type_.fields.items()
        if name != "idempotencyKey"
    )


async def make_possible(customer, name, ids):
    """Bring about what a mutation needs besides the objects."""
    if name in NEEDS_FUNDS:
        for ledger_id in await fetch(
            "SELECT id FROM posting_accounts WHERE customer_id = $1 AND is_open AND NOT is_system", customer.customer_id
        ):
            await fund(UUID(customer.customer_id), ledger_id["id"], 100_000)
    if name == "Mutation.closeAccount":
        close = "mutation ($id: ID!) { closeWallet(input: { walletId: $id }) { __typename } }"
        answer = await customer.data(close, id=ids["wallet"])
        assert answer["closeWallet"]["__typename"] == "WalletSuccess"


def as_replay(answer):
    """The answer to the same request with the same key; the same answer, where a mutation has no key."""
    if "results" in answer:
        return {**answer, "results": [as_replay(one) for one in answer["results"]]}
    return {**answer, "replayed": True} if "replayed" in answer else answer


def told_of(type_, depth=3):
    """All that is told of an object, without what differs from one to the next: ids, keys, secrets, times, counts."""
    if isinstance(type_, GraphQLUnionType):
        of_each = (f"... on {one.name} {{ {told_of(one, depth)} }}" for one in type_.types if "Success" in one.name)
        return f"__typename {' '.join(of_each)}"
    chosen = ["__typename"]
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        if name in {"query", "stats"} or any(map(is_required_argument, field.args.values())):
            continue
        if is_leaf_type(named):
            if not OWN.search(name):
                chosen.append(name)
        elif depth > 1 and not named.name.endswith("Connection"):
            chosen.append(f"{name} {{ {told_of(named, depth - 1)} }}")
    return " ".join(chosen)


WITH_OPTIONAL_FIELDS = [name for name in MUTATIONS if leaves_something_out(input_of(name))]


def test_knows_which_mutations_leave_nothing_out():
    """`overlapHours` of `rotateWebhookSecret` is left out, and null, in test_webhook_settings.py."""
    assert sorted(set(MUTATIONS) - set(WITH_OPTIONAL_FIELDS)) == [
        "Mutation.adjustHold",
        "Mutation.assignIban",
        "Mutation.assignLedger",
        "Mutation.deleteWebhookEndpoint",
        "Mutation.pingWebhookEndpoint",
        "Mutation.redeliverWebhook",
        "Mutation.retryWork",
        "Mutation.reviewHolder",
        "Mutation.revokeAccessToken",
        "Mutation.revokeApiKey",
        "Mutation.rotateWebhookSecret",
        "Mutation.setOverdraftLimit",
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("name", WITH_OPTIONAL_FIELDS)
async def test_does_the_same_in_every_mutation(customer, work, name):
    call = EXAMPLES[name].calls[-1]
    ids = await objects_of(customer, work, whose="ours")
    await make_possible(customer, name, ids)
    variables = copy.deepcopy(
        call.variables(
            {**ids, "own_holder": ids["holder"], "own_unassigned": ids["unassigned"], "own_wallet": ids["wallet"]}
        )
    )
    if "input" in variables:
        variables["input"].pop("backingLedgerId", None)  # A ledger of another type backs no account.
    declared = CORE.mutation_type.fields[name.removeprefix("Mutation.")]
    fields = input_of(name).fields
    if "idempotencyKey" in fields:
        variables["input"]["idempotencyKey"] = "the same key"
    [*_, success] = [one for one in get_named_type(declared.type).types if one.name.endswith("Success")]
    told = "replayed" if "replayed" in success.fields else told_of(success)
    document = call.document.replace("__typename", f"__typename ... on {success.name} {{ {told} }}", 1)
    filled, count = filled_variables(call.document, variables)
    left_out = [
        key for key, field in fields.items() if not is_required_input_field(field) and key not in variables["input"]
    ]
    assert count >= len(left_out)  # More where a list's items leave something out.
    assert count > 0
    first = (await customer.data(document, **variables))["answer"]
    assert first["__typename"] == success.name, first
    before = await rows_of(customer.customer_id)
    again = (await customer.data(document, **filled))["answer"]
    replay = as_replay(first)
    assert again == replay
    if replay != first:  # One hash for both: the one with nulls is a replay of the one without.
        assert await rows_of(customer.customer_id) == before


async def test_keeps_what_an_update_sends_as_null(customer):
    holder_id = await customer.create_holder(email="ada@example.com", metadata={"a": 1, "b": 2})
    document = """mutation ($input: UpdateHolderInput!) { updateHolder(input: $input) {
        ... on HolderSuccess { holder { status version email address { country } metadata } }
        ... on Error { code message path } } }"""
    kept = {"status": "PENDING", "version": 2, "email": "ada@example.com", "address": {"country": "GB"}}
    sent = {"holderId": holder_id, "party": None, "email": None, "address": None, "ifVersion": None, "clear": None}
    answer = await customer.data(document, input={**sent, "metadata": {"a": None, "c": 3}})
    assert answer["updateHolder"]["holder"] == {**kept, "metadata": {"b": 2, "c": 3}}
    literal = document.replace("($input: UpdateHolderInput!)", "").replace(
        "$input", f'{{ holderId: "{holder_id}", email: null, address: null, metadata: null, clear: null }}'
    )
    answer = await customer.data(literal)
    assert answer["updateHolder"]["holder"] == {**kept, "metadata": {"b": 2, "c": 3}}
    answer = await customer.data(document, input={**sent, "clear": ["EMAIL", "ADDRESS"]})
    emptied = {"status": "PENDING", "version": 3, "email": None, "address": None, "metadata": {"b": 2, "c": 3}}
    assert answer["updateHolder"]["holder"] == emptied


BY = "query ($by: LedgerKey) { ledger(by: $by) { id } }"
FLAT = "query ($id: ID, $iban: String) { ledger(id: $id, iban: $iban) { id } }"
ALL = "query ($by: LedgerKey, $id: ID, $iban: String) { ledger(by: $by, id: $id, iban: $iban) { id } }"


async def test_finds_a_ledger_by_one_of_its_keys(customer, work):
    """Twice each: the second time by generated code."""
    ledger_id = await customer.issue_ledger()
    await work()
    iban = (await customer.data("query ($id: ID) { ledger(id: $id) { iban } }", id=ledger_id))["ledger"]["iban"]
    for document, variables in [
        (BY, {"by": {"id": ledger_id, "iban": None, "ukBankAccount": None}}),
        (BY, {"by": {"id": None, "iban": iban, "ukBankAccount": None}}),
        (FLAT, {"id": ledger_id, "iban": None}),
        (FLAT, {"iban": iban}),
        (ALL, {"by": None, "id": None, "iban": iban.lower()}),
        (ALL, {"by": {"id": ledger_id, "iban": None}, "id": None, "iban": None}),
    ] * 2:
        assert (await customer.data(document, **variables))["ledger"] == {"id": ledger_id}, variables


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"by": None, "id": None, "iban": None},
        {"id": "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84", "iban": "GB33BUKB20201555555555"},
        {"by": {"iban": "GB33BUKB20201555555555"}, "iban": "GB33BUKB20201555555555"},
    ],
)
async def test_refuses_to_look_for_a_ledger_by_no_key_or_by_several(customer, variables):
    body = await customer.ask(ALL, **variables)
    assert [(one["extensions"]["code"], one["extensions"]["path"]) for one in body["errors"]] == [
        ("VALIDATION", ["by"])
    ]


@pytest.mark.parametrize(("key", "path"), [("id", ["id"]), ("iban", ["iban"])])
async def test_names_the_key_that_is_bad(customer, key, path):
    for variables, expected in (({key: "x"}, path), ({"by": {key: "x"}}, ["by", *path])):
        body = await customer.ask(ALL, **variables)
        assert [error["extensions"]["path"] for error in body["errors"]] == [expected]


@pytest.mark.parametrize("by", [{}, {"id": None}, {"id": "a", "iban": "b"}])
async def test_still_wants_exactly_one_within_a_key(customer, by):
    for _ in range(2):
        response = await customer.post(json={"query": BY, "variables": {"by": by}})
        [error] = response.json()["errors"]
        assert (error["extensions"]["code"], "xactly one" in error["message"]) == ("BAD_REQUEST", True), error


async def test_refuses_a_null_beside_a_key_that_stands_in_the_document(customer):
    body = (await customer.post(json={"query": '{ ledger(by: {id: "a", iban: null}) { id } }'})).json()
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_refuses_a_null_where_a_value_is_required(customer):
    document = "mutation ($input: CreateHolderInput!) { createHolder(input: $input) { __typename } }"
    for sent in (None, {"party": None}, {"party": {"person": {"name": None}}}):
        for _ in range(2):
            body = (await customer.post(json={"query": document, "variables": {"input": sent}})).json()
            [error] = body["errors"]
            assert error["extensions"]["code"] == "BAD_REQUEST"
            assert "null" in error["message"], error
