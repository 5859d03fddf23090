"""How many fields of one name validation would have to compare with each other.

The rule that compares them is quadratic in repeats, and worse where repeats nest: 2,000 repeats of one field took half
a second. So the comparisons are counted first, on a budget, and a document beyond it is refused.
"""

from collections import defaultdict

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from app.api.graphql.execution.fields import fragments_of

COMPARISONS_MAX = 2_000
VISITS_MAX = 20_000


class TooManyOverlaps(Exception):
    """Validation would have to compare too many fields of one name."""


class Overlaps:
    """Counts the comparisons of one document."""

    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = fragments_of(document)
        self._comparisons = 0
        self._visits = 0

    def count(self) -> int:
        """The comparisons validation would make, roughly.

        :raises TooManyOverlaps: as soon as they are more than the budget.
        """
        for definition in self._document.definitions:
            if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                self._visit(definition.selection_set)
        return self._comparisons

    def _visit(self, selections: SelectionSetNode) -> None:
        """Compare within this selection set, then within every one below it, as the rule does."""
        self._compare([selections])
        for node in selections.selections:
            inner = getattr(node, "selection_set", None)
            if inner is not None:
                self._visit(inner)

    def _compare(self, merged: list[SelectionSetNode]) -> None:
        named: dict[str, list[FieldNode]] = defaultdict(list)
        spread: set[str] = set()
        for selections in merged:
            self._collect(selections, named, spread)
        for fields in named.values():
            repeats = len(fields)
            if repeats == 1:
                continue
            self._comparisons += repeats * (repeats - 1) // 2
            if self._comparisons > COMPARISONS_MAX:
                raise TooManyOverlaps
            below = [field.selection_set for field in fields if field.selection_set]
            if below:
                self._compare(below)

    def _collect(self, selections: SelectionSetNode, named: dict[str, list[FieldNode]], spread: set[str]) -> None:
        self._visits += len(selections.selections)
        if self._visits > VISITS_MAX:
            raise TooManyOverlaps
        for node in selections.selections:
            if isinstance(node, FieldNode):
                named[node.alias.value if node.alias else node.name.value].append(node)
            elif isinstance(node, InlineFragmentNode):
                self._collect(node.selection_set, named, spread)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = self._fragments.get(node.name.value)
                if fragment is not None:
                    self._collect(fragment.selection_set, named, spread)
