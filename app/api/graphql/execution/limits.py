"""The limits of a document, checked in one linear pass over its parsed form, before validation.

Fragments are measured once and multiplied, never expanded, so a fragment bomb costs no more than its text.
"""

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.type import GraphQLNamedType, get_named_type

from app.api.graphql.execution.cost import LIST_LENGTH_ASSUMED, Cost, Size, field_cost, leaf_cost
from app.api.graphql.execution.fields import field_of, fragment_type, fragments_of
from app.api.graphql.execution.introspection import OBJECTS_MAX as INTROSPECTED_MAX
from app.api.graphql.execution.introspection import IntrospectionPrice, elements_of, is_introspection

CHARACTERS_MAX = 50_000
TOKENS_MAX = 4_000
COMMENTS_MAX = 200
DEFINITIONS_MAX = 100
DEPTH_MAX = 20
FIELDS_MAX = 2_000
ALIASES_MAX = 200
DIRECTIVES_MAX = 100
SCHEMAS_MAX = 1
COST_MAX = 50_000

# For callers without a key: the longest introspections of known tools take a third of it.
CHARACTERS_WITHOUT_KEY_MAX = 8_000
TOKENS_WITHOUT_KEY_MAX = 500

INTROSPECTION_LIMIT = "objects of the schema itself, aliases among them"

_CAP = 1 << 40  # Sums of a fragment bomb are cut off here, so that they stay machine integers.


class TooLarge(GraphQLError):
    """A document asks for more than a limit allows; the message names the limit and its maximum."""

    def __init__(self, limit: str, maximum: int) -> None:
        super().__init__(f"The document goes beyond a limit: {limit}, at most {maximum:,}. Ask for less, or split it.")


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of one selection set, fragments included."""

    depth: int
    fields: int
    aliases: int
    directives: int
    schemas: int
    introspected: int
    cost: Cost


class _Sum:
    """A measure under construction."""

    __slots__ = ("aliases", "cost", "depth", "directives", "fields", "introspected", "schemas")

    def __init__(self) -> None:
        self.depth = self.fields = self.aliases = self.directives = self.schemas = self.introspected = 0
        self.cost = Cost()

    def add(self, inner: Measure, *, below: int) -> None:
        self.depth = max(self.depth, inner.depth + below)
        self.fields = min(self.fields + inner.fields, _CAP)
        self.aliases = min(self.aliases + inner.aliases, _CAP)
        self.directives = min(self.directives + inner.directives, _CAP)
        self.schemas = min(self.schemas + inner.schemas, _CAP)
        self.introspected = min(self.introspected + inner.introspected, _CAP)

    def finish(self) -> Measure:
        return Measure(
            self.depth, self.fields, self.aliases, self.directives, self.schemas, self.introspected, self.cost
        )


_NOTHING = Measure(0, 0, 0, 0, 0, 0, Cost())


class Measurer:
    """Measures the operations of one document. Unknown names and cycles count for nothing: validation reports them."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)
        self._introspection = IntrospectionPrice(elements_of(schema), self._fragments)
        self._measured: dict[tuple[str, Size], Measure] = {}
        self._open: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> Measure:
        """The size of this operation, its own directives included."""
        root = self._schema.get_root_type(operation.operation)
        total = _Sum()
        total.directives = len(operation.directives or ())
        inner = self._selections(operation.selection_set, root, lists=LIST_LENGTH_ASSUMED)
        total.add(inner, below=0)
        total.cost.add(inner.cost)
        return total.finish()

    def _selections(self, selections: SelectionSetNode, parent: GraphQLNamedType | None, *, lists: Size) -> Measure:
        total = _Sum()
        for node in selections.selections:
            total.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self._field(total, node, parent, lists=lists)
                continue
            if isinstance(node, FragmentSpreadNode):
                inner = self._fragment(node.name.value, lists=lists)
            else:
                assert isinstance(node, InlineFragmentNode)
                inner = self._selections(node.selection_set, fragment_type(self._schema, node, parent), lists=lists)
            total.add(inner, below=0)
            total.cost.add(inner.cost)
        return total.finish()

    def _field(self, total: _Sum, node: FieldNode, parent: GraphQLNamedType | None, *, lists: Size) -> None:
        total.fields += 1
        total.aliases += node.alias is not None
        total.depth = max(total.depth, 1)
        field = field_of(self._schema, parent, node.name.value)
        if node.selection_set is None:
            total.cost.add(Cost(leaf_cost(node, field)))
            return
        cost, lists_below = field_cost(node, field, lists=lists)
        inner = self._selections(node.selection_set, get_named_type(field.type) if field else None, lists=lists_below)
        total.add(inner, below=1)
        if is_introspection(node.name.value):
            total.schemas += node.name.value == "__schema"
            price = self._introspection.of(node)
            total.introspected = min(total.introspected + price, _CAP)
            total.cost.add(Cost(price))
        else:
            cost.add(inner.cost)
            total.cost.add(cost)

    def _fragment(self, name: str, *, lists: Size) -> Measure:
        measured = self._measured.get((name, lists))
        if measured is not None:
            return measured
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:
            return _NOTHING
        self._open.add(name)
        parent = fragment_type(self._schema, fragment, None)
        measured = self._selections(fragment.selection_set, parent, lists=lists)
        self._open.discard(name)
        self._measured[name, lists] = measured
        return measured


def refuse_too_large(measure: Measure) -> None:
    """Refuse an operation beyond any limit that needs no variables.

    :raises TooLarge: naming the limit and its maximum.
    """
    for limit, size, maximum in (
        ("levels of fields", measure.depth, DEPTH_MAX),
        ("fields, counted after fragments are expanded", measure.fields, FIELDS_MAX),
        ("aliases, counted after fragments are expanded", measure.aliases, ALIASES_MAX),
        ("directives, counted after fragments are expanded", measure.directives, DIRECTIVES_MAX),
        ("selections of `__schema`", measure.schemas, SCHEMAS_MAX),
        (INTROSPECTION_LIMIT, measure.introspected, INTROSPECTED_MAX),
    ):
        if size > maximum:
            raise TooLarge(limit, maximum)
