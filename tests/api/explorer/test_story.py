"""The prefilled tabs of GraphiQL, against the schema that the product really has."""

import json
import re
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    Visitor,
    build_schema,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values

REPOSITORY = Path(__file__).parents[3]
STORY = REPOSITORY / "explorer" / "story"
DOCUMENTS = sorted(STORY.glob("*.graphql"))
COLUMNS_MAX = 64


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((REPOSITORY / "schema.graphql").read_text(encoding="utf-8"))


def operation_in(document: DocumentNode) -> OperationDefinitionNode:
    [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return operation


def variables_of(path: Path) -> dict:
    variables = path.with_suffix(".json")
    return json.loads(variables.read_text(encoding="utf-8")) if variables.exists() else {}


class BroughtNames(Visitor):
    """Which `{{names}}` an answer brings: `ledger { id }` is `ledgerId`, an `iban` is `iban`."""

    def __init__(self):
        super().__init__()
        self.names: set[str] = set()

    def enter_field(self, node: FieldNode, *_):
        selections = node.selection_set.selections if node.selection_set else ()
        fields = {field.name.value for field in selections if isinstance(field, FieldNode)}
        if "id" in fields:
            self.names.add(f"{node.alias.value if node.alias else node.name.value}Id")
        if "iban" in fields:
            self.names.add("iban")


def test_tells_the_whole_story_in_order():
    names = [operation_in(parse(path.read_text(encoding="utf-8"))).name.value for path in DOCUMENTS]

    assert names == [
        "CreateHolder",
        "IssueGbpLedgers",
        "WaitForLedgers",
        "ReceiveMoney",
        "PostTransfer",
        "PlaceHold",
        "CaptureHold",
        "ReverseTransfer",
        "ProveTheBooks",
        "IssueEurLedger",
        "AssignIban",
        "AddWebhook",
        "PingWebhook",
        "SeeDeliveries",
        "WatchEvents",
        "FindLedgers",
        "OpenAccounts",
        "MoveBetweenWallets",
        "FreezeAndOverdraft",
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_is_valid_against_the_schema(path, schema):
    assert validate(schema, parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_fills_in_the_variables(path, schema):
    operation = operation_in(parse(path.read_text(encoding="utf-8")))
    wanted = operation.variable_definitions or ()
    answer = get_variable_values(schema, wanted, variables_of(path))

    assert not isinstance(answer, list), answer
    assert set(variables_of(path)) == {definition.variable.name.value for definition in wanted}


def test_uses_only_what_an_earlier_tab_brought():
    brought = BroughtNames()
    for path in DOCUMENTS:
        used = set(re.findall(r"\{\{(\w+)\}\}", json.dumps(variables_of(path))))
        assert used <= brought.names, path.name
        visit(parse(path.read_text(encoding="utf-8")), brought)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_begins_with_its_number_and_what_it_is_about(path):
    number = int(path.stem.split("-")[0])

    assert path.read_text(encoding="utf-8").startswith(f"# {number} · ")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_fits_the_editor_without_scrolling_sideways(path):
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) > COLUMNS_MAX] == []
