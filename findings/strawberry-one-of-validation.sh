#!/usr/bin/env bash
# strawberry-graphql 0.341.2: a @oneOf input with two fields set passes the validation of the document, and fails only when it is executed.
#
# Expected: strawberry's `one_of=True` makes the input type a @oneOf type of graphql-core, whose validation rules refuse a literal with two
# fields (or a null) before anything runs.
# Seen: the type says `isOneOf: true` in an introspection, but graphql-core's type has `is_one_of` False. Its rules never look at it. Only the
# coercion of the argument refuses, while fields beside it are executed: a tool that validates documents first calls them valid.
#
# Output seen (Python 3.11.7, graphql-core 3.3.2):
#   graphql-core's type: is_one_of False
#   validation: no errors
#   execution: OneOf Input Object 'Key' must specify exactly one key.
#   the same schema as text, validated by graphql-core: 1 error
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'strawberry-graphql==0.341.2' 'graphql-core==3.3.2'
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import strawberry
from graphql import build_schema, parse, validate

logging.disable()  # strawberry logs the tracebacks too
@strawberry.input(one_of=True)
class Key:
    id: strawberry.Maybe[str]
    iban: strawberry.Maybe[str]

@strawberry.type
class Query:
    @strawberry.field
    def ledger(self, by: Key) -> str:
        return "ledger"

schema = strawberry.Schema(Query)
core = schema._schema
document = parse('{ ledger(by: {id: "1", iban: "2"}) }')
validated = validate(core, document)
result = schema.execute_sync('{ ledger(by: {id: "1", iban: "2"}) }')
as_text = validate(build_schema(schema.as_str()), document)
print("graphql-core's type: is_one_of", core.type_map["Key"].is_one_of)
print("validation:", validated[0].message if validated else "no errors")
print("execution:", result.errors[0].message if result.errors else result.data)
print("the same schema as text, validated by graphql-core:", len(as_text), "error" if len(as_text) == 1 else "errors")
assert not core.type_map["Key"].is_one_of and not validated and result.errors and len(as_text) == 1
PYTHON
