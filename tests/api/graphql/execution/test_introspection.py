"""The schema, answered by one walk: the same as graphql-core says, at a price that is known before."""

import orjson
import pytest
from graphql import build_client_schema, execute, get_introspection_query, parse, print_schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.api.encoding import encode_json
from app.api.graphql.context import Context
from app.api.graphql.execution import introspection, limits
from app.api.graphql.execution.documents import Documents, RefusedDocument
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.api.graphql.schema import schema
from app.settings import load_settings
from tests.api.graphql.library import SCHEMA

FULL = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)
QUERIES = [
    FULL,
    get_introspection_query(descriptions=False),
    "{ __schema { __typename types { __typename n: name ...F ...F } } } fragment F on __Type { kind fields { name } }",
    """{ a: __type(name: "Book") { name fields(includeDeprecated: true) { name args { name defaultValue } } }
    b: __type(name: "Nothing") { name } c: __type(name: "Genre") { enumValues { name } possibleTypes { name } } }""",
    "{ __schema { directives { name locations args { name type { kind } } isRepeatable } subscriptionType { name } } }",
    "{ __schema { types { name @skip(if: true) kind @include(if: true) } } __typename book { id } }",
    '{ __type(name: "Node") { possibleTypes { name interfaces { name } } } item { __typename } }',
    "{ __schema { queryType { ... on __Type { fields { type { ofType { name } } } } ... @skip(if: true) { kind } } } }",
]


def answer_of(made, query, variables=None, *, is_fast=True):
    operations = Operations(made, load_settings(fast_execution=is_fast))

    async def run():
        ready = operations.prepare(GraphQLRequest(query, None, variables or {}))
        return (await operations.run(ready, Context(None, load_settings(), "r"))).body

    return run


async def by_the_book(made, query, variables=None):
    result = execute(
        made._schema,
        parse(query),
        context_value=Context(None, load_settings(), "r"),
        variable_values=variables,
        executor_class=StrawberryGraphQLCoreExecutionContext,
    )
    answered = result if not hasattr(result, "__await__") else await result
    assert not answered.errors
    return {"data": answered.data}


@pytest.mark.parametrize("is_fast", [True, False])
@pytest.mark.parametrize("query", QUERIES)
async def test_answers_as_graphql_core_does(query, is_fast):
    run = answer_of(SCHEMA, query, is_fast=is_fast)
    expected = encode_json(await by_the_book(SCHEMA, query))
    for _ in range(3):  # Also when it is prepared, and compiled.
        assert encode_json(await run()) == expected


async def test_answers_the_whole_of_our_own_schema():
    answered = (await answer_of(schema, FULL)())["data"]
    assert encode_json({"data": answered}) == encode_json(await by_the_book(schema, FULL))
    as_clients_read_it = orjson.loads(encode_json(answered))
    assert print_schema(build_client_schema(as_clients_read_it)).count("\ntype ") > 50


@pytest.mark.parametrize("wanted", [True, False])
async def test_heeds_variables(wanted):
    query = """query ($all: Boolean!, $name: String!) { __type(name: $name) {
        name @include(if: $all) fields(includeDeprecated: $all) { name } } }"""
    variables = {"all": wanted, "name": "Book"}
    assert await answer_of(SCHEMA, query, variables)() == await by_the_book(SCHEMA, query, variables)


async def test_says_of_wrapped_types_that_they_are_not_one_of():
    query = '{ __type(name: "Book") { fields { type { isOneOf ofType { name } } } } }'
    answered = await answer_of(SCHEMA, query)()
    assert {field["type"]["isOneOf"] for field in answered["data"]["__type"]["fields"]} <= {None, False}


def price(made, query):
    return Documents(made._schema, hide_suggestions=False).prepare(query).operation(None)._measure


def objects_in(value):
    if isinstance(value, list):
        return sum(map(objects_in, value))
    return 1 + sum(map(objects_in, value.values())) if isinstance(value, dict) else 0


@pytest.mark.parametrize("query", [*QUERIES[:2], "{ __schema { types { n: name fields { name } } } }"])
async def test_prices_exactly_the_objects_and_aliases(query):
    everything = query.replace("fields {", "fields(includeDeprecated: true) {")
    answered = (await answer_of(SCHEMA, everything)())["data"]["__schema"]
    aliases = len(answered["types"]) if "n: name" in query else 0
    measure = price(SCHEMA, everything)
    assert measure.introspected == objects_in(answered) + aliases
    assert measure.cost.evaluate({}) == measure.introspected


