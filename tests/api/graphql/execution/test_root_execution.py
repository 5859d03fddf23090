"""Operations executed without graphql-core's executor: the same answers, each resolver called once, no garbage."""

import gc
from typing import Any

import pytest

from app.api.graphql.execution import root_execution
from app.api.graphql.execution.executor import FastExecutor
from tests.api.graphql.execution.compared import answer, operations

ORDER = "mutation ($w: Wrapping!) { order(input: {lines: [], wrapping: $w}) { text } }"
WRAPPING = {"w": {"paper": "red"}}

CORPUS = [
    'mutation { a: count b: count(how: "x") calls }',
    'mutation { a: count b: count(how: "fails") calls }',
    'mutation { a: count b: count(how: "refuses") calls }',
    'mutation { a: count b: count(how: "lies") calls }',
    "mutation { __typename a: count calls t: __typename }",
    'mutation { lend(how: "not_found") { ... on Error { code message path } } }',
    'mutation { a: lend(how: "forbidden") { __typename } b: lend(how: "internal") { __typename } calls }',
    "mutation { lend { ... on LendSuccess { book { id shouted } replayed } } calls }",
    "mutation { lend { ... on LendSuccess { book { id missing } replayed } } calls }",
    "mutation { lend { ... on LendSuccess { book { torn title } } } }",
    "{ who }",
    '{ fails(how: "timeout") }',
    '{ fails(how: "unauthenticated") }',
    "{ sleeps(seconds: 0) }",
    "{ ...F } fragment F on Query { book { id } }",
    "{ who book { id } }",
    "query ($yes: Boolean = true) { who @include(if: $yes) book @skip(if: $yes) { id } }",
    '{ brokenBook(how: "later") { title } }',
    '{ brokenBook(how: "null") { title } }',
    "{ __schema { queryType { name } } }",
]


@pytest.mark.parametrize("query", CORPUS)
async def test_answers_exactly_as_graphql_core_does(query):
    fast, expected = operations(fast=True), await answer(operations(fast=False), query, {})
    for _ in range(3):
        assert await answer(fast, query, {}) == expected


@pytest.fixture
def executors(monkeypatch):
    """How many executors of graphql-core's were made."""
    made: list[Any] = []
    init = FastExecutor.__init__

    def counted(self, *arguments, **options):
        made.append(None)
        init(self, *arguments, **options)

    monkeypatch.setattr(FastExecutor, "__init__", counted)
    return made


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ who }", {}),
        ("{ books(first: 2) { nodes { id title author { name } } totalCount } }", {}),
        ("mutation { lend { ... on LendSuccess { book { id } replayed } ... on Error { code } } b: count }", {}),
        ('mutation { lend(how: "not_found") { ... on LendSuccess { replayed } ... on Error { code path } } }', {}),
        (ORDER, WRAPPING),
    ],
)
async def test_needs_no_executor_for_what_is_usual(executors, query, variables):
    fast = operations(fast=True)
    for _ in range(2):
        await answer(fast, query, variables)
    executors.clear()
    assert "errors" not in await answer(fast, query, variables)
    assert executors == []


async def test_makes_one_executor_where_something_is_unusual(executors):
    fast = operations(fast=True)
    query = 'mutation { a: lend(how: "internal") { __typename } b: lend(how: "internal") { __typename } }'
    for _ in range(2):
        await answer(fast, query, {})
    executors.clear()
    assert len((await answer(fast, query, {}))["errors"]) == 2
    assert len(executors) == 1


async def test_leaves_nothing_to_the_garbage_collector():
    fast = operations(fast=True)
    for _ in range(3):
        await answer(fast, ORDER, WRAPPING)
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, root_execution.RootExecution) for each in gc.get_objects())
        for _ in range(10):
            await answer(fast, ORDER, WRAPPING)
        assert sum(isinstance(each, root_execution.RootExecution) for each in gc.get_objects()) == before
    finally:
        gc.enable()


async def test_can_be_switched_off(monkeypatch):
    monkeypatch.setattr(root_execution.RootExecution, "run", None)
    slow = operations(fast=False)
    for _ in range(3):
        assert await answer(slow, "{ who }", {}) == {"data": {"who": "tester r"}}
