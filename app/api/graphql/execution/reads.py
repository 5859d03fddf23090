"""How often an operation reads. If it reads more than once, its answer is made from one snapshot."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)

from app.api.graphql.execution.fields import field_of, fragment_type, fragments_of
from app.api.graphql.execution.upstream import field_of_strawberry

SEVERAL = 2
"""Counting stops here."""
READS_SEVERAL_TIMES = "reads_several_times"
"""In a field's metadata: its resolver runs several statements."""


class Reads:
    """Counts how often a valid document reads. Each fragment is looked at once, however often it is spread."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)
        self._of_fragments: dict[str, int] = {}

    def needs_snapshot(self, operation: OperationDefinitionNode) -> bool:
        """Whether a query reads more than once, or the answer of a mutation or an event reads at all: it also shows the
        object that was changed.
        """
        root = self._schema.get_root_type(operation.operation)
        if operation.operation is OperationType.QUERY:
            return self._count(operation.selection_set, root) >= SEVERAL
        return any(
            field.selection_set is not None and self._count(field.selection_set, type_) > 0
            for field, type_ in self._fields(operation.selection_set, root, set())
        )

    def _count(self, selections: SelectionSetNode, parent: GraphQLNamedType | None) -> int:
        count = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                field = field_of(self._schema, parent, node.name.value)
                count += 0 if field is None else _reads(field)
                if field is not None and node.selection_set is not None:
                    count += self._count(node.selection_set, get_named_type(field.type))
            elif isinstance(node, FragmentSpreadNode):
                count += self._of_fragment(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                count += self._count(node.selection_set, fragment_type(self._schema, node, parent))
            if count >= SEVERAL:
                return SEVERAL
        return count

    def _of_fragment(self, name: str) -> int:
        if name not in self._of_fragments:
            fragment = self._fragments[name]
            self._of_fragments[name] = self._count(fragment.selection_set, fragment_type(self._schema, fragment, None))
        return self._of_fragments[name]

    def _fields(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None, spread: set[str]
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        """The fields at the root with their types, those in fragments too."""
        for node in selections.selections:
            if isinstance(node, FieldNode):
                field = field_of(self._schema, parent, node.name.value)
                if field is not None:
                    yield node, get_named_type(field.type)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in spread:
                    spread.add(name)
                    yield from self._fields(self._fragments[name].selection_set, parent, spread)
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set, parent, spread)


def _reads(field: GraphQLField) -> int:
    """How often a field reads. A resolver that reads is a coroutine function, and no other is."""
    definition = field_of_strawberry(field)
    if definition is None or definition.base_resolver is None or not definition.base_resolver.is_async:
        return 0
    return SEVERAL if READS_SEVERAL_TIMES in definition.metadata else 1
