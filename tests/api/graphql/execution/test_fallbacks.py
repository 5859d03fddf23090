"""What is left to graphql-core is counted, by field and reason, and told to the debug log."""

import logging
from collections import Counter

import pytest

from app.api.graphql.execution import fallbacks as module
from app.api.graphql.execution.fallbacks import Fallbacks, Reason
from app.api.graphql.execution.upstream import VariableValues
from app.api.graphql.fallback_counts import fallback_counts
from app.api.graphql.requests import GraphQLRequest
from tests.api.graphql.execution.compared import answer, context, operations

USES = 3


@pytest.fixture
def counted(monkeypatch):
    """The counts of an operation that was compiled before, of its third use alone."""
    monkeypatch.setattr(module.fallbacks, "counts", Counter())

    async def run(query, variables=None):
        fast = operations(fast=True)
        for _ in range(USES):
            module.fallbacks.counts.clear()
            await answer(fast, query, variables or {})
        return dict(module.fallbacks.counts)

    return run


async def test_counts_nothing_where_generated_code_does_it_all(counted):
    assert await counted("{ books(first: 2) { nodes { id title author { name } } edges { cursor } totalCount } }") == {}
    assert await counted("mutation { a: lend { ... on LendSuccess { replayed } ... on Error { code } } }") == {}


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ who book { id } }", {}, {("Query.who", Reason.ROOT): 1, ("Query.book", Reason.ROOT): 1}),
        ("{ b: __typename }", {}, {("Query.__typename", Reason.ROOT): 1}),
        (
            "{ books(first: 3) { nodes { id s: shouted torn } } }",
            {},
            {("Book.shouted", Reason.RESOLVER): 3, ("Book.torn", Reason.RESOLVER): 3},
        ),
        ("query ($n: Int!) { book(number: $n) { id } }", {"n": "one"}, {("query", Reason.INPUT): 1}),
        (
            "query ($n: Int) { book(number: $n) { id } }",
            {"n": 2**40},
            {("query", Reason.INPUT): 1},
        ),
        (
            '{ brokenBook(how: "large") { pages title } }',
            {},
            {("Book.pages", Reason.RESOLVER): 1, ("Query.brokenBook", Reason.FAILURE): 3},
        ),
    ],
)
async def test_counts_by_field_and_reason(counted, query, variables, expected):
    told = await counted(query, variables)
    assert {key: told.get(key) for key in expected} == expected


async def test_tells_an_unusual_value_from_a_failure_of_generated_code(counted):
    assert ("Query.brokenBook", Reason.VALUE) in await counted('{ brokenBook(how: "exception") { author { name } } }')
    assert ("Query.brokenBook", Reason.FAILURE) in await counted('{ brokenBook(how: "author") { author { born } } }')


async def test_counts_the_first_use_of_a_text_by_each_field():
    before = module.fallbacks.counts["Book.pages", Reason.FIRST_USE]
    await answer(operations(fast=True), "{ books(first: 4) { nodes { pages } } }", {})
    assert module.fallbacks.counts["Book.pages", Reason.FIRST_USE] == before + 4


async def test_counts_events_that_generated_code_does_not_take(monkeypatch):
    monkeypatch.setattr(module.fallbacks, "counts", Counter())
    fast = operations(fast=True)
    ready = fast.prepare(GraphQLRequest("subscription { l: lent { id } }", None, {}))
    expected = [each.body async for each in fast.stream(ready, context())]
    assert module.fallbacks.counts == {}

    def broken(_value):
        raise RuntimeError

    variant = ready.operation.plans.variant(VariableValues({}, {}))
    monkeypatch.setattr(variant, "event", ("l", "Subscription.lent", broken))
    assert [each.body async for each in fast.stream(ready, context())] == expected
    assert module.fallbacks.counts == {("Subscription.lent", Reason.FAILURE): 2, ("Subscription.lent", Reason.ROOT): 2}


def test_says_in_the_debug_log_which_field_and_why(caplog):
    counts = Fallbacks()
    with caplog.at_level(logging.DEBUG, module.logger.name):
        counts.note_raised("Ledger.holder", KeyError("secret"))
    [record] = caplog.records
    assert record.getMessage() == "graphql-core does Ledger.holder: failure"
    assert isinstance(record.exc_info[1], KeyError)
    caplog.clear()
    counts.note_raised("Ledger.holder", KeyError("secret"))
    assert caplog.records == []
    assert counts.counts == {("Ledger.holder", Reason.FAILURE): 2}


async def test_are_a_metric():
    await answer(operations(fast=True), "{ books(first: 1) { nodes { lent } } }", {})
    samples = {(one.labels["field"], one.labels["reason"]): one.value for one in fallback_counts()[0].samples}
    assert samples["Book.lent", "first_use"] >= 1
