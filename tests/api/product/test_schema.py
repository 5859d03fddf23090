"""What the product's schema says of itself."""

from app.api.graphql.schema import schema
from app.cli.generate import ROOT, schema_text

INTROSPECTION = """{ __schema { types { name kind description
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { name description } }
    inputFields(includeDeprecated: true) { name description }
    enumValues(includeDeprecated: true) { name description }
} } }"""
BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}


def described_elements():
    answer = schema.execute_sync(INTROSPECTION)
    assert answer.errors is None
    for made in answer.data["__schema"]["types"]:
        if made["name"].startswith("__") or made["name"] in BUILT_IN:
            continue
        yield made["name"], made["description"]
        for field in made["fields"] or ():
            yield f"{made['name']}.{field['name']}", field["description"]
            for argument in field["args"]:
                yield f"{made['name']}.{field['name']}({argument['name']})", argument["description"]
        for inner in (made["inputFields"] or []) + (made["enumValues"] or []):
            yield f"{made['name']}.{inner['name']}", inner["description"]


def test_is_the_one_in_the_file():
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == schema_text()


def test_describes_every_element():
    elements = list(described_elements())
    assert len(elements) > 300
    assert [name for name, description in elements if not (description or "").strip()] == []


def test_gives_examples_of_what_callers_write():
    answer = schema.execute_sync(INTROSPECTION)
    inputs = [made for made in answer.data["__schema"]["types"] if made["kind"] == "INPUT_OBJECT"]
    scalars_without_example = {
        f"{made['name']}.{field['name']}"
        for made in inputs
        for field in made["inputFields"]
        if field["name"].endswith(("Id", "Key", "name", "jurisdiction", "asset", "country"))
        and "`" not in field["description"]
    }
    assert scalars_without_example <= {"LedgerFilter.holderId"}
