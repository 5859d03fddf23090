#!/usr/bin/env bash
# graphql-scalars 2.0.0: `USCurrency` reads "$0.29" as 28.999999999999996 cents, and writes them as "$0.28".
#
# Expected: the scalar reads a string such as $21.25 into whole cents, and what it wrote from them is what it read.
# Seen: the string becomes a float, which is multiplied by 100 and not rounded; writing cuts what is behind the point. Of the amounts from
# $0.01 to $99.99, one in nine is no whole number of cents, and one in seventeen comes back a cent smaller, so an amount that is
# only handed on may lose a cent.
#
# Output seen (Node.js 20.20.2, graphql 16.15.0):
#   $0.29 -> 28.999999999999996 -> $0.28
#   $4.35 -> 434.99999999999994 -> $4.34
#   $1,234.56 -> 123456 -> $1,234.56
#   of 9999 amounts: 1146 not whole, 573 written otherwise
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" 'graphql-scalars@2.0.0' 'graphql@16.15.0'
cat > "$folder/read.mjs" <<'NODE'
import assert from "node:assert";
import { GraphQLUSCurrency } from "graphql-scalars";

const seen = ["$0.29", "$4.35", "$1,234.56"].map((text) => {
  const cents = GraphQLUSCurrency.parseValue(text);
  console.log(text, "->", cents, "->", GraphQLUSCurrency.serialize(cents));
  return cents;
});
let broken = 0;
let changed = 0;
for (let cents = 1; cents < 10000; cents++) {
  const text = `$${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
  const read = GraphQLUSCurrency.parseValue(text);
  if (!Number.isInteger(read)) broken++;
  if (GraphQLUSCurrency.serialize(read) !== text) changed++;
}
console.log(`of 9999 amounts: ${broken} not whole, ${changed} written otherwise`);
assert.deepStrictEqual([...seen, broken, changed], [28.999999999999996, 434.99999999999994, 123456, 1146, 573]);
NODE
node "$folder/read.mjs"
