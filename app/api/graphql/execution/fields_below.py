"""The fields with resolvers below a field at the root, whose failure would empty all of its answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)
from strawberry import Info
from strawberry.types.field import StrawberryField

from app.api.graphql.execution.fields import field_of, fragment_type
from app.api.graphql.execution.selected import FieldNodes
from app.api.graphql.execution.upstream import field_of_strawberry, raw_info


class FieldBelow(NamedTuple):
    """A field that is selected. It is answered only if each of `members` is what stands in its place: the members of
    unions on the way to it.
    """

    definition: StrawberryField
    members: tuple[str, ...]


def fields_below(info: Info[Any, Any]) -> Sequence[FieldBelow]:
    """The fields with resolvers below the resolver's field that may not be null, nor anything between the two. The
    members of its own union are told, too.
    """
    raw = raw_info(info)
    nodes = raw.field_nodes
    if isinstance(nodes, FieldNodes) and nodes.below is not None:
        return cast("Sequence[FieldBelow]", nodes.below)
    walk = _Walk(raw)
    found = tuple(walk.fields(nodes, get_named_type(raw.return_type), ()))
    if isinstance(nodes, FieldNodes) and not walk.has_conditions:
        nodes.below = found
    return found


class _Walk:
    """One walk through what is selected. `has_conditions` once a `@skip` or `@include` was met."""

    def __init__(self, raw: GraphQLResolveInfo[Any]) -> None:
        self.has_conditions = False
        self._schema: GraphQLSchema = raw.schema
        self._fragments: Mapping[str, FragmentDefinitionNode] = raw.fragments
        self._variables = cast("Mapping[str, Any]", raw.variable_values)

    def fields(
        self, nodes: Sequence[FieldNode], parent: GraphQLNamedType | None, members: tuple[str, ...]
    ) -> Iterator[FieldBelow]:
        """Those below these nodes, whose fields are of this type."""
        for node in nodes:
            if node.selection_set is not None:
                yield from self._selected(node.selection_set, parent, members)

    def _selected(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None, members: tuple[str, ...]
    ) -> Iterator[FieldBelow]:
        for node in selections.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield from self._field(node, parent, members)
                continue
            fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)
            on = fragment_type(self._schema, fragment, parent)
            is_member = isinstance(parent, GraphQLUnionType) and on is not None and on is not parent
            within = (*members, on.name) if is_member and on is not None else members
            yield from self._selected(fragment.selection_set, on, within)

    def _field(
        self, node: FieldNode, parent: GraphQLNamedType | None, members: tuple[str, ...]
    ) -> Iterator[FieldBelow]:
        field: GraphQLField | None = field_of(self._schema, parent, node.name.value)
        if field is None or not isinstance(field.type, GraphQLNonNull):
            return
        definition = field_of_strawberry(field)
        if definition is not None and definition.base_resolver is not None:
            yield FieldBelow(definition, members)
        if _passes_on(field.type):
            yield from self.fields([node], get_named_type(field.type), members)

    def _is_included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in {"skip", "include"}:
                self.has_conditions = True
                value = directive.arguments[0].value
                is_set = self._value(value)
                if is_set is (directive.name.value == "skip"):
                    return False
        return True

    def _value(self, value: Any) -> Any:
        match value:
            case VariableNode():
                return self._variables.get(value.name.value)
            case BooleanValueNode():
                return value.value
        return None


def _passes_on(declared: GraphQLOutputType) -> bool:
    """Whether a null in the place of a value, or of an item, empties what is around."""
    if not isinstance(declared, GraphQLNonNull):
        return False
    inner = declared.of_type
    return not isinstance(inner, GraphQLList) or _passes_on(inner.of_type)
