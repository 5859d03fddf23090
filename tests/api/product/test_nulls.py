"""Null is absent: a client that sends a null for everything it did not set is answered like one that left it out."""

import copy

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    coerce_input_value,
    get_named_type,
    parse,
)
from graphql.type import is_required_input_field
from graphql.utilities import type_from_ast

from app.api.graphql.execution.coercion import Coercions
from app.api.graphql.execution.nulls import without_nulls
from app.api.graphql.schema import schema
from tests.api.product.calls import EXAMPLES
from tests.api.product.objects import objects_of
from tests.api.product.test_other_customers import rows_of

CORE = schema._schema
MUTATIONS = sorted(name for name in EXAMPLES if name.startswith("Mutation."))
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


@pytest.mark.thorough
@pytest.mark.parametrize("name", MUTATIONS)
async def test_does_the_same_in_every_mutation(customer, work, name):
    call = EXAMPLES[name].calls[-1]
    ids = await objects_of(customer, work, whose="ours")
    variables = copy.deepcopy(
        call.variables(
            {**ids, "own_holder": ids["holder"], "own_unassigned": ids["unassigned"], "own_wallet": ids["wallet"]}
        )
    )
    declared = CORE.mutation_type.fields[name.removeprefix("Mutation.")]
    given = next((one for one in declared.args.values()), None)
    fields = getattr(get_named_type(given.type), "fields", {})
    if "idempotencyKey" in fields:
        variables["input"]["idempotencyKey"] = "the same key"
    [*_, success] = [one for one in get_named_type(declared.type).types if one.name.endswith("Success")]
    document = call.document
    if "replayed" in success.fields:
        document = document.replace("__typename", f"__typename ... on {success.name} {{ replayed }}", 1)
    filled, count = filled_variables(call.document, variables)
    left_out = [
        key for key, field in fields.items() if not is_required_input_field(field) and key not in variables["input"]
    ]
    assert count >= len(left_out)  # More where a list's items leave something out.
    if not count:
        return
    first = (await customer.data(document, **variables))["answer"]
    before = await rows_of(customer.customer_id)
    again = (await customer.data(document, **filled))["answer"]
    if first.get("replayed") is False and "idempotencyKey" in fields:
        # One hash for both: the one with nulls is a replay of the one without.
        assert again == {**first, "replayed": True}
        assert await rows_of(customer.customer_id) == before
    else:
        assert again == first


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
