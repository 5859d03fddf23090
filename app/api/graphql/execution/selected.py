"""What a request selects of a field, so that no more is read for it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)
from strawberry import Info

from app.api.graphql.execution.upstream import raw_info


class FieldNodes(list[FieldNode]):
    """The nodes of one field of a prepared document, which remembers what they select for as long as it is kept."""

    __slots__ = ("below", "selected")

    def __init__(self, nodes: Iterable[FieldNode]) -> None:
        super().__init__(nodes)
        self.selected: dict[tuple[str, ...], frozenset[str]] = {}
        self.below: Any = None
        """What `fields_below` found, if it is always the same."""


def selected_below(info: Info[Any, Any], *paths: str) -> frozenset[str]:
    """The names of all fields selected anywhere below these paths of the resolver's field: `"nodes"`, `"edges.node"`,
    or `""` for the field itself.

    These may be more than are answered: fragments on other types and fields under `@skip` count too.
    """
    raw = raw_info(info)
    nodes = raw.field_nodes
    known = nodes.selected if isinstance(nodes, FieldNodes) else {}
    if paths not in known:
        known[paths] = frozenset(
            name for path in paths for name in _names(nodes, path.split(".") if path else [], raw.fragments)
        )
    return known[paths]


def _names(nodes: list[FieldNode], path: list[str], fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    below = [field for node in nodes if node.selection_set for field in _fields(node.selection_set, fragments)]
    if not path:
        yield from (field.name.value for field in below)
    else:
        yield from _names([field for field in below if field.name.value == path[0]], path[1:], fragments)


def _fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    for node in selections.selections:
        match node:
            case FieldNode():
                yield node
            case InlineFragmentNode():
                yield from _fields(node.selection_set, fragments)
            case FragmentSpreadNode():
                yield from _fields(fragments[node.name.value].selection_set, fragments)
