#!/usr/bin/env bash
# graphql-core 3.3.2: an input type that becomes `@oneOf` is no change, though documents that were valid are refused from then on.
#
# An input type with `@oneOf` takes exactly one of its fields, and graphql-core validates by it.
# Expected: `find_breaking_changes` and `find_schema_changes` tell that an input type takes exactly one field now, as they tell of a field
# that becomes required: a check of compatibility relies on them.
# Seen: both find nothing. Whoever compares schemas by them has to compare `is_one_of` as well.
#
# Output seen (Python 3.11.7):
#   errors before: 0, errors after: 1
#   breaking changes: [], all changes: []
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'graphql-core==3.3.2'
"$folder/venv/bin/python" - <<'PYTHON'
from graphql import build_schema, find_breaking_changes, parse, validate
from graphql.utilities import find_schema_changes

SDL = "input Key %s { id: ID name: String } type Query { ledger(by: Key): Int }"
before, after = build_schema(SDL % ""), build_schema(SDL % "@oneOf")
document = parse('{ ledger(by: {id: "1", name: "a"}) }')

errors = [len(validate(schema, document)) for schema in (before, after)]
print(f"errors before: {errors[0]}, errors after: {errors[1]}")
assert errors == [0, 1]

breaking, all_changes = find_breaking_changes(before, after), find_schema_changes(before, after)
print(f"breaking changes: {breaking}, all changes: {all_changes}")
assert breaking == [] and all_changes == [], "the change is seen now"
PYTHON
