"""The console's GraphQL documents, against the schema that the product really has."""

from pathlib import Path

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    build_schema,
    parse,
    validate,
    visit,
)

REPOSITORY = Path(__file__).parents[3]
FILES = sorted((REPOSITORY / "console" / "src").rglob("*.graphql"))

SCHEMA: GraphQLSchema = build_schema((REPOSITORY / "schema.graphql").read_text(encoding="utf-8"))
DEFINITIONS = [node for path in FILES for node in parse(path.read_text(encoding="utf-8")).definitions]
FRAGMENTS = {node.name.value: node for node in DEFINITIONS if isinstance(node, FragmentDefinitionNode)}
OPERATIONS = [node for node in DEFINITIONS if isinstance(node, OperationDefinitionNode)]


class Spreads(Visitor):
    """The names of the fragments that a part of a document spreads, and those spread in them."""

    def __init__(self, node: OperationDefinitionNode) -> None:
        super().__init__()
        self.names: set[str] = set()
        visit(node, self)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_) -> None:
        name = node.name.value
        if name not in self.names:
            self.names.add(name)
            visit(FRAGMENTS[name], self)


def whole(operation: OperationDefinitionNode) -> DocumentNode:
    fragments = [FRAGMENTS[name] for name in Spreads(operation).names]
    return DocumentNode(definitions=(operation, *fragments))


def test_fit_the_schema():
    faults = {
        operation.name.value: [fault.message for fault in validate(SCHEMA, whole(operation))]
        for operation in OPERATIONS
    }

    assert len(faults) >= 10
    assert {name: found for name, found in faults.items() if found} == {}


def test_have_names_of_their_own():
    names = [node.name.value for node in DEFINITIONS]

    assert sorted(names) == sorted(set(names))


def test_ask_each_mutation_for_its_refusals():
    """`mutate` in `client/request.ts` tells a refusal by its `__typename`, and shows its message."""
    for operation in OPERATIONS:
        if operation.operation is OperationType.MUTATION:
            [field] = operation.selection_set.selections
            selected = {getattr(node, "name", None) and node.name.value for node in field.selection_set.selections}
            assert {"__typename", "Refusal"} <= selected, operation.name.value


def test_were_generated_from_as_they_are():
    """What is beside each `.graphql` file has the same operations and fragments."""
    for path in FILES:
        generated = path.with_suffix(".generated.ts").read_text(encoding="utf-8")
        for node in parse(path.read_text(encoding="utf-8")).definitions:
            assert node.name.value in generated, f"{path}: run `make console`"
