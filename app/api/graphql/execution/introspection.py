"""Introspection: what it costs, and its answers.

Both are found by walking the schema. Each element is walked once for each selection, however often it is met: a
document asks for the type of a field hundreds of times.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
)
from graphql.type import GraphQLNamedType, get_named_type, get_nullable_type

from app.api.graphql.execution.upstream import (
    FieldDetailsList,
    FragmentDetails,
    VariableValues,
    collect_subfields,
    get_argument_values,
    introspection_types,
)

SCHEMA = cast("GraphQLObjectType", introspection_types["__Schema"])
TYPE = cast("GraphQLObjectType", introspection_types["__Type"])
OBJECTS_MAX = 9_000  # Our whole schema, as tools ask for it, takes less than half.
STEPS_MAX = 3 * OBJECTS_MAX  # Tools take half as many.

_Identity: TypeAlias = int | tuple[str, int]
_DEPRECATED_TOO = "includeDeprecated"
_ELEMENTS = "quaestor-elements"
_IN_USE = "-in-use"
"""After a list's name: the list without deprecated elements."""


class TooMuchIntrospection(Exception):
    """The document asks more of the schema than any tool needs."""


def is_introspection(name: str) -> bool:
    """Whether a field of this name asks for the schema."""
    return name in ("__schema", "__type")


class _SchemaInfo(NamedTuple):
    """All that the resolvers of introspection read of their `info`."""

    schema: GraphQLSchema


class Element(dict[str, Any]):
    """The introspection fields of one element of a schema, each computed when it is first asked for."""

    __slots__ = ("_all", "_raw", "type_")

    def __init__(self, all_: "Elements", type_: GraphQLObjectType, raw: Any) -> None:
        super().__init__({"__typename": type_.name})
        self._all = all_
        self.type_ = type_
        self._raw = raw

    def __missing__(self, name: str) -> Any:
        definition = self.type_.fields[name.removesuffix(_IN_USE)]
        if name == "isOneOf" and not isinstance(self._raw, GraphQLNamedType):
            self[name] = None  # strawberry's resolver mistakes a list or non-null type for a named one.
            return None
        arguments = {_DEPRECATED_TOO: not name.endswith(_IN_USE)} if _DEPRECATED_TOO in definition.args else {}
        assert definition.resolve is not None, "each field of introspection has one"
        found = definition.resolve(self._raw, cast("Any", self._all.info), **arguments)
        self[name] = told = None if found is None else self._told(definition, found)
        return told

    def find_all(self) -> None:
        """Compute all its fields."""
        for name, definition in self.type_.fields.items():
            self[name]
            if _DEPRECATED_TOO in definition.args:
                self[name + _IN_USE]

    def _told(self, definition: GraphQLField, found: Any) -> Any:
        inner = get_named_type(definition.type)
        is_list = isinstance(get_nullable_type(definition.type), GraphQLList)
        if isinstance(inner, GraphQLObjectType):
            return [self._all.element(inner, each) for each in found] if is_list else self._all.element(inner, found)
        if isinstance(inner, GraphQLEnumType):
            return [inner.serialize(each) for each in found] if is_list else inner.serialize(found)
        return found


