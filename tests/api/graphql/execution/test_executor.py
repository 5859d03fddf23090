import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.graphql.execution.plans import VARIANTS_MAX
from app.api.graphql.requests import GraphQLRequest
from tests.api.graphql.execution.compared import FAST, STOCK, answer, context, operations, orders
from tests.thoroughness import examples

ALL_SCALARS = (
    "id title genre shelf pages weight lent price printed tags notes metadata grid author { name born } "
    "editors { name } stamp { at by }"
)
BROKEN = [
    "null",
    "type",
    "large",
    "enum",
    "list",
    "item",
    "author",
    "naive",
    "lent",
    "price",
    "exception",
    "tuple",
    "generator",
    "related",
    "later",
    "raw",
    "id",
]

CORPUS: list[tuple[str, dict[str, Any]]] = [
    ("{ book { " + ALL_SCALARS + " } }", {}),
    ("{ books(first: 3) { nodes { " + ALL_SCALARS + " } edges { cursor node { id } } totalCount } }", {}),
    (
        "{ books { nodes { __typename id b: title ...F ... on Node { id } } } } fragment F on Book { pages }",
        {},
    ),
    ("{ book { a: title b: title title shouted part(of: 3) x: part } }", {}),
    ("{ books { nodes { id shouted title torn pages } } }", {}),
    ("{ book { id missing title } }", {}),
    ("{ books { nodes { id missing } } }", {}),
    ("{ items { __typename ... on Node { id } ... on Book { title related { ... on Film { minutes } } } } }", {}),
    ("{ items { ... on Film { t: title minutes } ... on Disc { label } ... on Book { t: title torn } } }", {}),
    ("{ item { ... on Book { title } } }", {}),
    ("{ item(number: 2) { __typename ... on Disc { label } } }", {}),
    ("{ item(number: 9) { __typename } }", {}),
    ('{ node(id: "b1") { __typename id ... on Book { title } } }', {}),
    ('{ node(id: "d1") { id ... on Disc { label } } n: node(id: "f1") { ...F } } fragment F on Film { minutes }', {}),
    ('{ nodes(ids: ["f1", "x", "b1", "d1"]) { id ... on Book { tags } ... on Film { title } } }', {}),
    ("{ brokenBooks { id title author { name born } } }", {}),
    (
        "query Q($s: Boolean!, $i: Boolean = true) { book { id @skip(if: $s) title @include(if: $i) pages } }",
        {"s": True},
    ),
    (
        (
            "query ($s: Boolean!, $i: Boolean!) { book { id @skip(if: $s) ...F @include(if: $i) } }"
            " fragment F on Book { title @skip(if: $s) pages }"
        ),
        {"s": False, "i": False},
    ),
    ("query Q($n: Int!) { book(number: $n) { title } }", {"n": 0}),
    ("query Q($n: Int!) { book(number: $n) { title author { name } } }", {"n": 4}),
    ("mutation { lend { ... on LendSuccess { book { id title } replayed } ... on Error { code message } } }", {}),
    (
        (
            'mutation { a: lend(how: "conflict") { ... on ConflictError { code path status existingId } } '
            'b: lend(how: "internal") { __typename } c: lend(how: "forbidden") { __typename } d: lend { __typename } }'
        ),
        {},
    ),
    (
        (
            'mutation { lend(how: "invalid") { ... on Error { code message path } '
            "... on ValidationError { fields { path code message } } } }"
        ),
        {},
    ),
    ('{ __schema { queryType { name fields { name type { kind } } } } __type(name: "Book") { name } __typename }', {}),
    ('{ fails(how: "not_found") other: fails(how: "internal") book { id } }', {}),
    ("{ book { author { __typename } stamp { __typename } related { __typename } } }", {}),
    *(('{ brokenBook(how: "' + how + '") { ' + ALL_SCALARS + " related { __typename } } }", {}) for how in BROKEN),
]


@pytest.mark.parametrize(("query", "variables"), CORPUS, ids=[query[:60] for query, _ in CORPUS])
async def test_answers_exactly_as_graphql_core_does(query, variables):
    fast = operations(fast=True)
    expected = await answer(operations(fast=False), query, variables)
    for _ in range(3):  # By the book, compiled, and from the compiled.
        assert await answer(fast, query, variables) == expected
        given = await answer(fast, query, variables)
        assert list(orders(given)) == list(orders(expected))


