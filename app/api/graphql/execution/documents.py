"""Prepared documents: parsed, judged and validated once per text, kept while they are used."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
)

from app.api.graphql.execution.fields import fragments_of
from app.api.graphql.execution.introspection import OBJECTS_MAX as INTROSPECTED_MAX
from app.api.graphql.execution.introspection import TooMuchIntrospection
from app.api.graphql.execution.limits import (
    CHARACTERS_MAX,
    CHARACTERS_WITHOUT_KEY_MAX,
    COMMENTS_MAX,
    COST_MAX,
    DEFINITIONS_MAX,
    DEPTH_MAX,
    INTROSPECTION_LIMIT,
    TOKENS_MAX,
    TOKENS_WITHOUT_KEY_MAX,
    Measure,
    Measurer,
    TooLarge,
    refuse_too_large,
)
from app.api.graphql.execution.overlaps import COMPARISONS_MAX, Overlaps, TooManyOverlaps
from app.api.graphql.execution.plans import OperationPlans, SchemaCode
from app.api.graphql.execution.reads import Reads
from app.api.graphql.execution.upstream import MaybeNullValidationRule, OneOfInputValidationRule

DOCUMENTS_MAX = 1_000
DOCUMENTS_CHARACTERS_MAX = 1_000_000
DOCUMENTS_WITHOUT_KEY_MAX = 20
DOCUMENTS_WITHOUT_KEY_CHARACTERS_MAX = 50_000
ERRORS_MAX = 10
NAMES_SHOWN_MAX = 10

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)

_NUL = re.compile(r"\x00|\\u0000|\\u\{0+\}")


class RefusedDocument(Exception):
    """A document that cannot be prepared: `errors` say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class PreparedOperation:
    """One operation of a document, and what executing it needs beside its variables."""

    __slots__ = (
        "_cost",
        "_defaults",
        "_measure",
        "introspects_only",
        "is_of_one_snapshot",
        "label",
        "name",
        "node",
        "plans",
        "root_field",
        "span_name",
        "type",
    )

    def __init__(
        self, node: OperationDefinitionNode, measure: Measure, document: DocumentNode, code: SchemaCode
    ) -> None:
        self.node = node
        self.name = node.name.value if node.name else None
        self.root_field = _first_field(node.selection_set, fragments_of(document))
        self.label = self.name or self.root_field
        self.type: OperationType = node.operation
        self.span_name = f"{node.operation.value} {self.root_field or ''}".rstrip()
        """Only of words of the schema, whatever the caller named its operation."""
        self.introspects_only = node.operation is OperationType.QUERY and _introspects_only(node, document)
        self.is_of_one_snapshot = Reads(code.schema, document).needs_snapshot(node)
        self.plans = OperationPlans(document, node, code)
        self._measure = measure
        self._cost = None if measure.cost.varies else measure.cost.evaluate({})
        self._defaults = {
            defined.variable.name.value: value_from_ast_untyped(defined.default_value)
            for defined in node.variable_definitions or ()
            if defined.default_value is not None
        }

    def refuse_costly(self, variables: Mapping[str, Any]) -> int:
        """Refuse page sizes that multiply to more objects than one request may ask for; answers how many they are.

        :raises RefusedDocument: naming the limit.
        """
        cost = self._cost
        if cost is None:
            cost = self._measure.cost.evaluate({**self._defaults, **variables} if self._defaults else variables)
        if cost > COST_MAX:
            limit = "objects that can be answered, page sizes multiplied"
            raise RefusedDocument([TooLarge(limit, COST_MAX)])
        return cost


class PreparedDocument:
    """A valid document and its operations by name."""

    __slots__ = ("document", "operations")

    def __init__(self, document: DocumentNode, operations: list[PreparedOperation]) -> None:
        self.document = document
        self.operations = {operation.name: operation for operation in operations}

    def operation(self, name: str | None) -> PreparedOperation:
        """The operation of that name; without a name, the only one.

        :raises RefusedDocument: when there is none, or more than one to choose from.
        """
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name in self.operations and name is not None:
            return self.operations[name]
        known = ", ".join([known for known in self.operations if known][:NAMES_SHOWN_MAX])
        message = (
            f"The document has no operation {name!r}." if name else "`operationName` must say which operation to run."
        )
        raise RefusedDocument([GraphQLError(f"{message} It has: {known}." if known else message)])


