#!/usr/bin/env bash
# strawberry-graphql 0.341.2: a connection that is asked for its last 0 edges gives all of them, while `first: 0` gives none.
#
# Expected: `last: 0` gives no edges, as `first: 0` does, for whoever wants only `pageInfo` or a total. The specification of connections takes the last
# n of the edges.
# Seen: `last: 0` gives the whole list (up to the schema's limit), and says that no page is before it: the slice that starts 0 from the
# end is Python's `edges[-0:]`, which is everything.
#
# Output seen (Python 3.11.7, graphql-core 3.3.2):
#   first: 0 -> 0 edges
#   last: 1 -> 1 edge
#   last: 0 -> 10 edges, hasPreviousPage False
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'strawberry-graphql==0.341.2' 'graphql-core==3.3.2'
"$folder/venv/bin/python" - <<'PYTHON'
import strawberry
from strawberry import relay


@strawberry.type
class Entry(relay.Node):
    number: relay.NodeID[int]


@strawberry.type
class Query:
    @relay.connection(relay.ListConnection[Entry])
    def entries(self) -> list[Entry]:
        return [Entry(number=number) for number in range(10)]


schema = strawberry.Schema(Query)


def asked(arguments):
    result = schema.execute_sync("{ entries(%s) { edges { cursor } pageInfo { hasPreviousPage } } }" % arguments)
    assert result.errors is None
    entries = result.data["entries"]
    return len(entries["edges"]), entries["pageInfo"]["hasPreviousPage"]


none, one, every = asked("first: 0"), asked("last: 1"), asked("last: 0")
print(f"first: 0 -> {none[0]} edges")
print(f"last: 1 -> {one[0]} edge")
print(f"last: 0 -> {every[0]} edges, hasPreviousPage {every[1]}")
assert none[0] == 0 and one[0] == 1
assert every == (10, False), "the last 0 are none now"
PYTHON
