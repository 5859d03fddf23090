"""What is kept of an operation between its requests: the generated code for its selections.

`@skip` and `@include` decide which fields there are, so there is one variant per combination of their variables.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from app.api.graphql.execution.coercion import Coercions, OperationVariables
from app.api.graphql.execution.fallbacks import Reason, fallbacks
from app.api.graphql.execution.fields import fragments_of
from app.api.graphql.execution.input_objects import Conversions
from app.api.graphql.execution.nulls import without_nulls
from app.api.graphql.execution.selections import Selections
from app.api.graphql.execution.upstream import FragmentDetails, VariableValues, get_variable_values
from app.api.graphql.execution.values import Unusual

VARIANTS_MAX = 16
USES_BEFORE_COMPILING = 2  # A text that is never sent again is not worth compiling.
COERCION_ERRORS_MAX = 50


class SchemaCode:
    """The generated code that the operations of one schema share."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.coercions = Coercions()
        self.conversions = Conversions()


class OperationPlans:
    """The variants of one operation, each with its own generated code. At most `VARIANTS_MAX` are kept."""

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode, code: SchemaCode) -> None:
        self.schema = code.schema
        self.operation = operation
        self.fragment_definitions = fragments_of(document)
        self.fragments = {name: FragmentDetails(definition) for name, definition in self.fragment_definitions.items()}
        self._code = code
        self._document = document
        self._compiled: _Compiled | None = None
        self._variants: dict[tuple[Any, ...], Selections] = {}
        self._uses = 0

    def coerce(self, given: Mapping[str, Any], *, hide_suggestions: bool) -> VariableValues | list[GraphQLError]:
        """The variables' values, or what is wrong with them."""
        self._uses += 1
        if self._uses >= USES_BEFORE_COMPILING:
            self.compile()
        if self._compiled is not None and self._compiled.variables is not None:
            try:
                return self._compiled.variables.coerce(given)
            except Exception as error:  # noqa: BLE001  # graphql-core meets it again, and reports it
                fallbacks.note(self.operation.operation.value, Reason.INPUT, error)
        return get_variable_values(
            self._code.schema,
            self.operation.variable_definitions or (),
            without_nulls(self._code.schema, self.operation.variable_definitions, given),
            max_errors=COERCION_ERRORS_MAX,
            hide_suggestions=hide_suggestions,
        )

    def compile(self) -> None:
        """Allow generated code: this operation is worth it, as is a subscription that may send thousands of events."""
        if self._compiled is None:
            self._compiled = _Compiled(self._document, self.operation, self._code)

    def variant(self, variables: VariableValues) -> Selections | None:
        """The generated code for these variables, or None while graphql-core should do it all."""
        if self._compiled is None:
            return None
        conditions = self._compiled.conditions
        values = variables.coerced
        key = tuple([values.get(name) for name in conditions]) if conditions else ()
        variant = self._variants.get(key)
        if variant is None and len(self._variants) < VARIANTS_MAX:
            variant = self._variants[key] = self._make_variant(variables)
        return variant

    def _make_variant(self, variables: VariableValues) -> Selections:
        assert self._compiled is not None
        conditions = self._compiled.conditions
        deciding = VariableValues(
            {name: source for name, source in variables.sources.items() if name in conditions},
            {name: value for name, value in variables.coerced.items() if name in conditions},
        )
        return Selections(self._code.schema, self.operation, self.fragments, deciding, self._code.conversions)


class _Compiled:
    """What all variants of an operation share."""

    __slots__ = ("conditions", "variables")

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode, code: SchemaCode) -> None:
        found = _Conditions()
        visit(document, found)
        self.conditions = tuple(found.names)
        self.variables: OperationVariables | None
        try:
            self.variables = OperationVariables(code.schema, operation, code.coercions)
        except Unusual:
            self.variables = None


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
