import re

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from app.api.graphql.execution import documents, limits
from app.api.graphql.execution.cost import LENGTH, PAGE_SIZE_MAX
from app.api.graphql.execution.documents import Documents, RefusedDocument
from app.api.graphql.execution.overlaps import COMPARISONS_MAX
from app.api.graphql.execution.upstream import field_of_strawberry
from app.api.graphql.schema import schema
from tests.api.graphql.library import SCHEMA


def prepare(text):
    return Documents(SCHEMA._schema, hide_suggestions=False).prepare(text)


def refusal(text):
    with pytest.raises(RefusedDocument) as refused:
        prepare(text)
    return refused.value.errors[0].message


def chain(count, body):
    links = " ".join(f"fragment f{n} on Book {{ {body.replace('NEXT', f'...f{n + 1}')} }}" for n in range(count))
    return f"{{ book {{ ...f0 }} }} {links} fragment f{count} on Book {{ id }}"


@pytest.mark.parametrize(
    ("text", "limit", "maximum"),
    [
        (chain(40, "related { NEXT } r: related { NEXT }"), "levels of fields", limits.DEPTH_MAX),
        (chain(90, "NEXT NEXT"), "fields, counted after fragments are expanded", limits.FIELDS_MAX),
        (chain(9, "a: title b: title NEXT ... on Book { NEXT }"), "aliases, counted", limits.ALIASES_MAX),
        ("{ book { " + "title " * 100 + "} }", "fields of the same name to be compared", COMPARISONS_MAX),
        ("{ book { " + "title " * 2_100 + "} }", "fields, counted after", limits.FIELDS_MAX),
        ("{ book { " + " ".join(f"a{n}: title" for n in range(201)) + "} }", "aliases", limits.ALIASES_MAX),
        ("{ book { id " + "@skip(if: false) " * 101 + "} }", "directives", limits.DIRECTIVES_MAX),
        ("{ book { id } } #" + "x" * limits.CHARACTERS_MAX, "characters", limits.CHARACTERS_MAX),
        (" ".join(f"query q{n} {{ book {{ id }} }}" for n in range(101)), "operations and", limits.DEFINITIONS_MAX),
        ("{ book { " + "related { ... on Book { " * 30 + "id" + "} }" * 30 + "} }", "levels", limits.DEPTH_MAX),
    ],
)
def test_names_the_limit_and_its_maximum(text, limit, maximum):
    message = refusal(text)
    assert f"beyond a limit: {limit}" in message
    assert f"at most {maximum:,}." in message


def test_refuses_too_many_tokens():
    assert f"more than {limits.TOKENS_MAX} tokens" in refusal("query (" + "$a: Int " * 1_500 + ") { book { id } }")


def test_refuses_repeats_that_nest():
    def tree(depth):
        return f"related {{ ... on Book {{ {tree(depth - 1)} {tree(depth - 1)} }} }}" if depth else "title"

    assert "fields of the same name to be compared" in refusal(f"{{ book {{ {tree(7)} }} }}")


def test_leaves_cycles_of_fragments_to_validation():
    text = "{ book { ...a } } fragment a on Book { ...b } fragment b on Book { ...a }"
    assert refusal(text) == "Cannot spread fragment 'a' within itself via 'b'."


def test_lets_the_introspection_of_graphiql_pass():
    text = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert prepare(text).operation(None).introspects_only


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("{ book { author { name } } }", {}, 2),
        ("{ books(first: 10) { nodes { author { name } } } }", {}, 1 + 10 * 2),
        ("{ books { nodes { id } } }", {}, 1 + 50),
        ("query ($n: Int) { books(first: $n) { nodes { author { name } } } }", {"n": 100}, 1 + 100 * 2),
        ("query ($n: Int) { books(first: $n) { nodes { author { name } } } }", {}, 1 + 50 * 2),
        ("query ($n: Int) { books(last: $n) { ...F } } fragment F on BookConnection { nodes { id } }", {"n": 7}, 1 + 7),
        ("{ books(first: 10000) { nodes { id } } }", {}, 1 + PAGE_SIZE_MAX),
        ("query ($i: [ID!]!) { nodes(ids: $i) { ... on Book { author { name } } } }", {"i": ["a"] * 20}, 1 + 20),
        ("{ book { related { ... on Book { author { name } } } } }", {}, 1 + 5 + 5),
    ],
)
def test_multiplies_page_sizes_into_the_cost(text, variables, cost):
    assert prepare(text).operation(None)._measure.cost.evaluate(variables) == cost