@pytest.mark.parametrize(
    ("given", "expected"),
    [('"Genre"', 1 + 2), ('"Nothing"', 1), ("$name", 1 + len(SCHEMA._schema.get_type("Book").fields))],
)
def test_prices_a_type_by_its_name_and_else_by_the_largest(given, expected):
    declared = "($name: String!)" if given == "$name" else ""
    query = f"query {declared} {{ __type(name: {given}) {{ fields {{ name }} enumValues {{ name }} }} }}"
    assert price(SCHEMA, query).introspected == expected


def refusal(text, made=schema, **options):
    with pytest.raises(RefusedDocument) as refused:
        Documents(made._schema, hide_suggestions=False).prepare(text, **options)
    return refused.value.errors[0].message


def test_takes_the_schema_once_an_operation():
    one = "__schema { queryType { name } }"
    price(schema, f"{{ {one} }}")
    for twice in (
        f"{{ a: {one} b: {one} }}",
        f"{{ {one} ...F }} fragment F on Query {{ b: {one} }}",
        f"query a {{ __typename }} query b {{ ... {{ {one} }} ... on Query {{ b: {one} }} }}",
    ):
        assert "selections of `__schema`, at most 1." in refusal(twice)
    Documents(schema._schema, hide_suggestions=False).prepare(f"query a {{ {one} }} query b {{ {one} }}")


def test_takes_what_every_tool_asks_and_little_more():
    whole = price(schema, FULL).introspected
    assert whole * 2 < introspection.OBJECTS_MAX
    aliases = " ".join(f"a{n}: description" for n in range(150))
    told = refusal(f"{{ __schema {{ types {{ {aliases} }} }} }}")
    assert f"{limits.INTROSPECTION_LIMIT}, at most {introspection.OBJECTS_MAX:,}." in told


def test_counts_every_type_that_is_asked_for(monkeypatch):
    types = " ".join(f'a{n}: __type(name: "Ledger") {{ fields {{ type {{ name }} }} }}' for n in range(3))
    each = price(schema, '{ __type(name: "Ledger") { fields { type { name } } } }').introspected
    monkeypatch.setattr(limits, "INTROSPECTED_MAX", 3 * each)
    price(schema, f"{{ {types} }}")
    monkeypatch.setattr(limits, "INTROSPECTED_MAX", 3 * each - 1)
    assert limits.INTROSPECTION_LIMIT in refusal(f"{{ {types} }}")


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { ...F } } } fragment F on __Type { fields { type { ...F } } }",
        "{ __schema { "
        + " ".join(f"... on __Schema {{ a{n}: types {{ fields {{ name }} }} }}" for n in range(30))
        + " } }",
    ],
)
def test_gives_up_early_on_what_is_far_too_much(text):
    """Or leaves it to validation, which knows of cycles and depth."""
    assert any(said in refusal(text) for said in ("beyond a limit", "depth exceeded", "within itself"))


@pytest.mark.parametrize(
    ("text", "maximum"),
    [
        ("{ __typename } #" + "x" * limits.CHARACTERS_WITHOUT_KEY_MAX, limits.CHARACTERS_WITHOUT_KEY_MAX),
        (
            "{ __typename " + "# \n" * 10 + "__typename " * 0 + " ".join(["... { __typename }"] * 200) + "}",
            limits.TOKENS_WITHOUT_KEY_MAX,
        ),
    ],
)
def test_reads_less_of_who_has_no_key(text, maximum):
    assert f"{maximum}" in refusal(text, without_key=True).replace(",", "")


def test_looks_for_no_similar_names_for_who_has_no_key():
    """Such a one is not told them, and ten errors with them cost more than any introspection."""
    text = "{ __typename } " + " ".join(f"fragment F{n} on LedgerConnectio {{ id }}" for n in range(20))
    with pytest.raises(RefusedDocument) as refused:
        Documents(schema._schema, hide_suggestions=False).prepare(text, without_key=True)
    assert [error.message for error in refused.value.errors] == [
        "Unknown type 'LedgerConnectio'.",
        "Too many validation errors, error limit reached. Validation aborted.",
    ]
    assert "Did you mean 'LedgerConnection'" in refusal(text)


def test_reads_the_introspections_of_tools_without_a_key():
    for query in (FULL, get_introspection_query(type_depth=12)):
        Documents(schema._schema, hide_suggestions=False).prepare(query, without_key=True)