@pytest.mark.parametrize(
    "query",
    [
        "{ books { nodes { " + ALL_SCALARS + " } } }",
        "{ items { ... on Node { id } ... on Book { title } ... on Disc { label } } }",
        '{ node(id: "b1") { id ... on Book { title author { name } } } }',
        "mutation { lend { ... on LendSuccess { book { id title } replayed } ... on Error { code } } }",
        "{ book { title author { name } shouted } }",
    ],
)
async def test_reads_plain_fields_without_graphql_core(query, monkeypatch):
    fast = operations(fast=True)
    for _ in range(2):
        await answer(fast, query, {})
    by_the_book: list[str] = []
    stock = fast._executor.execute_field

    def counted(self: Any, parent_type: Any, source: Any, fields: Any, *rest: Any) -> Any:
        by_the_book.append(f"{parent_type.name}.{fields[0].node.name.value}")
        return stock(self, parent_type, source, fields, *rest)

    monkeypatch.setattr(fast._executor, "execute_field", counted)
    result = await answer(fast, query, {})
    assert "errors" not in result
    assert [each for each in by_the_book if each.split(".")[0] not in ("Query", "Mutation")] == (
        ["Book.shouted"] if "shouted" in query else []
    )


async def test_keeps_a_bounded_number_of_variants():
    fast = operations(fast=True)
    names = [f"v{n}" for n in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: title @include(if: ${name})" for name in names)
    query = f"query ({declared}) {{ book {{ id {fields} }} }}"
    for number in range(64):
        variables = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
        result = await answer(fast, query, variables)
        assert result["data"]["book"] == {"id": "b1"} | {n: "Book 1" for n, on in variables.items() if on}
    plans = fast.prepare(GraphQLRequest(query, None, variables)).operation.plans
    assert len(plans._variants) == VARIANTS_MAX


async def test_settles_subscription_events_as_graphql_core_does():
    for fast in (True, False):
        runner = operations(fast=fast)
        for _ in range(2):
            ready = runner.prepare(
                GraphQLRequest("subscription { lent { id title shouted author { name } } }", None, {})
            )
            answers = [each.body async for each in runner.stream(ready, context())]
        assert answers == [
            {
                "data": {
                    "lent": {
                        "id": f"b{n}",
                        "title": f"Book {n}",
                        "shouted": f"BOOK {n}",
                        "author": {"name": f"Author {n}"},
                    }
                }
            }
            for n in (1, 2)
        ]


BOOK_FIELDS = [
    "id",
    "title",
    "genre",
    "shelf",
    "pages",
    "weight",
    "lent",
    "price",
    "printed",
    "tags",
    "notes",
    "metadata",
    "grid",
    "shouted",
    "part",
    "torn",
    "missing",
]


def selections(depth: int) -> st.SearchStrategy[str]:
    plain = st.sampled_from([*BOOK_FIELDS, "__typename", "x: title", "y: pages", "... on Node { id }", "...F"])
    nested = st.sampled_from(["author { name }", "editors { name born }", "stamp { at by }", "editors { __typename }"])
    parts = [
        plain,
        nested,
        st.sampled_from(["title @skip(if: $s)", "pages @include(if: $s)", "... @skip(if: $s) { lent }"]),
    ]
    if depth:
        inner = selections(depth - 1)
        parts.append(
            inner.map(lambda s: f"related {{ __typename ... on Book {{ {s} }} ... on Film {{ title minutes }} }}")
        )
    return st.lists(st.one_of(*parts), min_size=1, max_size=6).map(" ".join)


ROOTS = [
    "book {{ {s} }}",
    "books(first: 3) {{ nodes {{ {s} }} edges {{ cursor node {{ {s} }} }} }}",
    "items {{ ... on Book {{ {s} }} ... on Disc {{ label }} }}",
    'nodes(ids: ["b1", "f1", "d1"]) {{ id ... on Book {{ {s} }} }}',
    "brokenBooks {{ {s} }}",
]


@settings(max_examples=examples(thorough=100, quick=25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(ROOTS), selections(1)), min_size=1, max_size=2), st.booleans())
def test_answers_any_selection_as_graphql_core_does(roots, skip):
    body = " ".join(f"r{n}: {root.format(s=selected)}" for n, (root, selected) in enumerate(roots))
    query = f"query Q($s: Boolean = false) {{ {body} t: __typename @skip(if: $s) }} fragment F on Book {{ id tags }}"
    if "...F" not in body:
        query = query.replace("fragment F on Book { id tags }", "")

    async def compare() -> None:
        expected = await answer(STOCK, query, {"s": skip})
        for _ in range(2):
            given = await answer(FAST, query, {"s": skip})
            assert given == expected
            assert list(orders(given)) == list(orders(expected))

    asyncio.run(compare())
