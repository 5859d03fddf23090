"""Asks a schema for one root field with every plain field below it, and says what generated code does not take."""

from collections.abc import Iterator

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    get_named_type,
)

from app.api.graphql.execution.documents import Documents
from app.api.graphql.execution.upstream import VariableValues, field_of_strawberry

DEPTH_MAX = 4


def root_fields(schema: GraphQLSchema) -> Iterator[tuple[OperationType, str]]:
    """Every field at every root."""
    for operation in OperationType:
        root = schema.get_root_type(operation)
        yield from ((operation, name) for name in (root.fields if root else ()))


def document_for(schema: GraphQLSchema, operation: OperationType, name: str) -> str:
    """An operation that asks for this root field, its arguments as variables and all plain fields below it."""
    root = schema.get_root_type(operation)
    assert root is not None
    field = root.fields[name]
    declared = ", ".join(f"${argument}: {one.type}" for argument, one in field.args.items())
    given = ", ".join(f"{argument}: ${argument}" for argument in field.args)
    variables, arguments = (f" ({declared})", f"({given})") if field.args else ("", "")
    return f"{operation.value}{variables} {{ {name}{arguments} {_selection(schema, field.type, DEPTH_MAX)} }}"


def _selection(schema: GraphQLSchema, type_: GraphQLOutputType, depth: int) -> str:
    match get_named_type(type_):
        case GraphQLUnionType() | GraphQLInterfaceType() as abstract:
            return f"{{ __typename {_members(schema, abstract, depth)} }}"
        case GraphQLObjectType() as object_:
            return f"{{ __typename {_plain(schema, object_, depth)} }}"
    return ""


def _members(schema: GraphQLSchema, type_: GraphQLAbstractType, depth: int) -> str:
    members = schema.get_possible_types(type_)
    return " ".join(f"... on {one.name} {{ __typename {_aliased(schema, one, depth)} }}" for one in members)


def _aliased(schema: GraphQLSchema, type_: GraphQLObjectType, depth: int) -> str:
    """With names of their own: members may have fields of one name and different types."""
    prefix = type_.name[:1].lower() + type_.name[1:]
    return " ".join(
        f"{prefix}_{name}: {name} {_selection(schema, field.type, depth - 1)}"
        for name, field in type_.fields.items()
        if _is_plain(field, depth)
    )


def _plain(schema: GraphQLSchema, type_: GraphQLObjectType, depth: int) -> str:
    return " ".join(
        f"{name} {_selection(schema, field.type, depth - 1)}"
        for name, field in type_.fields.items()
        if _is_plain(field, depth)
    )


def _is_plain(field: GraphQLField, depth: int) -> bool:
    definition = field_of_strawberry(field)
    has_more = isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
    return definition is not None and definition.is_basic_field and (depth > 1 or not has_more)


def left_to_graphql_core(schema: GraphQLSchema, operation: OperationType, name: str) -> list[str]:
    """What of such an operation generated code does not take: nothing, it is to be hoped."""
    [prepared] = (
        Documents(schema, hide_suggestions=False).prepare(document_for(schema, operation, name)).operations.values()
    )
    plans = prepared.plans
    plans.compile()
    left = [] if plans._compiled.variables is not None else ["variables"]
    variant = plans.variant(VariableValues({}, {}))
    if operation is OperationType.SUBSCRIPTION:
        return left if variant.event is not None else [*left, "event"]
    root = variant.root.get(name)
    if root is None:
        return [*left, "field"]
    return left if root.complete is not None else [*left, "value"]
