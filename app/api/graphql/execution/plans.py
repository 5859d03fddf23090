"""What is known of an operation between its requests: which generated code answers which of its selections.

`@skip` and `@include` decide which fields there are, so there is one variant per combination of their variables.
"""

from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from app.api.graphql.execution.selections import Selections

VARIANTS_MAX = 16
USES_BEFORE_COMPILING = 2  # A text that is never sent again is not worth compiling.


class OperationPlans:
    """The variants of one operation, each with its own generated code. At most `VARIANTS_MAX` are kept."""

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._operation = operation
        self._fragments = {
            definition.name.value: FragmentDetails(definition)
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._document = document
        self._conditions: tuple[str, ...] | None = None
        self._variants: dict[tuple[Any, ...], Selections] = {}
        self._uses = 0

    def variant(self, schema: GraphQLSchema, variables: VariableValues) -> Selections | None:
        """The generated code for these variables, or None while graphql-core should do it all."""
        self._uses += 1
        if self._uses < USES_BEFORE_COMPILING:
            return None
        if self._conditions is None:
            self._conditions = _conditions(self._document)
        values = variables.coerced
        key = tuple(values.get(name) for name in self._conditions)
        variant = self._variants.get(key)
        if variant is None and len(self._variants) < VARIANTS_MAX:
            conditions = set(self._conditions)
            deciding = VariableValues(
                {name: source for name, source in variables.sources.items() if name in conditions},
                {name: value for name, value in values.items() if name in conditions},
            )
            variant = Selections(schema, self._operation, self._fragments, deciding)
            self._variants[key] = variant
        return variant


class _Conditions(Visitor):
    """Collects the variables that `@skip` and `@include` depend on."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            value = argument.value
            if isinstance(value, VariableNode) and value.name.value not in self.names:
                self.names.append(value.name.value)


def _conditions(document: DocumentNode) -> tuple[str, ...]:
    found = _Conditions()
    visit(document, found)
    return tuple(found.names)
