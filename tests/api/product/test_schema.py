"""What the product's schema says of itself."""

from graphql import GraphQLObjectType, build_schema, validate_schema

from app.api.graphql.schema import schema
from app.cli.generate import ROOT, schema_text
from app.kernel.version import VERSION

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


def test_prints_no_default_that_is_null():
    assert "= null" not in schema_text()
    assert "= CURRENCY" in schema_text()


def test_introspects_no_default_that_is_null():
    answer = schema.execute_sync("""{ __schema { types { inputFields { defaultValue }
        fields { args { name defaultValue } } } } }""")
    types = answer.data["__schema"]["types"]
    inputs = [one["defaultValue"] for made in types for one in made["inputFields"] or ()]
    arguments = [one["defaultValue"] for made in types for field in made["fields"] or () for one in field["args"]]
    assert "null" not in inputs + arguments
    assert "CURRENCY" in inputs
    assert "false" in arguments


def test_begins_with_a_description_of_the_whole():
    text = schema_text()
    described, rest = text.split('"""\nschema {\n', 1)
    assert described.split("\n\n", 1)[1].startswith(f'"""\nQuaestor {VERSION}: ')
    for subject in ("Keys.", "Refusals.", "Idempotency.", "Money.", "Null."):
        assert f"\n{subject} " in described
    assert rest.startswith("  query: Query\n  mutation: Mutation\n  subscription: Subscription\n}\n")
    answer = schema.execute_sync("{ __schema { description } }")
    assert answer.data["__schema"]["description"] in text


def test_can_be_parsed_as_it_is_printed():
    built = build_schema(schema_text())
    assert built.description == schema._schema.description
    assert validate_schema(built) == []


def test_names_other_words_in_plain_words():
    assert [line for line in schema_text().splitlines() if "Seed" in line] == []
    assert "Also known as `ledger_from_id`." in schema_text()


def test_gives_every_connection_edges_nodes_and_page_info():
    connections = {name: made for name, made in schema._schema.type_map.items() if name.endswith("Connection")}
    assert len(connections) >= 9
    for name, made in connections.items():
        assert {"edges", "nodes", "pageInfo"} <= set(made.fields), name
        edge = schema._schema.type_map[name.removesuffix("Connection") + "Edge"]
        assert set(edge.fields) == {"cursor", "node"}, name


def test_gives_an_id_only_to_what_can_be_looked_up():
    """Relay keeps one object per id: a result with the id of what was deleted would be mixed up with it."""
    with_id = {
        name
        for name, made in schema._schema.type_map.items()
        if isinstance(made, GraphQLObjectType) and "id" in made.fields
    }
    nodes = {made.name for made in schema._schema.get_possible_types(schema._schema.type_map["Node"])}
    assert with_id - nodes == {"Partner", "UndisclosedParty"}
    assert str(schema._schema.type_map["DeletedSuccess"].fields["deletedId"].type) == "ID!"