def test_refuses_page_sizes_that_multiply(monkeypatch):
    monkeypatch.setattr(documents, "COST_MAX", 100)
    operation = prepare("query ($n: Int) { books(first: $n) { nodes { id } } }").operation(None)
    operation.refuse_costly({"n": 99})
    with pytest.raises(RefusedDocument, match="objects that can be answered, page sizes multiplied, at most 100"):
        operation.refuse_costly({"n": 100})


@pytest.mark.parametrize(
    ("given", "variables"), [("$n: Int = 100", {}), ("$n: Int", {"n": 100.0}), ("$n: Int = 1", {"n": 100})]
)
def test_counts_page_sizes_however_they_are_given(monkeypatch, given, variables):
    monkeypatch.setattr(documents, "COST_MAX", 100)
    operation = prepare(f"query ({given}) {{ books(first: $n) {{ nodes {{ id }} }} }}").operation(None)
    with pytest.raises(RefusedDocument, match="objects that can be answered"):
        operation.refuse_costly(variables)


@pytest.mark.parametrize(
    ("given", "sent", "variables", "count"),
    [
        ("$i: PostTransfersInput!", "$i", {"i": {"transfers": [{}] * 1_000}}, 1_000),
        ("$i: PostTransfersInput!", "$i", {"i": {"transfers": [{}]}}, 1),
        ("$t: [PostTransferInput!]!", "{ transfers: $t }", {"t": [{}] * 20}, 20),
        ("$a: PostTransferInput!", "{ transfers: [$a, $a, $a] }", {}, 3),
    ],
)
def test_counts_what_is_asked_of_each_result_as_often_as_there_are_inputs(given, sent, variables, count):
    text = f"""
        mutation ({given}) {{ postTransfers(input: {sent}) {{ ... on TransfersSuccess {{ results {{
            ... on TransferSuccess {{ transfer {{ credit {{ ... on Ledger {{
                entries(first: 7) {{ nodes {{ id }} }}
            }} }} }} }}
        }} query {{ ledgers(first: 9) {{ nodes {{ id }} }} }} }} }} }}
    """
    operation = Documents(schema._schema, hide_suggestions=False).prepare(text).operation(None)
    of_each = 1 + 1 + 1 + (1 + 7)  # Itself, its transfer, the ledger, and a page of entries.
    assert operation._measure.cost.evaluate(variables) == 1 + count * of_each + 1 + (1 + 9)


PAGES_AND_RESULTS = re.compile(
    r"Connection\.(nodes|edges)|\w+Success\.results|WalletsSuccess\.wallets|Query\.nodes|Found\.objects"
)
"""Lists as long as the page, or as the list of inputs, that the operation asks for."""
SHORT = {
    "Account.balances",  # One of each currency and accounting type.
    "AccountingReport.lines",
    "Holder.balances",
    "Query.assets",
    "Query.balances",
    "Query.partnerProducts",
    "Transfer.entries",  # Two.
    "TrialBalance.lines",
    "ValidationError.fields",
}
"""Lists that count as five."""


def lists_without_pages():
    for name, declared in schema._schema.type_map.items():
        if name.startswith("__") or not isinstance(declared, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for field_name, field in declared.fields.items():
            is_of_objects = is_composite_type(get_named_type(field.type))
            if is_of_objects and is_list_type(get_nullable_type(field.type)):
                yield f"{name}.{field_name}", field


def test_knows_how_long_each_list_without_pages_can_be():
    unbounded = {
        name
        for name, field in lists_without_pages()
        if not re.fullmatch(rf"\w*({PAGES_AND_RESULTS.pattern})", name)
        and LENGTH not in field_of_strawberry(field).metadata
    }
    assert unbounded == SHORT


REVERSE_GROUP = """
    mutation { reverseGroup(input: {groupId: "G", idempotencyKey: "k"}) { ... on GroupSuccess { transfers {
        debit { ... on Wallet { entries(first: 50) { nodes { id } } } }
    } } } }
"""


@pytest.mark.parametrize(
    "text",
    [
        '{ transfer(id: "T") { reversals { reverses { reversals { id } } } } }',
        '{ hold(id: "H") { transfers { hold { transfers { id } } } } }',
        "{ transfers(first: 51) { nodes { reversals { id } } } }",
        REVERSE_GROUP,
    ],
)
def test_counts_such_a_list_as_long_as_it_can_be(text):
    operation = Documents(schema._schema, hide_suggestions=False).prepare(text).operation(None)
    with pytest.raises(RefusedDocument, match="objects that can be answered"):
        operation.refuse_costly({})


def test_lets_the_longest_list_pass():
    text = '{ transfer(id: "T") { reversals { id debit { ... on Wallet { id } } } } }'
    Documents(schema._schema, hide_suggestions=False).prepare(text).operation(None).refuse_costly({})
