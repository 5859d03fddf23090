"""Variables and arguments by generated code: exactly what graphql-core and strawberry make of them, or refuse."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.graphql.execution import plans
from app.api.graphql.requests import GraphQLRequest
from tests.api.graphql.execution.compared import FAST, STOCK, answer, operations
from tests.thoroughness import examples

ORDER = "mutation ($input: Order!) { order(input: $input) { text } }"
LINE: dict[str, Any] = {"title": "A", "id": "1", "requiredMetadata": {"a": 1}}
WRAPPING = {"paper": "red"}

CORPUS: list[tuple[str, dict[str, Any]]] = [
    (ORDER, {"input": {"lines": [LINE]}}),
    (ORDER, {"input": {"lines": [LINE, {**LINE, "count": 2, "genre": "NOVEL", "shelf": "HIGH"}], "atomic": True}}),
    (ORDER, {"input": {"lines": [{**LINE, "wrapping": WRAPPING, "wrappings": [WRAPPING, None]}]}}),
    (ORDER, {"input": {"lines": [{**LINE, "wrapping": {**WRAPPING, "ribbons": ["NOVEL"]}}], "wrapping": WRAPPING}}),
    (ORDER, {"input": {"lines": [{**LINE, "key": {"id": "b1"}}, {**LINE, "key": {"title": "T"}}]}}),
    (ORDER, {"input": {"lines": [{**LINE, "grid": [[1, None], []], "tags": [], "weight": 1, "lent": False}]}}),
    (ORDER, {"input": {"lines": [{**LINE, "note": None, "price": None, "genre": None, "tags": None}]}}),
    (ORDER, {"input": {"lines": [{**LINE, "id": 7, "weight": 1.5, "at": "now", "price": "x"}]}}),
    (ORDER, {"input": {"lines": []}}),
    # What only graphql-core coerces, since it is no list, or not of the JSON type that is usual.
    (ORDER, {"input": {"lines": LINE}}),
    (ORDER, {"input": {"lines": [{**LINE, "tags": "one", "grid": 1}]}}),
    (ORDER, {"input": {"lines": [{**LINE, "weight": True}]}}),
    # What is refused, with every message.
    (ORDER, {}),
    (ORDER, {"input": None}),
    (ORDER, {"input": 7}),
    (ORDER, {"input": []}),
    (ORDER, {"input": {}}),
    (ORDER, {"input": {"lines": None}}),
    (ORDER, {"input": {"lines": [None]}}),
    (ORDER, {"input": {"lines": [LINE, {"title": "B"}]}}),
    (ORDER, {"input": {"lines": [{**LINE, "titel": "B"}]}}),
    (ORDER, {"input": {"lines": [LINE], "atomic": None}}),
    (ORDER, {"input": {"lines": [LINE], "atomic": "yes"}}),
    *(
        (ORDER, {"input": {"lines": [LINE, {**LINE, name: value}]}})
        for name, value in [
            ("title", 7),
            ("title", None),
            ("id", 1.5),
            ("id", True),
            ("count", None),
            ("count", 2**31),
            ("count", "2"),
            ("count", 2.0),
            ("count", True),
            ("weight", "1"),
            ("lent", 1),
            ("genre", "novel"),
            ("genre", 1),
            ("genre", []),
            ("shelf", None),
            ("note", 5),
            ("price", 10),
            ("at", {}),
            ("tags", [None]),
            ("tags", [1]),
            ("grid", [None]),
            ("grid", [["x"]]),
            ("requiredMetadata", None),
            ("wrapping", "red"),
            ("wrapping", {}),
            ("wrapping", {**WRAPPING, "ribbons": [None]}),
            ("wrappings", [{"paper": None}]),
            ("key", {}),
            ("key", {"id": None}),
            ("key", {"id": "1", "title": "T"}),
            ("key", {"id": "1", "title": None}),
            ("key", {"other": "1"}),
        ]
    ),
    # Literals, defaults and variables in every place.
    ('mutation { order(input: {lines: {title: "A", id: 1, requiredMetadata: {x: [1, "a"]}}}) { text } }', {}),
    (
        (
            'mutation ($title: String!, $note: String, $tag: String = "t", $metadata: JSON = {a: 1}) { order(times: 2,'
            ' input: {lines: [{title: $title, id: "1", note: $note, tags: [$tag], requiredMetadata: {m: $metadata},'
            " metadata: $metadata, key: {title: $title}}], wrapping: {paper: $title}}) { text } }"
        ),
        {"title": "A"},
    ),
    (
        'mutation ($wrapping: Wrapping = {paper: "p"}) { order(input: {lines: [], wrapping: $wrapping}) { text } }',
        {"wrapping": {"paper": "q"}},
    ),
    ('mutation ($w: Wrapping = {paper: "p"}) { order(input: {lines: [], wrapping: $w}) { text } }', {}),
    ('mutation ($w: Wrapping = {paper: "p"}) { order(input: {lines: [], wrapping: $w}) { text } }', {"w": None}),
    ("mutation ($n: Int, $l: [Line!]) { order(times: $n, again: $l, input: {lines: []}) { text } }", {}),
    ("mutation ($n: Int = 3, $l: [Line!]) { order(times: $n, again: $l, input: {lines: []}) { text } }", {"l": [LINE]}),
    ("mutation ($n: Int = 3) { order(times: $n, input: {lines: []}) { text } }", {"n": None}),
    ("query ($t: String!) { find(by: {title: $t}) }", {"t": "A"}),
    ("query ($k: Key!) { find(by: $k) }", {"k": {"title": "A"}}),
    ("query ($k: Key!) { find(by: $k) }", {"k": {"title": "A", "id": "1"}}),
    ('{ find(by: {id: 7}) echo(wanted: {id: "1", metadata: [1, {a: null}], price: "1", at: "x"}) }', {}),
    # Of any depth, and of a kind that strawberry alone makes.
    ("mutation ($t: Tree!) { plant(tree: $t) }", {"t": {"name": "a", "branches": [{"name": "b"}]}}),
    ("mutation ($t: Tree!) { plant(tree: $t) }", {"t": {"name": "a", "branches": [{"nom": "b"}]}}),
    ('mutation { plant(tree: {name: "a", branches: {name: "b"}}) }', {}),
    ("mutation ($h: Hopeful!) { hope(hopeful: $h) }", {"h": {"wish": "x"}}),
    ("mutation ($h: Hopeful!) { hope(hopeful: $h) }", {"h": {}}),
    ("query ($f: Int) { books(first: $f) { nodes { id } } }", {"f": 1}),
    ("query ($f: Int) { books(first: $f) { nodes { id } } }", {}),
    ("query ($f: Int) { books(first: $f, last: null) { nodes { id } } }", {"f": None}),
    ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["b1", 7]}),
    ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": "b1"}),
    ('query ($id: ID!) { nodes(ids: [$id, "f1"]) { id } }', {"id": "b1"}),
]


@pytest.mark.parametrize(("query", "variables"), CORPUS, ids=[f"{n}" for n in range(len(CORPUS))])
async def test_takes_exactly_what_graphql_core_takes(query, variables):
    fast = operations(fast=True)
    expected = await answer(operations(fast=False), query, variables)
    for _ in range(3):  # By the book, compiled, and from the compiled.
        assert await answer(fast, query, variables) == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([2**31, 1.5, "x", "NOVEL", "LOW", ""]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["paper", "id", "x"]), inner, max_size=2)
    ),
    max_leaves=3,
)
OPTIONAL = {
    "count": st.integers(-2, 2),
    "weight": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-2, 2),
    "lent": st.booleans(),
    "genre": st.sampled_from(["NOVEL", "POETRY"]) | st.none(),
    "shelf": st.sampled_from(["LOW", "HIGH"]),
    "note": st.text(max_size=3) | st.none(),
    "price": st.text(max_size=3) | st.none(),
    "tags": st.lists(st.text(max_size=2), max_size=2) | st.none(),
    "grid": st.lists(st.lists(st.integers(0, 3) | st.none(), max_size=2), max_size=2),
    "metadata": VALUES,
    "wrapping": st.fixed_dictionaries({"paper": st.text(max_size=2)}, optional={"ribbons": st.just(["NOVEL"])}),
    "key": st.sampled_from([{"id": "1"}, {"title": "t"}]) | st.none(),
}
REQUIRED = {"title": st.text(max_size=3), "id": st.text(max_size=3) | st.integers(), "requiredMetadata": VALUES}
LINES = st.fixed_dictionaries(REQUIRED, optional=OPTIONAL)
# One field of any value, or one too many: mostly refused.
SPOILT = st.tuples(LINES, st.sampled_from([*REQUIRED, *OPTIONAL, "other"]), VALUES).map(lambda t: {**t[0], t[1]: t[2]})


@settings(max_examples=examples(thorough=150, quick=40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES | SPOILT, max_size=2))
def test_takes_any_input_as_graphql_core_does(lines):
    variables = json.loads(json.dumps({"input": {"lines": lines}}))

    async def compare() -> None:
        expected = await answer(STOCK, ORDER, variables)
        for _ in range(2):
            assert await answer(FAST, ORDER, variables) == expected

    asyncio.run(compare())


async def test_makes_usual_inputs_without_graphql_core_and_strawberry(monkeypatch):
    fast = operations(fast=True)
    variables = {"input": {"lines": [{**LINE, "wrapping": WRAPPING}] * 3}}
    for _ in range(2):
        expected = await answer(fast, ORDER, variables)
    monkeypatch.setattr(plans, "get_variable_values", None)
    monkeypatch.setattr("strawberry.schema.schema_converter.get_arguments", None)
    assert await answer(fast, ORDER, variables) == expected


async def test_gives_every_request_its_own_defaults():
    fast = operations(fast=True)
    query = "mutation { order(input: {lines: []}) { text } }"
    for _ in range(2):
        await answer(fast, query, {})
    ready = fast.prepare(GraphQLRequest(query, None, {}))
    selections = ready.operation.plans.variant(ready.operation.plans.coerce({}, hide_suggestions=False))
    first, second = (
        selections.root["order"].arguments.make(ready.operation.plans.coerce({}, hide_suggestions=False)) for _ in "12"
    )
    first["input"].wrapping.ribbons.append("mine")
    assert [ribbon.value for ribbon in second["input"].wrapping.ribbons] == ["poetry"]
    assert second["input"].lines is not first["input"].lines
