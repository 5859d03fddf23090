"""Null is absent: nulls of variables are taken out before graphql-core judges them.

Typed clients send a null for every optional field that nobody set, within `@oneOf` inputs too. A null where a value is
required stays, so that it is refused as one. What is within a scalar, such as metadata, is not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    VariableDefinitionNode,
    is_input_type,
)
from graphql.type import is_required_input_field
from graphql.utilities import type_from_ast


def without_nulls(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode] | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The variables of an operation, without the nulls that stand for nothing."""
    kept = dict(given)
    for definition in definitions or ():
        name, type_ = definition.variable.name.value, type_from_ast(schema, definition.type)
        if name not in kept or type_ is None or not is_input_type(type_):
            continue
        if kept[name] is not None:
            kept[name] = _cleaned(kept[name], type_)
        elif definition.default_value is not None or not isinstance(type_, GraphQLNonNull):
            del kept[name]
    return kept


def _cleaned(value: Any, type_: GraphQLInputType) -> Any:
    nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    match nullable:
        case GraphQLList() if isinstance(value, list):
            return [_cleaned(item, nullable.of_type) for item in value]
        case GraphQLList():
            return _cleaned(value, nullable.of_type)
        case GraphQLInputObjectType() if isinstance(value, dict):
            return dict(_kept(value, nullable))
    return value


def _kept(value: dict[str, Any], type_: GraphQLInputObjectType) -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        field = type_.fields.get(name)
        if field is None:
            yield name, item  # An unknown field is refused, null or not.
        elif item is not None:
            yield name, _cleaned(item, field.type)
        elif is_required_input_field(field):
            yield name, None
