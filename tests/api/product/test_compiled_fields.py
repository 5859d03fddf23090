"""Each field at the root of the schema runs as generated code, with every plain field below it."""

import pytest
import strawberry
from graphql import OperationType
from strawberry.extensions import FieldExtension

from app.api.graphql.execution.upstream import graphql_schema
from app.api.graphql.schema import schema
from tests.api.graphql.execution.compiled import left_to_graphql_core, root_fields

SCHEMA = graphql_schema(schema)
ROOT_FIELDS = list(root_fields(SCHEMA))


@pytest.mark.parametrize(
    ("operation", "name"), ROOT_FIELDS, ids=[f"{operation.value}-{name}" for operation, name in ROOT_FIELDS]
)
def test_runs_as_generated_code(operation, name):
    assert left_to_graphql_core(SCHEMA, operation, name) == []


def test_covers_every_root():
    assert {operation for operation, _ in ROOT_FIELDS} == set(OperationType)


class Watching(FieldExtension):
    async def resolve_async(self, next_, source, info, **arguments):
        return await next_(source, info, **arguments)


@strawberry.type
class Thing:
    name: str

    @classmethod
    async def is_type_of(cls, value, _info):
        return True


@strawberry.input
class Hopeful:
    wish: strawberry.Maybe[str]


@strawberry.type
class Query:
    @strawberry.field(extensions=[Watching()])
    async def watched(self) -> str:
        return ""

    @strawberry.field
    async def thing(self) -> Thing:
        return Thing(name="")

    @strawberry.field
    async def hoped(self, hopeful: Hopeful) -> str:
        return ""

    @strawberry.field
    async def usual(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("name", "left"), [("watched", ["field"]), ("thing", ["value"]), ("hoped", ["field"]), ("usual", [])]
)
def test_fails_for_a_field_that_generated_code_does_not_take(name, left):
    assert left_to_graphql_core(graphql_schema(strawberry.Schema(Query)), OperationType.QUERY, name) == left
