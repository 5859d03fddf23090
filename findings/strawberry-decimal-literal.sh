#!/usr/bin/env bash
# strawberry-graphql 0.341.2: a decimal literal for a `Decimal` is rounded to a float's 17 digits, and loses its trailing zeros.
#
# Expected: a document is text, so `pay(amount: 1234567890123456.78)` gives the resolver that very number: Python's Decimal holds it, the
# same digits as a string arrive, and so does a literal without a fraction, however long.
# Seen: a literal with a fraction becomes a float first. The resolver gets a Decimal that is two cents off, without an error, also where
# it is a variable's default. A literal of 10.00 arrives as 10.0, so that the scale is lost for whoever signs or stores it.
#
# Output seen (Python 3.11.7, graphql-core 3.3.2):
#   1234567890123456.78 -> 1234567890123456.8
#   "1234567890123456.78" -> 1234567890123456.78
#   123456789012345678901234 -> 123456789012345678901234
#   10.00 -> 10.0
#   default 1234567890123456.78 -> 1234567890123456.8
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'strawberry-graphql==0.341.2' 'graphql-core==3.3.2'
"$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal
import strawberry


@strawberry.type
class Query:
    @strawberry.field
    def pay(self, amount: Decimal) -> str:
        return str(amount)


schema = strawberry.Schema(Query)


def got(document):
    result = schema.execute_sync(document)
    assert not result.errors, result.errors
    return result.data["pay"]


literals = ("1234567890123456.78", '"1234567890123456.78"', "123456789012345678901234", "10.00")
seen = {literal: got(f"{{ pay(amount: {literal}) }}") for literal in literals}
seen["default 1234567890123456.78"] = got("query ($amount: Decimal! = 1234567890123456.78) { pay(amount: $amount) }")
for literal, amount in seen.items():
    print(literal, "->", amount)
assert list(seen.values()) == [
    "1234567890123456.8", "1234567890123456.78", "123456789012345678901234", "10.0", "1234567890123456.8",
], "literals are read otherwise now"
PYTHON
