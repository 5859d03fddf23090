"""Writes a Python function per selection: attribute reads, checks and one dict display, nothing else.

The functions return exactly what graphql-core would, or raise on anything unusual (an error, an awaitable, a null where
none may be). graphql-core then does it again, and reports the error.
"""

from collections.abc import Callable
from inspect import getattr_static, iscoroutinefunction
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)
from graphql.type import GraphQLOutputType
from strawberry.types.base import StrawberryObjectDefinition

from app.api.graphql.execution import leaves
from app.api.graphql.execution.attributes import Made, Shown
from app.api.graphql.execution.source import Source
from app.api.graphql.execution.upstream import (
    TYPE_CAST_ATTRIBUTE,
    FieldDetailsList,
    GroupedFieldSet,
    definition_of_type,
    field_of_strawberry,
    reads_an_attribute,
)
from app.api.graphql.execution.values import (
    Complete,
    Dispatch,
    Unusual,
    UnusualValue,
    admission,
    checked_leaf,
    enum_names,
)


class Writer:
    """Writes and compiles one function with all that it calls."""

    def __init__(
        self,
        schema: GraphQLSchema,
        collect: Callable[[GraphQLObjectType, FieldDetailsList], GroupedFieldSet],
        complete: Callable[[GraphQLObjectType, FieldDetailsList], Complete | None],
    ) -> None:
        """`collect` returns the fields selected of an object. `complete` gives the code of a member of a union or an
        interface, when the first one is met.
        """
        self._schema = schema
        self._collect = collect
        self._complete = complete
        self._source = Source(UnusualValue=UnusualValue, **leaves.NAMES)

    def complete(self, type_: GraphQLOutputType, fields: FieldDetailsList) -> Complete:
        """A function for non-null values of this nullable type.

        :raises Unusual: when graphql-core must do it.
        """
        return self._source.compile_expression("v", self._value(type_, fields, "v"))

    def mixed(self, type_: GraphQLObjectType, fields: FieldDetailsList) -> tuple[Complete, GroupedFieldSet]:
        """A function for the plain fields of an object whose type is already checked, and the other fields.

        :raises Unusual: when none is plain.
        """
        others: GroupedFieldSet = {}
        name = self._object(type_, fields, others)
        return self._source.compile(name), others

    def _expression(self, type_: GraphQLOutputType, fields: FieldDetailsList, variable: str) -> str:
        """Source for the response part of `variable`, nulls included."""
        if not isinstance(type_, GraphQLNonNull):
            return f"(None if {variable} is None else {self._value(type_, fields, variable)})"
        # No null check is needed: the code for each kind of value refuses null.
        return self._value(type_.of_type, fields, variable)

    def _value(self, type_: GraphQLOutputType, fields: FieldDetailsList, variable: str) -> str:
        match type_:
            case GraphQLEnumType():
                names = enum_names(type_)
                checked = f"({variable})" if names is None else f"[{variable}]"
                return f"{self._source.name(names or checked_leaf(type_))}{checked}"
            case GraphQLScalarType():
                return leaves.output_source(type_).format(v=variable, c=self._source.name(checked_leaf(type_)))
            case GraphQLList():
                return f"{self._list(type_, fields)}({variable})"
            case GraphQLObjectType():
                return f"{self._object(type_, fields, None)}({variable})"
            case GraphQLInterfaceType() | GraphQLUnionType():
                return f"{self._abstract(type_, fields)}({variable})"
        raise Unusual

    def _abstract(self, type_: GraphQLInterfaceType | GraphQLUnionType, fields: FieldDetailsList) -> str:
        dispatch = Dispatch(self._schema, type_, lambda member: self._complete(member, fields))
        known, others = self._source.name(dispatch.known), self._source.name(dispatch)
        lines = [
            f"c = {known}.get(v.__class__)",
            f"if c is None or getattr(v, {TYPE_CAST_ATTRIBUTE!r}, None) is not None: return {others}(v)",
        ]
        return self._source.function("v", lines, "c(v)")

    def _list(self, type_: GraphQLList[Any], fields: FieldDetailsList) -> str:
        expression = self._expression(type_.of_type, fields, "i")
        lines = ["if v.__class__ is not list and v.__class__ is not tuple: raise UnusualValue"]
        return self._source.function("v", lines, f"[{expression} for i in v]")

    def _object(self, type_: GraphQLObjectType, fields: FieldDetailsList, others: GroupedFieldSet | None) -> str:
        """The name of a function for objects of this type. Unusual fields go to `others`, where there is one."""
        lines: list[str] = [] if others is not None else self._admit(type_)
        items: list[str] = []
        reads = 0
        for response_name, selected in self._collect(type_, fields).items():
            try:
                read, expression = self._field(type_, selected, f"v{len(items)}")
                lines += read
                reads += bool(read)
            except Unusual:
                if others is None:
                    raise
                others[response_name] = selected
                expression = "None"
            items.append(f"{response_name!r}: {expression}")
        if others is not None and not reads:
            raise Unusual
        return self._source.function("o", lines, f"{{{', '.join(items)}}}")

    def _field(self, type_: GraphQLObjectType, selected: FieldDetailsList, variable: str) -> tuple[list[str], str]:
        name = selected[0].node.name.value
        if name == "__typename":
            return [], repr(type_.name)
        field = self._schema.get_field(type_, name)
        if field is None:
            raise Unusual
        read = self._read(type_, _plain_attribute(field))
        return [f"{variable} = {read}"], self._expression(field.type, selected, variable)

    def _read(self, type_: GraphQLObjectType, attribute: str) -> str:
        """Source for what the field reads. It does not call our own descriptors."""
        definition = definition_of_type(type_)
        descriptor = getattr_static(getattr(definition, "origin", None), attribute, None)
        match descriptor:
            case Shown():
                return f"o.shown.{descriptor.name}"
            case Made():
                return f"{self._source.name(descriptor.make)}(o)"
        return f"o.{attribute}"

    def _admit(self, type_: GraphQLObjectType) -> list[str]:
        """Lines that accept only objects that graphql-core would take as this type unchanged."""
        definition = definition_of_type(type_)
        if not isinstance(definition, StrawberryObjectDefinition):
            raise Unusual
        origins: tuple[type, ...] = ()
        lines = []
        if definition.is_type_of is not None:
            if iscoroutinefunction(definition.is_type_of):
                raise Unusual
            lines.append(f"if {self._source.name(definition.is_type_of)}(o, None) is not True: raise UnusualValue")
        elif type_.is_type_of is not None:
            origins = (definition.origin, *(interface.origin for interface in definition.interfaces))
            lines.append(f"if getattr(o, {TYPE_CAST_ATTRIBUTE!r}, None) is not None: raise UnusualValue")
        known, admit = admission(origins)
        known_name, admit_name = self._source.name(known), self._source.name(admit)
        return [f"if o.__class__ not in {known_name}: {admit_name}(o.__class__)", *lines]


def _plain_attribute(field: GraphQLField) -> str:
    """The attribute that the field reads.

    :raises Unusual: when it does more than that.
    """
    definition = field_of_strawberry(field)
    if definition is None or field.args or not reads_an_attribute(field, definition):
        raise Unusual
    name = definition.python_name
    if not name or not name.isidentifier() or name.startswith("__"):
        raise Unusual
    return name
