"""Instants outside 1970 to 9998, or finer than a microsecond, are refused wherever one can be sent."""

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, Undefined, get_named_type

from app.api.graphql.schema import schema
from app.db.connection import fetchval
from tests.api.product.test_nulls import least

CORE = schema._schema
NOBODY = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
ITEM_BY_ITEM = {"postTransfers", "placeHolds"}
"""Each item is refused alone: see `test_value_dates.py` and `test_place_holds.py`."""
BAD = [
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59Z",
    "2026-01-01T00:00:00.0000001Z",
]


def places(type_, path=()):
    """The ways from an input type to each DateTime within it."""
    named = get_named_type(type_)
    if named.name == "DateTime":
        yield path
    elif isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from places(field.type, (*path, name))


def filled(type_, path, instant):
    """The least value of a type with an instant at this place."""
    nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if not path:
        return instant
    if isinstance(nullable, GraphQLList):
        return [filled(nullable.of_type, path, instant)]
    return {**least(nullable), path[0]: filled(nullable.fields[path[0]].type, path[1:], instant)}


def written(value):
    """A value as it is written in a document; enums are texts here, so none may be among them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {written(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def arguments(field, name, path, instant):
    required = {
        one: NOBODY if get_named_type(argument.type).name == "ID" else least(argument.type)
        for one, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
    }
    given = {**required, name: filled(field.args[name].type, path, instant)}
    if "scopes" in given[name]:
        given[name]["scopes"] = ["*"]  # Judged before the expiry.
    return ", ".join(f"{one}: {written(value)}" for one, value in given.items())


ROOTS = [
    (kind, field_name, name, path)
    for kind, root in (("query", CORE.query_type), ("mutation", CORE.mutation_type))
    for field_name, field in root.fields.items()
    for name, argument in field.args.items()
    for path in places(argument.type)
    if field_name not in ITEM_BY_ITEM
]


def test_looks_at_every_place():
    assert {field_name for _, field_name, _, _ in ROOTS} >= {
        *("ledgers", "holders", "ledgerChanges", "events", "transfers", "holds", "payments", "entries"),
        *("webhookDeliveries", "placeHold", "createApiKey"),
    }


@pytest.mark.parametrize(("kind", "field_name", "name", "path"), ROOTS, ids=str)
async def test_refuses_them_at_the_root(customer, kind, field_name, name, path):
    root = CORE.query_type if kind == "query" else CORE.mutation_type
    selected = "... on Error { code path }" if kind == "mutation" else "__typename"
    for instant in BAD:
        given = arguments(root.fields[field_name], name, path, instant)
        body = await customer.ask(f"{kind} {{ answer: {field_name}({given}) {{ {selected} }} }}")
        if kind == "mutation":
            assert body["data"]["answer"] == {"code": "VALIDATION", "path": [name, *path]}, (instant, body)
        else:
            [error] = body["errors"]
            assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", [name, *path]), body


async def test_refuses_them_within_a_ledger(customer):
    ledger_id = await customer.issue_ledger(holderId=await customer.create_holder())
    for instant in BAD:
        for text, path in [
            (f'balanceAt(at: "{instant}") {{ value }}', ["at"]),
            (
                f'entries(filter: {{postedAt: {{gte: "{instant}"}}}}) {{ nodes {{ id }} }}',
                ["filter", "postedAt", "gte"],
            ),
            (
                f'holder {{ ledgers(filter: {{changedSince: "{instant}"}}) {{ nodes {{ id }} }} }}',
                ["filter", "changedSince"],
            ),
        ]:
            body = await customer.ask(f'{{ ledger(id: "{ledger_id}") {{ {text} }} }}')
            [error] = body["errors"]
            assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", path), body


async def test_takes_seven_digits_where_the_last_is_zero_and_the_last_instant(customer):
    document = """mutation ($at: DateTime!) { createApiKey(input: {name: "n", scopes: ["*"], expiresAt: $at}) {
        ... on ApiKeySuccess { apiKey { expiresAt } key } } }"""
    for sent, kept in [
        ("2999-01-01T00:00:00.0000000Z", "2999-01-01T00:00:00Z"),
        ("9998-12-31T23:59:59.9999990Z", "9998-12-31T23:59:59.999999Z"),
    ]:
        answer = (await customer.data(document, at=sent))["createApiKey"]
        assert answer["apiKey"]["expiresAt"].replace(".000000Z", "Z") == kept
        stored = await fetchval("SELECT max(expires_at AT TIME ZONE 'UTC')::text FROM api_keys")
        assert stored == kept.replace("T", " ").removesuffix("Z")
