"""Generated code that makes strawberry's input objects: what its `convert_argument` makes, at a tenth of the cost."""

from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
)
from graphql.type import is_required_input_field
from strawberry.relay import GlobalID
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from app.api.graphql.execution.source import Source
from app.api.graphql.execution.upstream import coerce_default_value, definition_of_type, field_of_strawberry
from app.api.graphql.execution.values import Unusual

Convert = Callable[[Any], Any]
"""From a coerced value, nulls included, to what a resolver takes."""


class Conversions:
    """The converting functions of one schema, by input type: made when a type is first met."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], Convert | None] = {}

    def of(self, type_: GraphQLInputType, argument: StrawberryArgument) -> Convert | None:
        """The function for values of an argument; None when they stay as they are.

        :raises Unusual: when strawberry must do it.
        """
        key = (str(type_), id(argument))
        if key not in self._made:
            self._made[key] = _Writer().convert(type_, argument.type)
        return self._made[key]


class _Writer:
    """Writes the converting functions of one type and all within it."""

    def __init__(self) -> None:
        self._source = Source()
        self._open: list[str] = []
        self._written: dict[str, str] = {}

    def convert(self, type_: GraphQLInputType, declared: Any) -> Convert | None:
        expression = self._expression(type_, declared, "v")
        if expression == "v":
            return None
        return self._source.compile_expression("v", expression)

    def _expression(self, type_: GraphQLInputType, declared: Any, value: str) -> str:
        """Source for the converted `value`, which is itself source and evaluated once."""
        while isinstance(declared, StrawberryOptional | LazyType):
            if isinstance(declared, StrawberryMaybe):
                raise Unusual
            declared = declared.of_type if isinstance(declared, StrawberryOptional) else declared.resolve_type()
        nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        match nullable:
            case GraphQLScalarType() | GraphQLEnumType() if declared is not GlobalID:
                return value
            case GraphQLList() if isinstance(declared, StrawberryList):
                converted = f"{self._list(nullable, declared)}({value})"
            case GraphQLInputObjectType():
                converted = f"{self._object(nullable, declared)}({value})"
            case _:
                raise Unusual
        return converted

    def _list(self, type_: GraphQLList[Any], declared: StrawberryList) -> str:
        item = self._expression(type_.of_type, declared.of_type, "i")
        # Copied even where nothing is converted: a default is the same list for every request.
        return self._source.function("v", ["if v is None: return None"], f"[{item} for i in v]")

    def _object(self, type_: GraphQLInputObjectType, declared: Any) -> str:
        definition = definition_of_type(type_)
        if not isinstance(definition, StrawberryObjectDefinition) or definition.origin is not declared:
            raise Unusual
        if definition.from_input is not None or len(definition.fields) != len(type_.fields):
            raise Unusual
        if type_.name in self._open:
            raise Unusual
        if type_.name not in self._written:
            self._open.append(type_.name)
            fields = [self._field(name, field, definition) for name, field in type_.fields.items()]
            made = f"{self._source.name(declared)}({', '.join(fields)})"
            self._written[type_.name] = self._source.function("v", ["if v is None: return None"], made)
            self._open.pop()
        return self._written[type_.name]

    def _field(self, name: str, field: GraphQLInputField, definition: StrawberryObjectDefinition) -> str:
        declared = field_of_strawberry(field)
        if declared is None or field.out_name is not None:
            raise Unusual
        parameter = declared.python_name
        if not parameter or not parameter.isidentifier():
            raise Unusual
        value = self._expression(field.type, declared.resolve_type(type_definition=definition), f"v[{name!r}]")
        if is_required_input_field(field) or coerce_default_value(field) is not Undefined:
            return f"{parameter}={value}"
        return f"{parameter}=({value} if {name!r} in v else {self._default(declared)})"

    def _default(self, field: StrawberryField) -> str:
        if field.default_factory is not MISSING:
            return f"{self._source.name(field.default_factory)}()"
        if field.default is not MISSING:
            return f"{self._source.name((field.default,))}[0]"
        return "None"
