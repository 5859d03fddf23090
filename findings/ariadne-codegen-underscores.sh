#!/usr/bin/env bash
# ariadne-codegen 0.19.0: of two fields `_id` and `id` the generated client keeps one, without a word.
#
# Expected: fields that differ in the schema differ in the client. A schema may have `_id` beside `id` (a database's key beside the public one), and where
# names meet a generator renames one, or refuses.
# Seen: the leading underscore is stripped, so a model has two attributes `id`, of which Python keeps one. Of a result, `account.id` is the value
# of `_id`, in whichever order the two are selected, and the public id is never read. Of an input, `_id` can never be sent.
# Generating says nothing and exits with 0.
#
# Output seen (Python 3.11.7):
#   fields of the result `{ id _id }`: id, of the answer's "_id"; id = database-key
#   fields of the result `{ _id id }`: id, of the answer's "_id"; id = database-key
#   fields of the input: id, sent as "id"
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ariadne-codegen==0.19.0'
cd "$folder"
cat > schema.graphql <<'GRAPHQL'
type Query { account(by: Key!): Account! }
type Account { id: String! _id: String! }
input Key { _id: String id: String }
GRAPHQL
cat > operations.graphql <<'GRAPHQL'
query PublicFirst($by: Key!) { account(by: $by) { id _id } }
query PublicLast($by: Key!) { account(by: $by) { _id id } }
GRAPHQL
cat > pyproject.toml <<'TOML'
[tool.ariadne-codegen]
schema_path = "schema.graphql"
queries_path = "operations.graphql"
TOML
venv/bin/ariadne-codegen >log
venv/bin/python - <<'PYTHON'
from graphql_client import Key, PublicFirst, PublicLast

ANSWER = {"account": {"__typename": "Account", "id": "public-key", "_id": "database-key"}}
seen = []
for selected, model in (("id _id", PublicFirst), ("_id id", PublicLast)):
    account = model.model_validate(ANSWER).account
    fields = {name: field.alias or name for name, field in type(account).model_fields.items() if name != "typename__"}
    seen.append((fields, account.id))
    print(f"fields of the result `{{ {selected} }}`: id, of the answer's \"{fields['id']}\"; id = {account.id}")
sent = {name: field.alias or name for name, field in Key.model_fields.items()}
print(f"fields of the input: {', '.join(sent)}, sent as \"{sent['id']}\"")
assert seen == [({"id": "_id"}, "database-key")] * 2, "both fields are kept now"
assert sent == {"id": "id"}
PYTHON
