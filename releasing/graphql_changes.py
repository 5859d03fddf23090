"""What a newer GraphQL schema breaks for documents and clients that were written by an older one."""

from collections.abc import Iterator
from datetime import date

from graphql import (
    BreakingChangeType,
    DirectiveNode,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLSchema,
    Node,
    StringValueNode,
    Visitor,
    build_ast_schema,
    parse,
    visit,
)
from graphql.language.visitor import REMOVE, VisitorAction
from graphql.utilities import BreakingChange, DangerousChange, DangerousChangeType, find_schema_changes

from releasing.deprecations import Deprecation, read_deprecation

OTHER_MEANING = {
    DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
    DangerousChangeType.INPUT_FIELD_DEFAULT_VALUE_CHANGE,
}
"""No document becomes invalid, but the same one does something else."""


def graphql_changes(old: str, new: str, today: date) -> Iterator[str]:
    """Each break, in words. What was deprecated in the older one long enough before `today` may be gone.

    :param old: the schema of the last release, as SDL.
    :param new: the one that is to be released.
    """
    document = parse(old)
    kept = build_ast_schema(visit(document, _WithoutEnded(today)), assume_valid=True)
    newer = build_ast_schema(parse(new))
    in_use = _reachable(kept)
    for change in find_schema_changes(kept, newer):
        if isinstance(change, BreakingChange):
            removed = change.type is BreakingChangeType.TYPE_REMOVED and change.description.split()[0]
            if not removed or removed in in_use:  # Else only what has ended led to it.
                yield change.description
        elif isinstance(change, DangerousChange) and change.type in OTHER_MEANING:
            yield change.description
    yield from _one_of_changes(kept, newer)


class _WithoutEnded(Visitor):
    """Removes fields, arguments, input fields and values whose deprecation is over."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today

    def enter(self, node: Node, *_place: object) -> VisitorAction:
        told = deprecation_of(node)
        return REMOVE if told is not None and told.is_over(self._today) else None


def reason_of(node: Node) -> str | None:
    """The reason of `@deprecated`; empty where it gives none, None where the node is not deprecated."""
    directives: tuple[DirectiveNode, ...] = getattr(node, "directives", None) or ()
    for directive in directives:
        if directive.name.value == "deprecated":
            texts = [one.value.value for one in directive.arguments or () if isinstance(one.value, StringValueNode)]
            return texts[0] if texts else ""
    return None


def deprecation_of(node: Node) -> Deprecation | None:
    """What is said of a node that is deprecated."""
    return read_deprecation(reason_of(node))


def _reachable(schema: GraphQLSchema) -> set[str]:
    """The names of all types that the roots lead to, and of those that an interface among these may turn out to be."""
    led_to = GraphQLSchema(schema.query_type, schema.mutation_type, schema.subscription_type).type_map
    shown = [
        implementing
        for interface in led_to.values()
        if isinstance(interface, GraphQLInterfaceType)
        for implementing in schema.get_implementations(interface).objects
    ]
    return {*GraphQLSchema(schema.query_type, types=shown).type_map, *led_to}


def _one_of_changes(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[str]:
    """`find_schema_changes` does not look at `@oneOf`."""
    for name, type_ in old.type_map.items():
        newer = new.get_type(name)
        if not isinstance(type_, GraphQLInputObjectType) or not isinstance(newer, GraphQLInputObjectType):
            continue
        if newer.is_one_of and not type_.is_one_of:
            yield f"{name} takes exactly one field now."
