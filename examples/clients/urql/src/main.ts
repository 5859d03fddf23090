// The story with urql and its normalized cache. Build it with `npm ci && npm run build`, and run it with
// QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=… npm start --silent
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { readFileSync } from "node:fs";
import {
  CreateHolderDocument,
  CreditVirtualLedgerDocument,
  EntriesDocument,
  IssueVirtualLedgerDocument,
  PostTransferDocument,
  type EntriesQuery,
} from "./generated/graphql.js";

// With the schema, the cache knows which types `... on Error` fits. Without it, it guesses, and warns.
const schema = JSON.parse(readFileSync("../schema/schema.json", "utf-8"));

interface Shape {
  name: string;
  fields: { name: string }[] | null;
}
const withoutId = (schema.__schema.types as Shape[]).filter(
  ({ fields }) => fields && !fields.some(({ name }) => name === "id"),
);

const client = new Client({
  url: `${process.env["QUAESTOR_URL"]}/graphql`,
  // By default queries go by GET, with their variables in the address and so in logs of proxies.
  preferGetMethod: false,
  fetchOptions: { headers: { Authorization: `API-Key ${process.env["QUAESTOR_API_KEY"]}` } },
  exchanges: [
    cacheExchange({
      schema,
      // What has no id of its own, such as Money, is kept within its parent.
      keys: Object.fromEntries(withoutId.map(({ name }) => [name, () => null])),
      resolvers: { Ledger: { entries: relayPagination() } },
    }),
    fetchExchange,
  ],
});

function refused(answer: { code?: string; message?: string } | null | undefined): never {
  throw new Error(`${answer?.code}: ${answer?.message}`);
}

async function createHolder(name: string): Promise<string> {
  const { data, error } = await client
    .mutation(CreateHolderDocument, { input: { party: { person: { name } }, idempotencyKey: "holder" } })
    .toPromise();
  if (error) throw error;
  const answer = data?.createHolder;
  if (answer?.__typename !== "HolderSuccess") return refused(answer);
  console.log(`holder: ${answer.holder.name}`);
  return answer.holder.id;
}

async function issueLedger(holderId: string, idempotencyKey: string) {
  const { data, error } = await client
    .mutation(IssueVirtualLedgerDocument, { input: { asset: "GOLD", holderId, idempotencyKey } })
    .toPromise();
  if (error) throw error;
  const answer = data?.issueVirtualLedger;
  if (answer?.__typename !== "LedgerSuccess") return refused(answer);
  return answer.ledger;
}

async function credit(ledgerId: string): Promise<void> {
  const { data, error } = await client
    .mutation(CreditVirtualLedgerDocument, {
      input: { ledgerId, amount: { value: "10", asset: "GOLD" }, idempotencyKey: "credit" },
    })
    .toPromise();
  if (error) throw error;
  if (data?.creditVirtualLedger?.__typename !== "TransferSuccess") refused(data?.creditVirtualLedger);
}

async function transfer(debitId: string, creditId: string, value: string): Promise<void> {
  const { data, error } = await client
    .mutation(PostTransferDocument, {
      input: { debitId, creditId, amount: { value, asset: "GOLD" }, idempotencyKey: `pay ${value}` },
    })
    .toPromise();
  if (error) throw error;
  const answer = data?.postTransfer;
  switch (answer?.__typename) {
    case "TransferSuccess":
      console.log(`transfer: ${answer.transfer.amount.value}, replayed: ${answer.replayed}`);
      return;
    case "InsufficientFundsError":
      console.log(`refused: ${answer.code}, ${answer.available.value} available`);
      return;
    default:
      refused(answer);
  }
}

type Edge = NonNullable<EntriesQuery["ledger"]>["entries"]["edges"][number];

function printPage(number: number, edges: Edge[]): void {
  const told = edges.map(({ node }) => `#${node.sequence} ${node.direction} ${node.amount.value}`);
  console.log(`page ${number}: ${told.join(", ")}`);
}

async function readEntries(ledgerId: string): Promise<void> {
  // The cache puts the pages together, so that each answer holds all that was read until then.
  let seen = 0;
  let after: string | null = null;
  for (let number = 1; ; number += 1) {
    const answer: { data?: EntriesQuery; error?: Error } = await client
      .query(EntriesDocument, { ledgerId, first: 2, after })
      .toPromise();
    if (answer.error) throw answer.error;
    const entries = answer.data?.ledger?.entries;
    if (!entries) throw new Error("there is no such ledger");
    printPage(number, entries.edges.slice(seen));
    seen = entries.edges.length;
    if (!entries.pageInfo.hasNextPage) break;
    after = entries.pageInfo.endCursor ?? null;
  }
  if (seen !== 3) throw new Error("the cache has not put the pages together");
}

const holderId = await createHolder("Ada Lovelace");
const payer = await issueLedger(holderId, "payer");
console.log(`ledger: ${payer.asset} ${payer.status}`);
const payee = await issueLedger(holderId, "payee");
await credit(payer.id);
await transfer(payer.id, payee.id, "1");
await transfer(payer.id, payee.id, "1");
await transfer(payer.id, payee.id, "1000");
await transfer(payer.id, payee.id, "2");
await readEntries(payer.id);
