#!/usr/bin/env bash
# @urql/core 6.0.3: two queries that differ only in their variables can share a key, and then the cache answers one with the other's result.
#
# Expected: the cache finds a result by the query and its variables, so account acc_1Y is never answered with what acc_0z has.
# Seen: the key is a hash of 32 bits, and nothing compares the variables behind it. The hash is 33 times what was before plus the next letter, so
# two letters collide wherever the first is one higher and the second 33 lower: "0z" and "1Y", "az" and "bY". Ids of letters and digits in
# both cases (nanoid, base62, Relay's base64) hold such pairs. The second account is never asked for; the page shows the first one's balance.
# Ids in hexadecimal have no such pairs of letters.
#
# Output seen (Node.js 20.20.2):
#   keys: -7439109266 and -7439109266
#   asked for acc_0z, answered acc_0z
#   asked for acc_1Y, answered acc_0z
#   requests sent: acc_0z
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" '@urql/core@6.0.3' 'graphql@16.15.0'
cat > "$folder/ask.mjs" <<'NODE'
import assert from "node:assert";
import { Client, cacheExchange, createRequest, fetchExchange, gql } from "@urql/core";

const QUERY = gql`query Account($id: ID!) { account(id: $id) { id balance } }`;
const sent = [];

async function server(url, { body }) {
  const { id } = JSON.parse(body).variables;
  sent.push(id);
  const account = { __typename: "Account", id, balance: "10.00" };
  return new Response(JSON.stringify({ data: { account } }), { headers: { "content-type": "application/json" } });
}

const client = new Client({
  url: "http://bank.invalid/graphql", preferGetMethod: false, exchanges: [cacheExchange, fetchExchange], fetch: server,
});
const keys = ["acc_0z", "acc_1Y"].map((id) => createRequest(QUERY, { id }).key);
console.log(`keys: ${keys.join(" and ")}`);
const answers = [];
for (const id of ["acc_0z", "acc_1Y"]) {
  const { data } = await client.query(QUERY, { id }).toPromise();
  answers.push(data.account.id);
  console.log(`asked for ${id}, answered ${data.account.id}`);
}
console.log(`requests sent: ${sent.join(", ")}`);
assert.strictEqual(keys[0], keys[1], "the keys differ now");
assert.deepStrictEqual(answers, ["acc_0z", "acc_0z"], "each account has its own answer now");
assert.deepStrictEqual(sent, ["acc_0z"]);
NODE
node "$folder/ask.mjs"
