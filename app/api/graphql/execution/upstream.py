"""Everything undocumented that the engine uses of graphql-core and strawberry, so that only this file need be checked
against a new version. Its test says what the engine relies on.

Names that are only re-exported come from modules that neither library calls public.
"""

from typing import Any, cast

import strawberry
from graphql import (
    Executor,
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_argument_values, get_variable_values
from graphql.pyutils import AwaitableOrValue, Path, UndefinedType
from graphql.type import introspection_types
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE, get_strawberry_type_cast
from strawberry.types.field import StrawberryField

__all__ = [
    "TYPE_CAST_ATTRIBUTE",
    "AwaitableOrValue",
    "CollectedFields",
    "FieldDetailsList",
    "FragmentDetails",
    "GraphQLVariableSignature",
    "GroupedFieldSet",
    "MaybeNullValidationRule",
    "OneOfInputValidationRule",
    "Path",
    "StrawberryGraphQLCoreExecutionContext",
    "UndefinedType",
    "VariableValueSource",
    "VariableValues",
    "argument_of",
    "build_resolve_info",
    "class_of_enum",
    "coerce_default_value",
    "coerce_input_literal",
    "collect_fields",
    "collect_subfields",
    "definition_of_class",
    "definition_of_type",
    "field_of_strawberry",
    "forget_selected_fields",
    "get_argument_values",
    "get_strawberry_type_cast",
    "get_variable_signature",
    "get_variable_values",
    "graphql_schema",
    "info_for",
    "introspection_types",
    "is_resolved_by_strawberry",
    "optimized_is_awaitable",
    "raw_info",
    "reads_an_attribute",
    "strawberry_schema",
]

_DEFINITION = "strawberry-definition"  # Names, in a type's extensions, what strawberry made it from.
_CONVERTER = "strawberry.schema.schema_converter"  # The module of each resolver that strawberry makes.


def graphql_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return schema._schema  # noqa: SLF001


def strawberry_schema(schema: GraphQLSchema) -> strawberry.Schema | None:
    """The strawberry schema that this one was made from."""
    return getattr(schema, "_strawberry_schema", None)


def definition_of_type(type_: GraphQLNamedType) -> Any:
    """What strawberry made a type from, or None."""
    return type_.extensions.get(_DEFINITION)


def definition_of_class(class_: type) -> Any:
    """What strawberry made of a class that was decorated, or None."""
    return getattr(class_, "__strawberry_definition__", None)


def field_of_strawberry(field: GraphQLField | GraphQLInputField) -> StrawberryField | None:
    """The strawberry field that a field was made from."""
    definition = field.extensions.get(_DEFINITION)
    return definition if isinstance(definition, StrawberryField) else None


def argument_of(argument: GraphQLArgument) -> StrawberryArgument | None:
    """The strawberry argument that an argument was made from."""
    definition = argument.extensions.get(_DEFINITION)
    return definition if isinstance(definition, StrawberryArgument) else None


def class_of_enum(type_: GraphQLEnumType) -> Any:
    """The Python class of an enum, or None."""
    return getattr(type_, "wrapped_cls", None)


def is_resolved_by_strawberry(field: GraphQLField, definition: StrawberryField) -> bool:
    """Whether strawberry alone calls a field's function, in its usual way and without wrappers."""
    is_made = getattr(field.resolve, "__module__", None) == _CONVERTER
    return is_made and type(definition).get_result is StrawberryField.get_result


def reads_an_attribute(field: GraphQLField, definition: StrawberryField) -> bool:
    """Whether a field does nothing but read the attribute of its Python name."""
    return (
        definition.is_basic_field
        and getattr(field.resolve, "_is_default", False)
        and definition.default_resolver is getattr
        and type(definition).get_result is StrawberryField.get_result
    )


def raw_info(info: strawberry.Info[Any, Any]) -> GraphQLResolveInfo[Any]:
    """graphql-core's info behind a resolver's: strawberry's own converts every selection each time it is read."""
    return info._raw_info  # noqa: SLF001


def info_for(info_class: type[strawberry.Info[Any, Any]], raw: GraphQLResolveInfo[Any], field: StrawberryField) -> Any:
    """What a resolver gets as its `info`."""
    return info_class(_raw_info=raw, _field=field)


def build_resolve_info(
    execution: Any, field: GraphQLField, nodes: list[FieldNode], parent: GraphQLObjectType, path: Path
) -> GraphQLResolveInfo[Any]:
    """graphql-core's info of one field. `execution` need only have the attributes of an executor that are read."""
    return StrawberryGraphQLCoreExecutionContext.build_resolve_info(
        cast("Executor[Any]", execution),  # type: ignore[arg-type]
        field,
        nodes,
        parent,
        path,
    )


def forget_selected_fields(executor: Executor[Any]) -> None:
    """Clear an executor's cache of selected fields, which its copy for an event shares."""
    executor._relevant_sub_fields = {}  # noqa: SLF001
