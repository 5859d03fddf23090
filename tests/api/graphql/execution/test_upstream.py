"""What the engine relies on in graphql-core and strawberry beyond what they document."""

import ast
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
import strawberry
from graphql import GraphQLSchema, parse
from strawberry.types.field import StrawberryField

from app.api.graphql.execution import upstream
from app.api.graphql.execution.upstream import (
    StrawberryGraphQLCoreExecutionContext,
    argument_of,
    build_resolve_info,
    class_of_enum,
    definition_of_class,
    definition_of_type,
    field_of_strawberry,
    forget_selected_fields,
    graphql_schema,
    info_for,
    is_resolved_by_strawberry,
    raw_info,
    reads_an_attribute,
    strawberry_schema,
)

ROOT = Path(__file__).parents[4]
GRAPHQL = sorted((ROOT / "app/api/graphql").rglob("*.py"))
ADAPTER = ROOT / "app/api/graphql/execution/upstream.py"
INNER_MODULES = (
    "graphql.execution",
    "graphql.pyutils",
    "graphql.utilities.coerce_input_value",
    "strawberry.execution",
    "strawberry.schema.schema",
    "strawberry.schema.validation_rules",
    "strawberry.types.cast",
)
INNER_NAMES = {"__strawberry_definition__", "strawberry-definition", "_is_default", "wrapped_cls", "get_result"}


@strawberry.enum
class Color(Enum):
    RED = 1


class Field(StrawberryField):
    def get_result(self, source, info, args, kwargs):
        return super().get_result(source, info, args, kwargs)


@strawberry.type
class Thing:
    name: str = "n"
    color: Color = Color.RED
    watched: str = Field(default="w", python_name="watched")

    @strawberry.field
    def loud(self, times: int = 1) -> str:
        return self.name.upper() * times


@strawberry.type
class Query:
    @strawberry.field
    async def thing(self, info: strawberry.Info[None, None]) -> Thing:
        seen.append(info)
        return Thing()


seen: list[strawberry.Info[None, None]] = []
SCHEMA = strawberry.Schema(Query)
CORE = graphql_schema(SCHEMA)
THING = CORE.type_map["Thing"]


def test_finds_each_schema_in_the_other():
    assert isinstance(CORE, GraphQLSchema)
    assert strawberry_schema(CORE) is SCHEMA
    assert strawberry_schema(GraphQLSchema()) is None


def test_finds_what_types_fields_and_arguments_were_made_of():
    assert definition_of_type(THING).origin is Thing
    assert definition_of_class(Thing) is definition_of_type(THING)
    assert definition_of_class(int) is None
    assert field_of_strawberry(THING.fields["loud"]).python_name == "loud"
    assert argument_of(THING.fields["loud"].args["times"]).python_name == "times"
    assert field_of_strawberry(CORE.type_map["__Schema"].fields["types"]) is None
    assert class_of_enum(CORE.type_map["Color"]) is Color


def test_tells_fields_that_read_an_attribute_from_those_that_do_more():
    def reads(name):
        return reads_an_attribute(THING.fields[name], field_of_strawberry(THING.fields[name]))

    assert [name for name in THING.fields if reads(name)] == ["name", "color"]


def test_tells_functions_that_strawberry_calls_by_itself():
    def is_by_strawberry(name):
        return is_resolved_by_strawberry(THING.fields[name], field_of_strawberry(THING.fields[name]))

    assert is_by_strawberry("loud")
    assert not is_by_strawberry("watched")


async def test_makes_the_info_that_strawberry_makes():
    seen.clear()
    await SCHEMA.execute("{ thing { name } }")
    [theirs] = seen
    execution = SimpleNamespace(
        **dict.fromkeys(("abort_signal", "async_helpers", "operation_extensions", "root_value")),
        schema=CORE,
        operation=raw_info(theirs).operation,
        fragment_definitions=raw_info(theirs).fragments,
        variable_values=upstream.VariableValues({}, {}),
        context_value="context",
        is_awaitable=raw_info(theirs).is_awaitable,
    )
    field = CORE.query_type.fields["thing"]
    made = build_resolve_info(execution, field, raw_info(theirs).field_nodes, CORE.query_type, raw_info(theirs).path)
    ours = info_for(strawberry.Info, made, field_of_strawberry(field))
    assert (ours.field_name, ours.context, ours.schema, ours.path) == ("thing", "context", SCHEMA, theirs.path)
    assert [field.name for field in ours.selected_fields] == [field.name for field in theirs.selected_fields]


def test_forgets_what_an_executor_remembers_of_selected_fields():
    document = parse("{ thing { name } }")
    executor = StrawberryGraphQLCoreExecutionContext.build(CORE, document)
    copy = executor.build_per_event_executor(None)
    assert copy._relevant_sub_fields is executor._relevant_sub_fields
    forget_selected_fields(copy)
    assert copy._relevant_sub_fields == {}
    assert copy._relevant_sub_fields is not executor._relevant_sub_fields


def test_knows_these_versions():
    """Both are pinned to what was judged; whoever raises one reads `upstream.py` again."""
    pins = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f"graphql-core=={version('graphql-core')}" in pins
    assert f"strawberry-graphql=={version('strawberry-graphql')}" in pins


@pytest.mark.parametrize("file", GRAPHQL, ids=[file.relative_to(ROOT).as_posix() for file in GRAPHQL])
def test_is_the_only_file_that_uses_inner_names(file):
    if file == ADAPTER:
        return
    tree = ast.parse(file.read_text("utf-8"))
    assert [name for node in ast.walk(tree) for name in _inner_names(node)] == []


def _inner_names(node):
    match node:
        case ast.ImportFrom(module=str(module)) if module.startswith(INNER_MODULES):
            yield module
        case ast.Constant(value=str(text)) if text in INNER_NAMES:
            yield text
        case ast.Attribute(attr=name) if name in INNER_NAMES:
            yield name
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if _is_private(name) and owner not in {"self", "cls"}:
            yield f"{owner}.{name}"


def _is_private(name):
    return name.startswith("_") and not name.startswith("__")


def test_would_see_an_inner_name():
    told = "from graphql.execution.values import VariableValues\nschema._schema\nself._own\nx.wrapped_cls"
    assert [name for node in ast.walk(ast.parse(told)) for name in _inner_names(node)] == [
        "graphql.execution.values",
        "schema._schema",
        "wrapped_cls",
    ]


def test_passes_on_only_what_is_used():
    text = "\n".join(file.read_text("utf-8") for file in GRAPHQL if file != ADAPTER)
    assert [name for name in upstream.__all__ if name not in text] == []
