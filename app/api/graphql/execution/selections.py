"""Generated code for the selections of one operation, made when a selection is first met and kept with the document."""

from contextlib import suppress

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.type import GraphQLOutputType

from app.api.graphql.execution.codegen import Writer
from app.api.graphql.execution.input_objects import Conversions
from app.api.graphql.execution.root_fields import RootField
from app.api.graphql.execution.upstream import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    VariableValues,
    collect_fields,
    collect_subfields,
)
from app.api.graphql.execution.values import Complete, Unusual

FIELDS_COMPILED_MAX = 5_000


class Mixed:
    """An object some of whose fields are plain: `complete` answers those and leaves `None` in place of `others`."""

    __slots__ = ("complete", "others")

    def __init__(self, complete: Complete, others: GroupedFieldSet) -> None:
        self.complete = complete
        self.others = others


class Selections:
    """The generated code of one variant of an operation, by the selecting nodes and the type they select from.

    Nodes and types are keyed by identity: the prepared document and the schema keep them alive as long as this.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        conversions: Conversions,
    ) -> None:
        self.schema = schema
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._completes: dict[tuple[int, ...], Complete | None] = {}
        self._mixed: dict[tuple[int, ...], Mixed | None] = {}
        self._fields_left = FIELDS_COMPILED_MAX
        self.root_type = schema.get_root_type(operation.operation)
        self.root_fields = self._collect_root()
        self.root = self._compile_root(conversions)
        self.event = self._compile_event()

    def complete(self, type_: GraphQLOutputType, fields: FieldDetailsList) -> Complete | None:
        """Code that completes a value of this nullable type entirely, or None if something in it is unusual."""
        key = _key(type_, fields)
        if key not in self._completes:
            try:
                self._completes[key] = self._writer().complete(type_, fields)
            except Unusual:
                self._completes[key] = None
        return self._completes[key]

    def mixed(self, type_: GraphQLObjectType, fields: FieldDetailsList) -> Mixed | None:
        """Code for the plain fields of an object that has others too, or None if it has no plain ones."""
        key = _key(type_, fields)
        if key not in self._mixed:
            try:
                complete, others = self._writer().mixed(type_, fields)
                self._mixed[key] = Mixed(complete, others)
            except Unusual:
                self._mixed[key] = None
        return self._mixed[key]

    def _writer(self) -> Writer:
        return Writer(self.schema, self.collect, self.complete)

    def collect(self, type_: GraphQLObjectType, fields: FieldDetailsList) -> GroupedFieldSet:
        """The fields selected of an object of this type, by response name.

        :raises Unusual: when the variant has grown beyond what is worth compiling, or something is deferred.
        """
        collected: CollectedFields = collect_subfields(
            self.schema, self._fragments, self._variables, self._operation, type_, fields
        )
        self._fields_left -= len(collected.grouped_field_set)
        if self._fields_left < 0 or collected.new_defer_usages:
            raise Unusual
        return collected.grouped_field_set

    def _collect_root(self) -> GroupedFieldSet:
        """The fields at the root; none where they cannot all be answered at once."""
        if self._operation.operation is OperationType.SUBSCRIPTION or self.root_type is None:
            return {}
        collected = collect_fields(self.schema, self._fragments, self._variables, self.root_type, self._operation)
        return {} if collected.new_defer_usages else collected.grouped_field_set

    def _compile_event(self) -> tuple[str, str, Complete] | None:
        """The root field of a subscription: its response name, its name in the schema, and the function that completes
        an event. None where graphql-core must do it.
        """
        if self._operation.operation is not OperationType.SUBSCRIPTION or self.root_type is None:
            return None
        collected = collect_fields(self.schema, self._fragments, self._variables, self.root_type, self._operation)
        if len(collected.grouped_field_set) != 1 or collected.new_defer_usages:
            return None
        [(response_name, details)] = collected.grouped_field_set.items()
        name = details[0].node.name.value
        field = self.schema.get_field(self.root_type, name)
        if field is None:
            return None
        type_ = field.type
        complete = self.complete(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, details)
        return None if complete is None else (response_name, f"{self.root_type}.{name}", complete)

    def _compile_root(self, conversions: Conversions) -> dict[str, RootField]:
        """Those fields at the root that need no graphql-core, by response name."""
        compiled: dict[str, RootField] = {}
        for response_name, details in self.root_fields.items():
            assert self.root_type is not None
            with suppress(Unusual):
                compiled[response_name] = RootField(self.schema, self.root_type, details, conversions, self.complete)
        return compiled


def _key(type_: GraphQLOutputType, fields: FieldDetailsList) -> tuple[int, ...]:
    if len(fields) == 1:
        return (id(type_), id(fields[0].node))
    return (id(type_), *(id(field.node) for field in fields))
