#!/usr/bin/env bash
# mt940js 1.3.5 and mt940-js 1.0.0: around New Year an entry's booking date is read a year wrong.
#
# A statement line of MT940 has a value date with its year and an entry date without one: `:61:2512310102` is money of 2025-12-31 that was
# booked on 2 January.
# Expected: the entry date is the one nearest to the value date, so 2026-01-02, as mt-940 for Python reads it.
# Seen: both libraries for Node.js put the value date's year to it. A booking on 2 January is dated a year before, and one on 31 December with a
# value date of 2 January a year ahead, outside the statement's own period. Interest and closed periods follow.
#
# Output seen (Node.js 20.20.2):
#   value 2025-12-31, entry 0102: mt940js 2025-01-02, mt940-js 2025-01-02
#   value 2026-01-02, entry 1231: mt940js 2026-12-31, mt940-js 2026-12-31
# mt940-js needs tslib, and does not name it among its dependencies.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" 'mt940js@1.3.5' 'mt940-js@1.0.0' 'tslib@2.8.1'
cat > "$folder/read.cjs" <<'NODE'
const assert = require("node:assert");
const { Parser } = require("mt940js");
const { read } = require("mt940-js");

const statement = (dates) => [
  ":20:STATEMENT1", ":25:DEUTDEFF/0123456789", ":28C:1/1", ":60F:C251231EUR100,00",
  `:61:${dates}C25,00NTRFPAID//B1`, ":86:PAID", ":62F:C260102EUR125,00", "-", "",
].join("\r\n");
const day = (date) => new Date(date).toISOString().slice(0, 10);

async function main() {
  const seen = [];
  for (const [value, entry] of [["251231", "0102"], ["260102", "1231"]]) {
    const text = statement(value + entry);
    const one = new Parser().parse(text)[0].transactions[0];
    const other = (await read(Buffer.from(text)))[0].transactions[0];
    assert.strictEqual(day(one.date), day(other.valueDate));
    seen.push(day(one.entryDate), day(other.entryDate));
    console.log(`value ${day(one.date)}, entry ${entry}: mt940js ${day(one.entryDate)}, mt940-js ${day(other.entryDate)}`);
  }
  assert.deepStrictEqual(seen, ["2025-01-02", "2025-01-02", "2026-12-31", "2026-12-31"]);
}
main();
NODE
node "$folder/read.cjs"
