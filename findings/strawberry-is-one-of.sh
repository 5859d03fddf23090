#!/usr/bin/env bash
# strawberry-graphql 0.341.2: introspecting `isOneOf` through a wrapped type fails, and also in other schemas of the same process.
#
# Expected: `isOneOf` of a non-null or list type is null, as the specification says of every field of `__Type` that does not apply; and
# making a strawberry schema changes nothing about schemas of graphql-core beside it.
# Seen: making a strawberry schema replaces the resolver of graphql-core's one global `__Type.isOneOf`. The new one reads an attribute
# that wrapping types do not have. So tools that select `isOneOf` beside `kind` get errors, and so does whoever asks a plain schema of
# graphql-core that was answered before strawberry's schema was made.
#
# Output seen (Python 3.11.7, graphql-core 3.3.2):
#   graphql-core before: no errors
#   strawberry: 'GraphQLNonNull' object has no attribute 'extensions'
#   graphql-core after: 'GraphQLNonNull' object has no attribute 'extensions'
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'strawberry-graphql==0.341.2' 'graphql-core==3.3.2'
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import strawberry
from graphql import build_schema, graphql_sync

logging.disable()  # strawberry logs the tracebacks too
QUERY = '{ __type(name: "Query") { fields { type { kind isOneOf } } } }'

@strawberry.type
class Query:
    balance: str

def told(result):
    return result.errors[0].message if result.errors else "no errors"

plain = build_schema("type Query { balance: String! }")
before = told(graphql_sync(plain, QUERY))
ours = told(strawberry.Schema(Query).execute_sync(QUERY))
after = told(graphql_sync(plain, QUERY))
print("graphql-core before:", before)
print("strawberry:", ours)
print("graphql-core after:", after)
assert before == "no errors"
assert ours == after == "'GraphQLNonNull' object has no attribute 'extensions'", "strawberry answers otherwise now"
PYTHON
