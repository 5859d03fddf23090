from types import SimpleNamespace

import pytest
import strawberry
from graphql import parse

from app.api.graphql.context import Context
from app.api.graphql.execution.selected import FieldNodes, selected_below
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.settings import load_settings

seen: list[frozenset[str]] = []


@strawberry.type
class Part:
    name: str = "n"
    weight: int = 1


@strawberry.type
class Thing:
    id: str = "1"
    title: str = "t"
    part: Part = strawberry.field(default_factory=Part)


@strawberry.type
class Edge:
    cursor: str = "c"
    node: Thing = strawberry.field(default_factory=Thing)


@strawberry.type
class Page:
    nodes: list[Thing] = strawberry.field(default_factory=list)
    edges: list[Edge] = strawberry.field(default_factory=list)


@strawberry.type
class Query:
    @strawberry.field
    def page(self, info: strawberry.Info) -> Page:
        seen.append(selected_below(info, "nodes", "edges.node"))
        seen.append(selected_below(info, "nodes.part", "edges.node.part"))
        return Page()


OPERATIONS = [Operations(strawberry.Schema(query=Query), load_settings(fast_execution=fast)) for fast in (True, False)]


@pytest.mark.parametrize("operations", OPERATIONS, ids=["fast", "stock"])
@pytest.mark.parametrize(
    ("query", "things", "parts"),
    [
        ("{ page { nodes { id } } }", {"id"}, set()),
        (
            "{ page { nodes { x: title part { name } } edges { cursor node { id } } } }",
            {"title", "part", "id"},
            {"name"},
        ),
        (
            (
                "{ page { ...F nodes { id } } } fragment F on Page { edges { node { ...G } } }"
                " fragment G on Thing { title }"
            ),
            {"id", "title"},
            set(),
        ),
        (
            "{ page { nodes { ... { part { ... on Part { weight __typename } } } } } }",
            {"part"},
            {"weight", "__typename"},
        ),
        ("query ($no: Boolean = false) { page { nodes { id @include(if: $no) } } }", {"id"}, set()),
        ("{ page { nodes { id } } page { nodes { title } } }", {"id", "title"}, set()),
        ("{ page { __typename } }", set(), set()),
    ],
)
async def test_names_all_that_is_selected_below(operations, query, things, parts):
    for _ in range(4):
        seen.clear()
        request = operations.prepare(GraphQLRequest(query, None, {}))
        await operations.run(request, Context(None, load_settings(), "r"))
        assert seen == [things, parts]


def test_looks_once_for_each_field_of_a_prepared_document():
    nodes = FieldNodes(parse("{ page { nodes { id } } }").definitions[0].selection_set.selections)
    info = SimpleNamespace(_raw_info=SimpleNamespace(fragments={}, field_nodes=nodes))
    assert selected_below(info, "nodes") is selected_below(info, "nodes")
