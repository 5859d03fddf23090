"""The arguments of a field's resolver, prepared as far as possible before the variables are known."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.type import GraphQLInputField, is_required_argument, is_required_input_field

from app.api.graphql.execution.input_objects import Conversions, Convert
from app.api.graphql.execution.upstream import VariableValues, argument_of, coerce_default_value, coerce_input_literal
from app.api.graphql.execution.values import Unusual, UnusualValue

Read = Callable[[VariableValues], Any]
"""From an operation's variables to a coerced value, `Undefined` for none; raises on anything unusual."""

_UNCHANGING = (str, int, float, bool, Enum, type(None))


class Arguments:
    """Makes the arguments of one field as it stands in a document."""

    def __init__(self, field: GraphQLField, node: FieldNode, conversions: Conversions) -> None:
        """:raises Unusual: when graphql-core and strawberry must do it."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        self._fixed: dict[str, Any] = {}
        self._read: list[tuple[str, Read, Convert | None]] = []
        for name, argument in field.args.items():
            declared = argument_of(argument)
            if declared is None or argument.out_name not in (None, name):
                raise Unusual
            read, convert = _reader(given.get(name), argument), conversions.of(argument.type, declared)
            if isinstance(read, _Constant) and convert is None:
                if read.value is not Undefined:
                    self._fixed[declared.python_name] = read.value
            else:
                self._read.append((declared.python_name, read, convert))

    def make(self, variables: VariableValues) -> dict[str, Any]:
        """The resolver's arguments by name; raises on anything unusual."""
        made = self._fixed.copy()
        for name, read, convert in self._read:
            value = read(variables)
            if value is not Undefined:
                made[name] = value if convert is None else convert(value)
        return made


class _Constant:
    """Reads the same value each time."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _variables: VariableValues) -> Any:
        return self.value


def _reader(node: ValueNode | None, declared: GraphQLArgument | GraphQLInputField) -> Read:
    """Reads one argument, or one field of an object, with its default where it is left out."""
    is_required = (
        is_required_argument(declared) if isinstance(declared, GraphQLArgument) else is_required_input_field(declared)
    )
    default = Undefined if is_required else coerce_default_value(declared)
    if node is None:
        if is_required:
            raise Unusual
        return _Constant(default)
    if not isinstance(node, VariableNode):
        return _literal(node, declared.type)
    name, takes_null = node.name.value, not isinstance(declared.type, GraphQLNonNull)

    def read(variables: VariableValues) -> Any:
        value = variables.coerced.get(name, Undefined)
        if value is Undefined and not is_required:
            return default
        if value is Undefined or (value is None and not takes_null):
            raise UnusualValue
        return value

    return read


def _literal(node: ValueNode, type_: GraphQLInputType) -> Read:
    nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(node, ObjectValueNode) and isinstance(nullable, GraphQLInputObjectType):
        return _object(node, nullable)
    if not isinstance(node, NullValueNode) and not hasattr(node, "value"):
        return lambda variables: _coerced(node, type_, variables)
    value = _coerced(node, type_, None)
    # A value that a resolver could change is made anew for each call.
    return _Constant(value) if isinstance(value, _UNCHANGING) else lambda _variables: _coerced(node, type_, None)


def _coerced(node: ValueNode, type_: GraphQLInputType, variables: VariableValues | None) -> Any:
    value = coerce_input_literal(node, type_, variables)
    if value is Undefined:
        raise Unusual
    return value


def _object(node: ObjectValueNode, type_: GraphQLInputObjectType) -> Read:
    given = {field.name.value: field.value for field in node.fields}
    if not given.keys() <= type_.fields.keys():
        raise Unusual
    readers = [(field.out_name or name, _reader(given.get(name), field)) for name, field in type_.fields.items()]
    is_one_of, make = type_.is_one_of, type_.out_type

    def read(variables: VariableValues) -> Any:
        coerced = {}
        for name, reader in readers:
            value = reader(variables)
            if value is not Undefined:
                coerced[name] = value
        if is_one_of and (len(given) != 1 or len(coerced) != 1 or None in coerced.values()):
            raise UnusualValue
        return make(coerced)

    return read