class Elements:
    """The elements of one schema, made when they are first met."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.info = _SchemaInfo(schema)
        self._made: dict[_Identity, Element] = {}
        self.schema = self.element(SCHEMA, schema)

    def element(self, type_: GraphQLObjectType, raw: Any) -> Element:
        """The element for this part of the schema. A part with a name comes as a pair, made anew for each call."""
        identity = (raw[0], id(raw[1])) if isinstance(raw, tuple) else id(raw)
        made = self._made.get(identity)
        if made is None:
            made = self._made[identity] = Element(self, type_, raw)
        return made

    def find_all(self) -> None:
        """Compute all fields of all elements."""
        known = 0
        while known < len(self._made):
            found = list(self._made.values())
            for element in found[known:]:
                element.find_all()
            known = len(found)

    def types(self, name: str | None) -> Iterable[Element]:
        """The type of that name, or all."""
        if name is None:
            return cast("list[Element]", self.schema["types"])
        found = self.info.schema.get_type(name)
        return [] if found is None else [self.element(TYPE, found)]


def elements_of(schema: GraphQLSchema) -> Elements:
    """The elements of this schema, which are made only once."""
    elements: Elements | None = schema.extensions.get(_ELEMENTS)
    if elements is None:
        elements = schema.extensions[_ELEMENTS] = Elements(schema)
    return elements


class IntrospectionPrice:
    """How many objects a selection of the schema returns; each alias counts as one too."""

    def __init__(self, elements: Elements, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._elements = elements
        self._fragments = fragments
        self._known: dict[tuple[int, int], int] = {}
        self._steps = 0

    def of(self, node: FieldNode) -> int:
        """The price of `__schema` or `__type`, at most: skipped fields and deprecated elements count too.

        :raises TooMuchIntrospection: as soon as it is clear.
        """
        if node.selection_set is None:
            return 0
        if node.name.value == "__schema":
            return 1 + self._selections(node.selection_set, self._elements.schema)
        given = node.arguments[0].value if node.arguments else None
        types = self._elements.types(given.value if isinstance(given, StringValueNode) else None)
        return 1 + max((self._selections(node.selection_set, each) for each in types), default=0)

    def _selections(self, selections: SelectionSetNode, element: Element) -> int:
        key = (id(selections), id(element))
        known = self._known.get(key)
        if known is not None:
            return known
        self._known[key] = price = 0  # Until it is known: a fragment that spreads itself adds nothing.
        self._steps += len(selections.selections)
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if node.alias is not None:
                    price += 1
                if node.selection_set is not None:
                    price += self._below(node.selection_set, element, node.name.value)
            else:
                inner = self._fragment(node)
                if inner is not None:
                    price += self._selections(inner, element)
        if self._steps > STEPS_MAX or price > OBJECTS_MAX:
            raise TooMuchIntrospection
        self._known[key] = price
        return price

    def _below(self, selections: SelectionSetNode, element: Element, name: str) -> int:
        try:
            value = element[name]
        except KeyError:  # Unknown: validation reports it.
            return 0
        if isinstance(value, Element):
            return 1 + self._selections(selections, value)
        price = 0
        if isinstance(value, list):
            for each in value:
                if isinstance(each, Element):
                    price += 1 + self._selections(selections, each)
        return price

    def _fragment(self, node: Any) -> SelectionSetNode | None:
        if isinstance(node, InlineFragmentNode):
            return node.selection_set
        assert isinstance(node, FragmentSpreadNode)
        fragment = self._fragments.get(node.name.value)
        return fragment.selection_set if fragment else None


class _Selected(NamedTuple):
    """One selected field: its response name, its name in the schema, and what is selected of it."""

    response_name: str
    name: str
    details: FieldDetailsList | None


class IntrospectionAnswer:
    """Answers the selections of one operation. Equal elements share one dict, so nobody may change it."""

    def __init__(
        self,
        elements: Elements,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        operation: OperationDefinitionNode,
    ) -> None:
        self._elements = elements
        self._fragments = fragments
        self._variables = variables
        self._operation = operation
        self._plans: dict[tuple[int, ...], list[_Selected]] = {}
        self._answers: dict[tuple[int, int], dict[str, Any]] = {}

    def complete(self, type_: GraphQLObjectType, details: FieldDetailsList, raw: Any) -> dict[str, Any]:
        """The answer for this part of the schema, which is of this type of introspection."""
        return self._answer(self._plan(type_, details), self._elements.element(type_, raw))

    def _answer(self, plan: list[_Selected], element: Element) -> dict[str, Any]:
        key = (id(plan), id(element))
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = {}
            for response_name, name, details in plan:
                value = element[name]
                answer[response_name] = value if details is None or value is None else self._below(details, value)
        return answer

    def _below(self, details: FieldDetailsList, value: Any) -> Any:
        if isinstance(value, Element):
            return self._answer(self._plan(value.type_, details), value)
        if not value:
            return []
        plan = self._plan(value[0].type_, details)
        return [self._answer(plan, each) for each in value]

    def _plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> list[_Selected]:
        key = (id(type_), *[id(each.node) for each in details])
        plan = self._plans.get(key)
        if plan is None:
            schema = self._elements.info.schema
            collected = collect_subfields(schema, self._fragments, self._variables, self._operation, type_, details)
            fields = collected.grouped_field_set.items()
            plan = self._plans[key] = [self._select(type_, name, selected) for name, selected in fields]
        return plan

    def _select(self, type_: GraphQLObjectType, response_name: str, details: FieldDetailsList) -> _Selected:
        node = details[0].node
        name = node.name.value
        if name == "__typename":
            return _Selected(response_name, name, None)
        definition = type_.fields[name]
        if _DEPRECATED_TOO in definition.args:
            arguments = get_argument_values(definition, node, self._variables)
            name += "" if arguments.get(_DEPRECATED_TOO) else _IN_USE
        return _Selected(response_name, name, None if node.selection_set is None else details)