class _Kept:
    """Documents by their text, least recently used ones forgotten first."""

    def __init__(self, count_max: int, characters_max: int) -> None:
        self._count_max = count_max
        self._characters_max = characters_max
        self._characters = 0
        self._documents: OrderedDict[str, PreparedDocument] = OrderedDict()

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> PreparedDocument | None:
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
        return document

    def add(self, text: str, document: PreparedDocument) -> None:
        self._documents[text] = document
        self._characters += len(text)
        while len(self._documents) > self._count_max or self._characters > self._characters_max:
            forgotten, _ = self._documents.popitem(last=False)
            self._characters -= len(forgotten)


class Documents:
    """The documents of one schema. Documents of callers without a key are cached apart, so that they displace none of a
    customer's.
    """

    def __init__(self, schema: GraphQLSchema, *, hide_suggestions: bool) -> None:
        self._schema = schema
        self._code = SchemaCode(schema)
        self._hide_suggestions = hide_suggestions
        self._kept = _Kept(DOCUMENTS_MAX, DOCUMENTS_CHARACTERS_MAX)
        self._kept_without_key = _Kept(DOCUMENTS_WITHOUT_KEY_MAX, DOCUMENTS_WITHOUT_KEY_CHARACTERS_MAX)

    def __len__(self) -> int:
        return len(self._kept) + len(self._kept_without_key)

    def prepare(self, text: str, *, without_key: bool = False) -> PreparedDocument:
        """The document of this text. The limits are lower for callers without a key.

        :raises RefusedDocument: with its errors of syntax, limits or validation.
        """
        kept = self._kept_without_key if without_key else self._kept
        document = kept.get(text)
        if document is None:
            document = self._prepare(text, without_key=without_key)
            kept.add(text, document)
        return document

    def _prepare(self, text: str, *, without_key: bool) -> PreparedDocument:
        try:
            document = _parse(text, without_key=without_key)
            measured = _measure(self._schema, document)
        except GraphQLError as error:
            raise RefusedDocument([error]) from None
        # Callers without a key are not told the errors, and each search for names similar to a wrong one takes 15 ms.
        errors = validate(
            self._schema,
            document,
            RULES,
            max_errors=1 if without_key else ERRORS_MAX,
            hide_suggestions=without_key or self._hide_suggestions,
        )
        if errors:
            raise RefusedDocument(errors)
        return PreparedDocument(
            document, [PreparedOperation(operation, measure, document, self._code) for operation, measure in measured]
        )


def _parse(text: str, *, without_key: bool) -> DocumentNode:
    characters_max = CHARACTERS_WITHOUT_KEY_MAX if without_key else CHARACTERS_MAX
    if len(text) > characters_max:
        raise TooLarge("characters", characters_max)
    if _NUL.search(text):
        raise GraphQLError("The document has a NUL character: text may not hold one.")
    tokens_max = TOKENS_WITHOUT_KEY_MAX if without_key else TOKENS_MAX
    document = parse(text, max_lexical_tokens=tokens_max, max_comments=COMMENTS_MAX)
    if len(document.definitions) > DEFINITIONS_MAX:
        raise TooLarge("operations and fragments", DEFINITIONS_MAX)
    return document


def _measure(schema: GraphQLSchema, document: DocumentNode) -> list[tuple[OperationDefinitionNode, Measure]]:
    measurer = Measurer(schema, document)
    try:
        measured = [
            (definition, measurer.operation(definition))
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
        for _, measure in measured:
            refuse_too_large(measure)
        Overlaps(document).count()
    except RecursionError:
        raise TooLarge("levels of fields", DEPTH_MAX) from None
    except TooMuchIntrospection:
        raise TooLarge(INTROSPECTION_LIMIT, INTROSPECTED_MAX) from None
    except TooManyOverlaps:
        raise TooLarge("fields of the same name to be compared", COMPARISONS_MAX) from None
    return measured


def _first_field(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> str:
    """The name of the first field as the schema has it, which identifies an operation without a name."""
    first = selections.selections[0]
    if isinstance(first, FieldNode):
        return first.name.value
    inner = fragments[first.name.value] if isinstance(first, FragmentSpreadNode) else first
    assert isinstance(inner, FragmentDefinitionNode | InlineFragmentNode)
    return _first_field(inner.selection_set, fragments)


def _introspects_only(operation: OperationDefinitionNode, document: DocumentNode) -> bool:
    """Whether every root field is `__schema`, `__type` or `__typename`."""
    fragments = fragments_of(document)

    def introspects(selections: SelectionSetNode) -> bool:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if not node.name.value.startswith("__"):
                    return False
                continue
            inner = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(inner, FragmentDefinitionNode | InlineFragmentNode)
            if not introspects(inner.selection_set):
                return False
        return True

    return introspects(operation.selection_set)
