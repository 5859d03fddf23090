"""Generated code that coerces variables: from JSON to exactly what graphql-core would make of it, or an exception.

A null of a variable or of an input object's field counts as absent, as in nulls.py.

Anything unusual (a value of another type, an unknown field, a single value where a list is meant) raises. graphql-core
then does it all again, and reports what is wrong.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
)
from graphql.type import is_required_input_field

from app.api.graphql.execution import leaves
from app.api.graphql.execution.source import Source
from app.api.graphql.execution.upstream import (
    GraphQLVariableSignature,
    VariableValues,
    VariableValueSource,
    coerce_default_value,
    get_variable_signature,
)
from app.api.graphql.execution.values import Unusual, UnusualValue

Coerce = Callable[[Any], Any]
"""From a JSON value, nulls included, to the coerced value; raises on anything unusual."""


class Coercions:
    """The coercing functions of one schema, by type: made when a variable of the type is first met."""

    def __init__(self) -> None:
        self._made: dict[str, Coerce | None] = {}

    def of(self, type_: GraphQLInputType) -> Coerce:
        """The function for this type.

        :raises Unusual: when graphql-core must do it.
        """
        name = str(type_)
        if name not in self._made:
            try:
                self._made[name] = _Writer().coerce(type_)
            except Unusual:
                self._made[name] = None
        made = self._made[name]
        if made is None:
            raise Unusual
        return made


class OperationVariables:
    """Coerces the variables of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, coercions: Coercions) -> None:
        """:raises Unusual: when graphql-core must do it."""
        self._variables: list[tuple[str, GraphQLVariableSignature, Coerce, bool]] = []
        for definition in operation.variable_definitions or ():
            signature = get_variable_signature(schema, definition)
            if isinstance(signature, GraphQLError):
                raise Unusual
            is_required = signature.default is None and isinstance(signature.type, GraphQLNonNull)
            self._variables.append((signature.name, signature, coercions.of(signature.type), is_required))

    def coerce(self, given: Mapping[str, Any]) -> VariableValues:
        """The values; raises on anything unusual."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, coerce, is_required in self._variables:
            value = given.get(name)
            if value is not None:
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = coerce(value)
            elif is_required:
                raise UnusualValue
            else:
                sources[name] = VariableValueSource(signature)
                default = coerce_default_value(signature)
                if default is not Undefined:
                    coerced[name] = default
        return VariableValues(sources, coerced)


class _Writer:
    """Writes the coercing functions of one type and all within it."""

    def __init__(self) -> None:
        self._source = Source(UnusualValue=UnusualValue, Undefined=Undefined)
        self._open: list[str] = []
        self._written: dict[str, str] = {}

    def coerce(self, type_: GraphQLInputType) -> Coerce:
        return self._source.compile_expression("v", self._expression(type_, "v"))

    def _expression(self, type_: GraphQLInputType, variable: str) -> str:
        if isinstance(type_, GraphQLNonNull):
            # No null check is needed: the code for each kind of value refuses null.
            return self._value(type_.of_type, variable)
        return f"(None if {variable} is None else {self._value(type_, variable)})"

    def _value(self, type_: GraphQLInputType, variable: str) -> str:
        match type_:
            case GraphQLEnumType():
                return f"{self._source.name(_enum_values(type_))}[{variable}]"
            case GraphQLScalarType():
                return leaves.input_source(type_).format(v=variable, c=self._source.name(_checked_leaf(type_)))
            case GraphQLList():
                return f"{self._list(type_)}({variable})"
            case GraphQLInputObjectType():
                return f"{self._object(type_)}({variable})"
        raise Unusual

    def _list(self, type_: GraphQLList[Any]) -> str:
        lines = ["if v.__class__ is not list: raise UnusualValue"]
        return self._source.function("v", lines, f"[{self._expression(type_.of_type, 'i')} for i in v]")

    def _object(self, type_: GraphQLInputObjectType) -> str:
        if type_.name in self._written:
            return self._written[type_.name]
        if type_.name in self._open:
            raise Unusual  # It may be of any depth: graphql-core bounds it.
        self._open.append(type_.name)
        result = self._object_body(type_)
        self._open.pop()
        self._written[type_.name] = result
        return result

    def _object_body(self, type_: GraphQLInputObjectType) -> str:
        lines = ["if v.__class__ is not dict: raise UnusualValue"]
        items, later, required = [], [], 0
        for number, (name, field) in enumerate(type_.fields.items()):
            key, variable = repr(field.out_name or name), f"f{number}"
            default = coerce_default_value(field)
            if is_required_input_field(field):
                required += 1
                lines.append(f"{variable} = v[{name!r}]")
                items.append(f"{key}: {self._expression(field.type, variable)}")
                continue
            lines += [f"{variable} = None", f"if {name!r} in v: n += 1; {variable} = v[{name!r}]"]
            type_given = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            expression = self._value(type_given, variable)
            if default is Undefined:
                later.append(f"if {variable} is not None: r[{key}] = {expression}")
            else:
                items.append(f"{key}: ({self._source.name((default,))}[0] if {variable} is None else {expression})")
        lines = [lines[0], f"n = {required}", *lines[1:], f"r = {{{', '.join(items)}}}", *later]
        lines.append("if n != len(v): raise UnusualValue")  # An unknown field.
        if type_.is_one_of:
            lines.append("if len(r) != 1: raise UnusualValue")
        is_plain = type_.out_type is GraphQLInputObjectType.out_type
        return self._source.function("v", lines, "r" if is_plain else f"{self._source.name(type_.out_type)}(r)")


def _checked_leaf(type_: GraphQLScalarType) -> Coerce:
    coerce = type_.coerce_input_value

    def leaf(value: Any) -> Any:
        if value is None:
            raise UnusualValue
        coerced = coerce(value)
        if coerced is Undefined:
            raise UnusualValue
        return coerced

    return leaf


def _enum_values(type_: GraphQLEnumType) -> dict[str, Any]:
    """Coerced values by GraphQL name."""
    return {name: type_.coerce_input_value(name) for name in type_.values}
